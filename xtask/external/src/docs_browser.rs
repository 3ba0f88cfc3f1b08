//! The served documentation in a real browser that can reach this server and no other host.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::served::Served;
use crate::tools;

/// Opens the documentation in Chromium.
///
/// # Errors
/// With what is wrong with the page, or if there is no Chromium.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run() -> anyhow::Result<()> {
    let chromium = tools::find("chromium").context("no chromium; on Debian: apt-get install it")?;
    let folder = tools::fresh("browser")?;
    let server = Served::start()?;
    let mut open = tools::script("browser.mjs")?;
    let ran = tools::try_run(open.arg(server.url()).arg(chromium).arg(folder))?;
    server.stop()?;
    let report = ran.out.lines().last().unwrap_or_default();
    let report: Value = serde_json::from_str(report)
        .with_context(|| format!("the browser left no report\n{}{}", ran.out, ran.err))?;
    let found: Vec<&str> =
        report["found"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let figures = format!(
        "docs-browser: {} findings, {} tags, {} sent from its forms, {} requests, {} external requests seen",
        found.len(),
        report["tags"],
        report["sent"],
        report["requests"],
        report["external"]
    );
    if !found.is_empty() {
        bail!("{}\n{figures}", found.join("\n"));
    }
    ensure!(report["requests"].as_u64() > Some(3), "the page asked for nothing: {figures}");
    println!("{figures}");
    Ok(())
}
