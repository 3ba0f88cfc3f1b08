//! `cargo xtask docs-browser`: opens the served documentation in Chromium, with all other hosts blocked.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::served::Served;
use crate::tools;

/// Opens the documentation in Chromium.
///
/// # Errors
/// With the findings, or if Chromium is not installed.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run() -> anyhow::Result<()> {
    let chromium = tools::find("chromium")
        .context("chromium is not installed; on Debian: apt-get install chromium")?;
    let folder = tools::fresh("browser")?;
    let server = Served::start()?;
    tools::script("browser-screens.mjs")?; // a module of the next one
    let mut open = tools::script("browser.mjs")?;
    let ran = tools::try_run(open.arg(server.url()).arg(chromium).arg(folder))?;
    server.stop()?;
    let report = ran.out.lines().last().unwrap_or_default();
    let report: Value = serde_json::from_str(report)
        .with_context(|| format!("no report of the browser\n{}{}", ran.out, ran.err))?;
    let findings: Vec<&str> =
        report["findings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let figures = format!(
        "docs-browser: {} findings, {} tags, {} sent from its forms, {} requests, {} external requests seen, \
         {} screenshots",
        findings.len(),
        report["tags"],
        report["sent"],
        report["requests"],
        report["external"],
        report["screenshots"]
    );
    if !findings.is_empty() {
        bail!("{}\n{figures}", findings.join("\n"));
    }
    ensure!(report["requests"].as_u64() > Some(3), "the page sent no requests: {figures}");
    println!("{figures}");
    Ok(())
}
