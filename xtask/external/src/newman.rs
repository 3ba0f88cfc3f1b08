//! `cargo xtask newman`: runs the document as a Postman collection, from top to bottom, on a fresh server.

use std::path::{Path, PathBuf};

use crate::report::Report;
use crate::served::Served;
use crate::tools;

/// Runs a document, by default the committed one.
///
/// # Errors
/// With the operations that do not respond as documented, or if newman cannot be run.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run(document: Option<PathBuf>) -> anyhow::Result<()> {
    let (report, _) = send(&document.unwrap_or_else(crate::committed_document))?;
    for reason in report.texts("reasons") {
        println!("newman: {reason}");
    }
    let (operations, as_documented) = (report.number("operations"), report.number("asDocumented"));
    let figures = format!(
        "newman: {as_documented} of {operations} operations responded as documented, {} of them with an error, \
         {} requests repeated",
        report.number("expectedErrors"),
        report.number("repeated")
    );
    report.conclude(operations > 0 && as_documented == operations, &figures)
}

/// Sends the requests of a document. Returns the report, and a Pact file with all requests and responses.
///
/// # Errors
/// If newman cannot be run.
pub(crate) fn send(document: &Path) -> anyhow::Result<(Report, PathBuf)> {
    let pact = tools::fresh("newman")?.join("pact.json");
    for module in ["newman-exceptions.mjs", "pact-file.mjs"] {
        tools::consumer_script(module)?;
    }
    let mut script = tools::consumer_script("newman.mjs")?;
    let server = Served::start()?;
    let report = Report::of(script.arg(document).arg(server.url()).arg(&pact));
    server.stop()?;
    Ok((report?, pact))
}
