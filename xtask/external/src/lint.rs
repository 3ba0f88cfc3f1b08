//! `cargo xtask lint`: linters and a validator of examples, without accepted findings.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::tools;

/// Findings of a tool, one line each.
type Findings = Vec<String>;

/// Rules that the document of the test kit does not follow: it accepts YAML, and its lists have no pages.
const NOT_FOR_THE_TEST_KIT: [&str; 2] = ["request-mime-type", "rule/list-operations-page"];

/// Lints a document, by default the committed one.
///
/// # Errors
/// With the findings, or if a tool cannot be run.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run(document: Option<PathBuf>) -> anyhow::Result<()> {
    let document = document.unwrap_or_else(crate::committed_document);
    let redocly = redocly(&document, &[])?;
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

/// Lints the document of the test kit.
///
/// # Errors
/// As [`run`].
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn testkit() -> anyhow::Result<()> {
    let document = xtask::root().join("openapi/sensu-dev.json");
    let (examples, count) = examples(&document)?;
    let findings =
        [redocly(&document, &NOT_FOR_THE_TEST_KIT)?, spectral(&document)?, examples].concat();
    if !findings.is_empty() {
        bail!("{}", findings.join("\n"));
    }
    println!("lint (test kit): 0 findings ({count} examples)");
    Ok(())
}

/// Redocly, with the rules of `redocly.yaml`.
fn redocly(document: &Path, skipped: &[&str]) -> anyhow::Result<Findings> {
    let mut lint = tools::node("redocly")?;
    lint.arg("lint").args(skipped.iter().flat_map(|rule| ["--skip-rule", rule]));
    lint.arg("--config").arg(tools::settings("redocly.yaml"));
    let ran = tools::try_run(lint.args(["--format", "json"]).arg(document))?;
    let report: Value = serde_json::from_str(&ran.out)
        .with_context(|| format!("redocly's report:\n{}{}", ran.out, ran.err))?;
    let problems = report["problems"].as_array().context("no problems in the report")?;
    Ok(problems
        .iter()
        .map(|problem| {
            let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
            let pointer = problem["location"][0]["pointer"].as_str().unwrap_or_default();
            format!("redocly {}: {} at {pointer}", text("ruleId"), text("message"))
        })
        .collect())
}

/// Spectral, with the rules of `spectral.yaml`.
fn spectral(document: &Path) -> anyhow::Result<Findings> {
    let mut lint = tools::node("spectral")?;
    lint.arg("lint").arg("--ruleset").arg(tools::settings("spectral.yaml"));
    lint.args(["--format", "json", "--quiet", "--fail-severity", "hint"]).arg(document);
    let ran = tools::try_run(&mut lint)?;
    let report: Value = serde_json::from_str(&ran.out)
        .with_context(|| format!("spectral's report:\n{}{}", ran.out, ran.err))?;
    Ok(report
        .as_array()
        .context("the report is no list")?
        .iter()
        .map(|finding| {
            let text = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
            let path: Vec<&str> = finding["path"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            format!("spectral {}: {} at {}", text("code"), text("message"), path.join("/"))
        })
        .collect())
}

/// Validates every example against its schema. Returns the findings and the number of examples.
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

/// Redocly's score of the document, 0 to 100.
fn score(document: &Path) -> anyhow::Result<Value> {
    let mut score = tools::node("redocly")?;
    let ran = tools::try_run(score.args(["score", "--format", "json"]).arg(document))?;
    let report: Value = serde_json::from_str(&ran.out)
        .with_context(|| format!("redocly's score:\n{}{}", ran.out, ran.err))?;
    Ok(report["agentReadiness"].clone())
}
