//! `cargo xtask fuzz`: Schemathesis generates requests from the document, sends them to a fresh server and
//! checks each response against the document.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::served::Served;
use crate::tools;

/// Number and kinds of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The document's examples, and each bound of each field. Deterministic.
    Bounds,
    /// Also random requests, and random sequences along the document's links: 10 minutes.
    Everything,
}

/// Runs Schemathesis on a document, by default the committed one.
///
/// # Errors
/// With the findings of Schemathesis, or if it cannot be run.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run(document: Option<PathBuf>, depth: Depth) -> anyhow::Result<()> {
    let document = document.unwrap_or_else(crate::committed_document);
    let report = tools::fresh("fuzz")?.join("report.json");
    let server = Served::start()?;
    let mut run = tools::python("schemathesis")?;
    run.arg("--config-file").arg(tools::settings("schemathesis.toml"));
    run.arg("run").arg(&document).args(["--url", &server.url(), "--workers", "1"]);
    match depth {
        Depth::Bounds => run.args(["--phases", "examples,coverage"]),
        Depth::Everything => run.args(["--max-time", "600"]),
    };
    run.args(["--report", "json", "--report-json-path"]).arg(&report);
    // It stores failing cases in the current directory and repeats them, which makes runs depend on each other.
    run.current_dir(tools::folder("fuzz"));
    // Any value makes it treat its output as a terminal, and draw progress bars into the report.
    run.env_remove("FORCE_COLOR");
    run.env("SENSU_URL", server.url()).env("PYTHONPATH", tools::settings(""));
    let ran = tools::try_run(&mut run)?;
    server.stop()?;

    let text = fs::read_to_string(&report)
        .with_context(|| format!("no report of schemathesis\n{}{}", ran.out, ran.err))?;
    let report: Value = serde_json::from_str(&text)?;
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let figures = format!(
        "fuzz: {} findings in {} cases on {} operations, {} errors",
        number("/test_cases/unique_failures"),
        number("/test_cases/generated"),
        number("/operations/tested"),
        number("/operations/errored")
    );
    // A run of few requests proves nothing.
    let is_complete = report["complete"] == true
        && report["operations"]["tested"] == report["operations"]["total"];
    if !ran.succeeded || !is_complete || number("/test_cases/generated") < 1000 {
        bail!("{}{}\n{figures}", ran.out, ran.err);
    }
    println!("{figures}");
    Ok(())
}
