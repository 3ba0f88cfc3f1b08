//! `cargo xtask workflows`: Redocly's `respect` runs the Arazzo workflows on a fresh server.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::served::Served;
use crate::tools;

/// Runs workflows, by default the committed ones.
///
/// # Errors
/// If a step or one of its checks fails, or if the workflows cannot be run.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run(workflows: Option<PathBuf>) -> anyhow::Result<()> {
    let workflows = workflows.unwrap_or_else(crate::committed_workflows);
    let mut lint = tools::node("redocly")?;
    lint.args(["lint", "--extends", "spec"]).arg(&workflows);
    tools::run(&mut lint)?;

    let report = tools::fresh("workflows")?.join("report.json");
    let server = Served::start()?;
    let mut respect = tools::node("redocly")?;
    respect.arg("respect").arg(&workflows).arg("--server").arg(format!("api={}", server.url()));
    respect.args(["--input", "username=admin", "--input", "password=P@ssw0rd!"]);
    let ran = tools::try_run(respect.arg("--json-output").arg(&report))?;
    server.stop()?;
    let text = fs::read_to_string(&report)
        .with_context(|| format!("no report of respect\n{}{}", ran.out, ran.err))?;
    let report: Value = serde_json::from_str(&text)?;
    let (steps, failed) = steps(&report);
    let figures = format!("workflows: {steps} steps run, {failed} failed");
    if !ran.succeeded || failed > 0 {
        bail!("{}{}\n{figures}", ran.out, ran.err);
    }
    ensure!(steps > 0, "no step was run\n{}{}", ran.out, ran.err);
    println!("{figures}");
    Ok(())
}

/// The number of steps in a report, and the number of failed ones.
fn steps(report: &Value) -> (usize, usize) {
    let is_step = report["stepId"].is_string();
    let failed = is_step
        && report["checks"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|check| check["status"] == "error");
    let below: Vec<(usize, usize)> = match report {
        Value::Object(map) => map.values().map(steps).collect(),
        Value::Array(items) => items.iter().map(steps).collect(),
        _ => Vec::new(),
    };
    let sum = |pick: fn(&(usize, usize)) -> usize| below.iter().map(pick).sum::<usize>();
    (usize::from(is_step) + sum(|both| both.0), usize::from(failed) + sum(|both| both.1))
}
