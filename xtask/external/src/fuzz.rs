//! `cargo xtask fuzz`: Schemathesis generates requests from the document, sends them to a fresh server and
//! checks each response against the document.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::served::Served;
use crate::tools::{self, Ran};

/// Number and kinds of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The document's examples, and each bound of each field. Deterministic.
    Bounds,
    /// Also random requests, and random sequences along the document's links: 10 minutes.
    Everything,
}

/// Random requests without the rules of `tests/external/rules.py`, as a reader of the document alone would send
/// them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WithoutHooks {
    pub(crate) seed: u32,
    pub(crate) seconds: u32,
    /// Whether `tests/external/schemathesis-without-hooks.toml` applies.
    pub(crate) is_configured: bool,
}

/// Operations that would remove the permissions of the run, or need other credentials.
const EXCLUDED: &str = "^(auth_|user_|api_key_|cluster_role(_binding)?_(create|put|patch|delete)$)";

/// Runs Schemathesis on a document, by default the committed one.
///
/// # Errors
/// With the findings of Schemathesis, or if it cannot be run.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run(document: Option<PathBuf>, depth: Depth) -> anyhow::Result<()> {
    let document = document.unwrap_or_else(crate::committed_document);
    let server = Served::start()?;
    let mut run = tools::python("schemathesis")?;
    run.arg("--config-file").arg(tools::settings("schemathesis.toml"));
    run.arg("run").arg(&document).args(["--url", &server.url()]);
    match depth {
        Depth::Bounds => run.args(["--phases", "examples,coverage"]),
        Depth::Everything => run.args(["--max-time", "600"]),
    };
    run.env("SENSU_URL", server.url()).env("PYTHONPATH", tools::settings(""));
    let (ran, report) = execute(run, "fuzz")?;
    server.stop()?;

    let figures = report.figures();
    // A run of few requests proves nothing.
    let is_complete = report.0["complete"] == true
        && report.0["operations"]["tested"] == report.0["operations"]["total"];
    if !ran.succeeded || !is_complete || report.number("/test_cases/generated") < 1000 {
        bail!("{}{}\n{figures}", ran.out, ran.err);
    }
    println!("{figures}");
    Ok(())
}

/// Runs Schemathesis on the committed document without hooks, and prints its findings: at most one for
/// each operation and status. `docs/openapi.md` explains those that remain.
///
/// # Errors
/// If a response is a server error, or Schemathesis cannot be run.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run_without_hooks(options: WithoutHooks) -> anyhow::Result<()> {
    let document = tools::folder("openapi-with-not.json");
    // A validator understands `not`, and not the extension. In OpenAPI 3.1, which has `not`, `60.0` is an integer.
    let committed = fs::read_to_string(crate::committed_document())?;
    fs::write(&document, committed.replace("\"x-not\":", "\"not\":"))?;
    let server = Served::start()?;
    let mut run = tools::python("schemathesis")?;
    if options.is_configured {
        run.arg("--config-file").arg(tools::settings("schemathesis-without-hooks.toml"));
    }
    run.arg("run").arg(document).args(["--url", &server.url()]);
    run.args(["--phases", "fuzzing", "--exclude-operation-id-regex", EXCLUDED]);
    run.args(["--seed", &options.seed.to_string(), "--max-time", &options.seconds.to_string()]);
    run.args(["--header", &format!("Authorization: Key {}", server.api_key()?)]);
    let (ran, report) = execute(run, "fuzz-without-hooks")?;
    server.stop()?;
    println!("{}{}", ran.out, ran.err);
    let (figures, rejected) = (report.figures(), report.findings("RejectedPositiveData"));
    ensure!(report.findings("ServerError") == 0, "server errors\n{figures}");
    println!("{figures}, {rejected} valid requests rejected");
    Ok(())
}

/// The JSON report of Schemathesis.
struct Report(Value);

impl Report {
    fn number(&self, pointer: &str) -> u64 {
        self.0.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
    }

    /// The number of findings of a type.
    fn findings(&self, kind: &str) -> u64 {
        let findings = self.0["failures"].as_array().into_iter().flatten();
        let of_kind = findings.filter(|finding| finding["type"] == kind);
        of_kind.filter_map(|finding| finding["count"].as_u64()).sum()
    }

    fn figures(&self) -> String {
        format!(
            "fuzz: {} findings in {} cases on {} operations, {} errors",
            self.number("/test_cases/unique_failures"),
            self.number("/test_cases/generated"),
            self.number("/operations/tested"),
            self.number("/operations/errored")
        )
    }
}

/// Runs Schemathesis in an empty folder, where it finds neither a configuration nor failures of earlier runs,
/// which it would repeat.
fn execute(mut run: Command, folder: &str) -> anyhow::Result<(Ran, Report)> {
    let folder = tools::fresh(folder)?;
    let report = folder.join("report.json");
    run.args(["--workers", "1", "--report", "json", "--report-json-path"]).arg(&report);
    run.current_dir(folder);
    // Any value makes it treat its output as a terminal, and draw progress bars into the report.
    run.env_remove("FORCE_COLOR");
    let ran = tools::try_run(&mut run)?;
    let text = fs::read_to_string(&report)
        .with_context(|| format!("no report of schemathesis\n{}{}", ran.out, ran.err))?;
    Ok((ran, Report(serde_json::from_str(&text)?)))
}
