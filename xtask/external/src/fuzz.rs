//! Schemathesis: requests made up from the document, sent to a fresh server, and every answer held
//! against the document.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::served::Served;
use crate::tools;

/// How much to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The document's examples, and each bound of each field: the same requests every time.
    Bounds,
    /// That, random requests, and random sequences along the document's links.
    Everything,
}

/// Sends what Schemathesis makes of a document; of the committed one if none is named.
///
/// # Errors
/// With Schemathesis' report if it finds anything, or if it cannot be run.
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
    // Cases that it keeps between runs would make one run depend on another.
    run.current_dir(tools::folder("fuzz"));
    // It would take this for a terminal, whatever the value, and draw its progress into the report.
    run.env_remove("FORCE_COLOR");
    run.env("SENSU_URL", server.url()).env("PYTHONPATH", tools::settings(""));
    let ran = tools::try_run(&mut run)?;
    server.stop()?;

    let text = fs::read_to_string(&report)
        .with_context(|| format!("schemathesis left no report\n{}{}", ran.out, ran.err))?;
    let report: Value = serde_json::from_str(&text)?;
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let figures = format!(
        "fuzz: {} findings in {} cases on {} operations, {} errors",
        number("/test_cases/unique_failures"),
        number("/test_cases/generated"),
        number("/operations/tested"),
        number("/operations/errored")
    );
    // A run that tried little is no proof, whatever it found.
    let whole = report["complete"] == true
        && report["operations"]["tested"] == report["operations"]["total"];
    if !ran.succeeded || !whole || number("/test_cases/generated") < 1000 {
        bail!("{}{}\n{figures}", ran.out, ran.err);
    }
    println!("{figures}");
    Ok(())
}
