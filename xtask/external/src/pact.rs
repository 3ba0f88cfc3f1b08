//! `cargo xtask pact`: compares real requests and responses, as a Pact file, with the document.

use std::path::PathBuf;

use crate::report::Report;
use crate::{newman, tools};

/// Sends the requests of the committed document to a fresh server, and compares requests and responses with
/// a document, by default the committed one.
///
/// # Errors
/// With the interactions that differ from the document, or with the wrong ones that are not found.
pub(crate) fn run(document: Option<PathBuf>) -> anyhow::Result<()> {
    let (_, pact) = newman::send(&crate::committed_document())?;
    let document = document.unwrap_or_else(crate::committed_document);
    let mut compare = tools::consumer_script("pact.mjs")?;
    let report = Report::of(compare.arg(document).arg(pact))?;
    let (found, faults) = (report.number("found"), report.number("faults"));
    let figures = format!(
        "pact: {} errors in {} interactions, {found} of {faults} wrong interactions found",
        report.texts("findings").len(),
        report.number("interactions")
    );
    report.conclude(report.number("interactions") > 100 && found == faults, &figures)
}
