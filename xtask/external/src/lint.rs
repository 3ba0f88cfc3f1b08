//! Linters and the examples' validator: nothing to find in the document.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::tools;

/// What a tool found, one line each.
type Findings = Vec<String>;

/// Lints a document; the committed one if none is named.
///
/// # Errors
/// With every finding, if there are any, or if a tool cannot be run.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run(document: Option<PathBuf>) -> anyhow::Result<()> {
    let document = document.unwrap_or_else(crate::committed_document);
    let redocly = redocly(&document)?;
    let spectral = spectral(&document)?;
    let (examples, count) = examples(&document)?;
    let score = score(&document)?;
    println!("redocly's readiness score: {score}");
    let figures = format!(
        "lint: {} findings (redocly {}, spectral {}, {count} examples {})",
        redocly.len() + spectral.len() + examples.len(),
        redocly.len(),
        spectral.len(),
        examples.len()
    );
    let all: Findings = [redocly, spectral, examples].concat();
    if !all.is_empty() {
        bail!("{}\n{figures}", all.join("\n"));
    }
    println!("{figures}");
    Ok(())
}

/// Redocly with its strictest rules and ours.
fn redocly(document: &Path) -> anyhow::Result<Findings> {
    let mut lint = tools::node("redocly")?;
    lint.arg("lint").arg("--config").arg(tools::settings("redocly.yaml"));
    let ran = tools::try_run(lint.args(["--format", "json"]).arg(document))?;
    let report: Value = serde_json::from_str(&ran.out)
        .with_context(|| format!("redocly's report:\n{}{}", ran.out, ran.err))?;
    let problems = report["problems"].as_array().context("a report without problems")?;
    Ok(problems
        .iter()
        .map(|problem| {
            let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
            let place = problem["location"][0]["pointer"].as_str().unwrap_or_default();
            format!("redocly {}: {} at {place}", text("ruleId"), text("message"))
        })
        .collect())
}

/// Spectral with its rules for OpenAPI and ours.
fn spectral(document: &Path) -> anyhow::Result<Findings> {
    let mut lint = tools::node("spectral")?;
    lint.arg("lint").arg("--ruleset").arg(tools::settings("spectral.yaml"));
    lint.args(["--format", "json", "--quiet", "--fail-severity", "hint"]).arg(document);
    let ran = tools::try_run(&mut lint)?;
    let report: Value = serde_json::from_str(&ran.out)
        .with_context(|| format!("spectral's report:\n{}{}", ran.out, ran.err))?;
    Ok(report
        .as_array()
        .context("a report that is no list")?
        .iter()
        .map(|finding| {
            let text = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
            let place: Vec<&str> = finding["path"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            format!("spectral {}: {} at {}", text("code"), text("message"), place.join("/"))
        })
        .collect())
}

/// Every example against its schema, and how many there are.
fn examples(document: &Path) -> anyhow::Result<(Findings, String)> {
    let ran = tools::try_run(tools::node("openapi-examples-validator")?.arg(document))?;
    let count = ran.out.lines().find_map(|line| line.strip_prefix("Total examples found: "));
    let count = count.with_context(|| format!("no count in\n{}{}", ran.out, ran.err))?.to_owned();
    let findings = match ran.succeeded {
        true => Findings::new(),
        false => vec![format!("examples: {}{}", ran.out, ran.err)],
    };
    Ok((findings, count))
}

/// How ready for programs Redocly thinks the document is, of 100.
fn score(document: &Path) -> anyhow::Result<Value> {
    let mut score = tools::node("redocly")?;
    let ran = tools::try_run(score.args(["score", "--format", "json"]).arg(document))?;
    let report: Value = serde_json::from_str(&ran.out)
        .with_context(|| format!("redocly's score:\n{}{}", ran.out, ran.err))?;
    Ok(report["agentReadiness"].clone())
}
