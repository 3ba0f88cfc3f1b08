//! `cargo xtask docs-browsers`: opens the document in `RapiDoc`, Redoc, Swagger UI and Stoplight Elements.

use std::path::PathBuf;

use crate::report::Report;
use crate::{docs_browser, tools};

/// Opens every operation of a document, by default the committed one, in each of the docs browsers.
///
/// # Errors
/// With the findings, or if Chromium is not installed.
pub(crate) fn run(document: Option<PathBuf>) -> anyhow::Result<()> {
    let document = document.unwrap_or_else(crate::committed_document);
    let folder = tools::fresh("docs-browsers")?;
    let packages = tools::consumers()?;
    let mut open = tools::script("docs-browsers.mjs")?;
    open.arg(document).arg(docs_browser::chromium()?).arg(packages).arg(folder);
    let report = Report::of(&mut open)?;
    let (browsers, operations) = (report.number("browsers"), report.number("operations"));
    let figures = format!(
        "docs-browsers: {} findings, {} of {} operations rendered in {browsers} docs browsers, {} screenshots",
        report.texts("findings").len(),
        report.number("rendered"),
        browsers * operations,
        report.number("screenshots")
    );
    let is_complete = operations > 0 && report.number("rendered") == browsers * operations;
    report.conclude(is_complete, &figures)
}
