//! What changed since the last released document, how much that asks of clients, and the changelog.
//!
//! `openapi/released/` holds every released document under its version. Redocly compares two of them
//! and rates each change; a breaking one needs another version of the document.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use semver::Version;
use serde_json::Value;

use crate::tools;

/// Compares a document, the committed one if none is named, with the last released one.
///
/// # Errors
/// If a breaking change comes without a step of the version, or the changelog is stale.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run(document: Option<PathBuf>, write: bool) -> anyhow::Result<()> {
    let verify = document.is_none() && !write;
    let document = document.unwrap_or_else(crate::committed_document);
    let releases = releases()?;
    let Some((last, released)) = releases.last() else {
        println!("compat: 0 changes, nothing has been released");
        return Ok(());
    };
    let changes = Changes::between(released, &document)?;
    for change in &changes.list {
        println!("{}: {}", change.impact, change.text);
    }
    let figures = changes.figures();
    let now = version_of(&document)?;
    if changes.count("major") > 0 && !steps_over(last, &now) {
        let breaks = changes.list.iter().filter(|change| change.impact == "major");
        let breaks: Vec<&str> = breaks.map(|change| change.text.as_str()).collect();
        bail!(
            "a breaking change since {last}, and the version is {now}\n{}\ncompat: {figures}",
            breaks.join("\n")
        );
    }
    let changelog = xtask::root().join("openapi/CHANGELOG.md");
    let text = changelog_of(&releases, &now, &changes)?;
    if write {
        fs::write(&changelog, &text)?;
    } else if verify && fs::read_to_string(&changelog).unwrap_or_default() != text {
        bail!("openapi/CHANGELOG.md is stale; run `cargo xtask compat --write`");
    }
    println!("compat: {figures} since {last}");
    Ok(())
}

/// Takes the committed document as the released one of its version, and writes the changelog.
///
/// # Errors
/// If something breaks since the release before, and the version does not say so.
pub(crate) fn release() -> anyhow::Result<()> {
    let document = crate::committed_document();
    let version = version_of(&document)?;
    let there = xtask::root().join(format!("openapi/released/{version}.json"));
    let before = fs::read(&there).ok();
    fs::copy(&document, &there)?;
    let done = run(None, true);
    if done.is_err() {
        match before {
            Some(before) => fs::write(&there, before)?,
            None => fs::remove_file(&there)?,
        }
    }
    done
}

/// How much each difference between the last released document and another one asks of clients, and what
/// it is.
///
/// # Errors
/// If they cannot be compared.
pub(crate) fn rated(document: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let releases = releases()?;
    let (_, last) = releases.last().context("nothing has been released")?;
    let changes = Changes::between(last, document)?;
    Ok(changes.list.into_iter().map(|change| (change.impact, change.text)).collect())
}

/// The released documents, oldest first.
fn releases() -> anyhow::Result<Vec<(Version, PathBuf)>> {
    let folder = xtask::root().join("openapi/released");
    let mut found = Vec::new();
    if folder.exists() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let version = name.parse().with_context(|| format!("{}", path.display()))?;
            found.push((version, path));
        }
    }
    found.sort();
    Ok(found)
}

fn version_of(document: &Path) -> anyhow::Result<Version> {
    let document: Value = serde_json::from_str(&fs::read_to_string(document)?)?;
    let version = document["info"]["version"].as_str().context("a document without a version")?;
    Ok(version.parse()?)
}

/// Whether clients can tell that something breaks: below 1.0 by the minor version.
fn steps_over(last: &Version, now: &Version) -> bool {
    match last.major {
        0 => (now.major, now.minor) > (last.major, last.minor),
        _ => now.major > last.major,
    }
}

struct Change {
    impact: String,
    text: String,
}

/// The changes between two documents, the gravest first.
struct Changes {
    list: Vec<Change>,
}

impl Changes {
    fn between(base: &Path, revision: &Path) -> anyhow::Result<Self> {
        let report = tools::fresh("compat")?.join("report.json");
        let mut diff = tools::node("redocly")?;
        diff.arg("diff").arg(base).arg(revision).args([
            "--fail-on",
            "none",
            "--format",
            "json",
            "-o",
        ]);
        tools::run(diff.arg(&report))?;
        let report: Value = serde_json::from_str(&fs::read_to_string(report)?)?;
        let changes = report["changes"].as_array().context("a report without changes")?;
        let mut list: Vec<Change> = changes.iter().map(Change::of).collect();
        let grave = |change: &Change| ["major", "minor"].iter().position(|i| change.impact == *i);
        list.sort_by_key(|change| grave(change).unwrap_or(2));
        Ok(Self { list })
    }

    fn count(&self, impact: &str) -> usize {
        self.list.iter().filter(|change| change.impact == impact).count()
    }

    fn figures(&self) -> String {
        let [major, minor, patch] = ["major", "minor", "patch"].map(|impact| self.count(impact));
        format!("{} changes ({major} major, {minor} minor, {patch} patch)", self.list.len())
    }
}

impl Change {
    fn of(change: &Value) -> Self {
        let text = |field: &str| change[field].as_str().unwrap_or_default();
        let said: Vec<&str> = change["verdicts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|verdict| verdict["message"].as_str())
            .collect();
        let text = match said.is_empty() {
            false => said.join(" "),
            true => {
                let sides = [&change["revision"]["pointer"], &change["base"]["pointer"]];
                let place = sides.iter().find_map(|side| side.as_str()).unwrap_or(text("path"));
                let place = place.replace("~1", "/").replace("~0", "~");
                format!("`{}` {}", place.trim_start_matches("#/"), text("kind"))
            }
        };
        Self { impact: change["impact"].as_str().unwrap_or("major").to_owned(), text }
    }
}

fn changelog_of(
    releases: &[(Version, PathBuf)],
    now: &Version,
    since: &Changes,
) -> anyhow::Result<String> {
    let mut text = String::from(
        "# Changes of the OpenAPI document\n\nGenerated by `cargo xtask compat --write` from the \
         documents in `released/`; do not edit.\n",
    );
    let unreleased = Changes { list: Vec::new() };
    let (last, since) = match releases.last() {
        Some((last, _)) if !since.list.is_empty() => (Some(last), since),
        _ => (None, &unreleased),
    };
    if let Some(last) = last {
        let name = if now == last { "Not released".into() } else { format!("{now}, not released") };
        section(&mut text, &name, since)?;
    }
    for pair in releases.windows(2).rev() {
        if let [(_, older), (version, newer)] = pair {
            section(&mut text, &version.to_string(), &Changes::between(older, newer)?)?;
        }
    }
    if let Some((first, _)) = releases.first() {
        write!(text, "\n## {first}\n\nThe first release.\n")?;
    }
    Ok(text)
}

fn section(text: &mut String, name: &str, changes: &Changes) -> anyhow::Result<()> {
    write!(text, "\n## {name}\n")?;
    for (impact, title) in [("major", "Breaking"), ("minor", "Added"), ("patch", "Clarified")] {
        if changes.count(impact) > 0 {
            write!(text, "\n### {title}\n\n")?;
            for change in changes.list.iter().filter(|change| change.impact == impact) {
                writeln!(text, "- {}", change.text)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_one_that_clients_can_tell() {
        let steps =
            |last: &str, now: &str| steps_over(&last.parse().unwrap(), &now.parse().unwrap());
        assert!(steps("0.1.0", "0.2.0") && steps("0.1.0", "1.0.0") && steps("1.2.3", "2.0.0"));
        assert!(!steps("0.1.0", "0.1.1") && !steps("1.2.3", "1.3.0") && !steps("1.2.3", "1.2.3"));
    }
}
