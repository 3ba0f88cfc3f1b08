//! `cargo xtask docs-browser`: opens the served documentation in Chromium, with all other hosts blocked.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::report::Report;
use crate::served::Served;
use crate::tools;

/// Opens the documentation in Chromium.
///
/// # Errors
/// With the findings, or if Chromium is not installed.
pub(crate) fn run() -> anyhow::Result<()> {
    let (chromium, folder) = (chromium()?, tools::fresh("browser")?);
    let server = Served::start()?;
    tools::script("browser-screens.mjs")?; // a module of the next one
    let mut open = tools::script("browser.mjs")?;
    let report = Report::of(open.arg(server.url()).arg(chromium).arg(folder));
    server.stop()?;
    let report = report?;
    let figures = format!(
        "docs-browser: {} findings, {} tags, {} sent from its forms, {} requests, {} external requests seen, \
         {} screenshots",
        report.texts("findings").len(),
        report.number("tags"),
        report.number("sent"),
        report.number("requests"),
        report.number("external"),
        report.number("screenshots")
    );
    report.conclude(report.number("requests") > 3, &figures)
}

/// The installed Chromium.
pub(crate) fn chromium() -> anyhow::Result<PathBuf> {
    tools::find("chromium")
        .context("chromium is not installed; on Debian: apt-get install chromium")
}
