//! `cargo xtask compat`: changes of the document since its last release, and its changelog.
//!
//! `openapi/released/` holds every released document under its version. Redocly compares two documents and
//! classifies each change as major, minor or patch. A major change requires a new version.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use semver::Version;
use serde_json::Value;

use crate::{named_parameters, tools};

/// Maximum length of the description of a change, in characters.
const LONGEST: usize = 200;

/// Compares a document, by default the committed one, with the last release.
///
/// # Errors
/// If a breaking change has no new version, or the changelog is stale.
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
    if changes.count("major") > 0 && !allows_breaking_changes(last, &now) {
        let breaks = changes.list.iter().filter(|change| change.impact == "major");
        let breaks: Vec<&str> = breaks.map(|change| change.text.as_str()).collect();
        bail!(
            "a breaking change since {last}, but the version is {now}\n{}\ncompat: {figures}",
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

/// Records the committed document as the release of its version, and writes the changelog.
///
/// # Errors
/// If a change since the previous release breaks clients, and the version does not allow it.
pub(crate) fn release() -> anyhow::Result<()> {
    let document = crate::committed_document();
    let version = version_of(&document)?;
    let there = xtask::root().join(format!("openapi/released/{version}.json"));
    let before = fs::read(&there).ok();
    fs::copy(&document, &there)?;
    let result = run(None, true);
    if result.is_err() {
        match before {
            Some(before) => fs::write(&there, before)?,
            None => fs::remove_file(&there)?,
        }
    }
    result
}

/// The impact and the text of each change since the last release.
///
/// # Errors
/// If the documents cannot be compared.
pub(crate) fn classified(document: &Path) -> anyhow::Result<Vec<(String, String)>> {
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
    let version = document["info"]["version"].as_str().context("the document has no version")?;
    Ok(version.parse()?)
}

/// Gives a document the version of the last release, which allows no breaking change.
pub(crate) fn set_last_version(document: &mut Value) -> Option<()> {
    let (last, _) = releases().ok()?.pop()?;
    *document.pointer_mut("/info/version")? = last.to_string().into();
    Some(())
}

/// Whether the version announces breaking changes: by its major number or, below 1.0, by its minor one.
fn allows_breaking_changes(last: &Version, now: &Version) -> bool {
    match last.major {
        0 => (now.major, now.minor) > (last.major, last.minor),
        _ => now.major > last.major,
    }
}

struct Change {
    impact: String,
    text: String,
}

/// The changes between two documents: major, minor, patch.
struct Changes {
    list: Vec<Change>,
}

impl Changes {
    fn between(base: &Path, revision: &Path) -> anyhow::Result<Self> {
        let folder = tools::fresh("compat")?;
        let report = folder.join("report.json");
        let base = named_parameters::copy(base, &folder, "base.json")?;
        let revision = named_parameters::copy(revision, &folder, "revision.json")?;
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
        let changes = report["changes"].as_array().context("no changes in the report")?;
        let is_component =
            |change: &&Value| change["path"].as_str().is_some_and(named_parameters::is_component);
        let changes = changes.iter().filter(|change| !is_component(change));
        let mut list = merged(changes.map(Change::of));
        let rank = |change: &Change| ["major", "minor"].iter().position(|i| change.impact == *i);
        list.sort_by_key(|change| rank(change).unwrap_or(2));
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
        let messages: Vec<&str> = change["verdicts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|verdict| verdict["message"].as_str())
            .collect();
        let sides = [&change["revision"]["pointer"], &change["base"]["pointer"]];
        let pointer = sides.iter().find_map(|side| side.as_str()).unwrap_or(text("path"));
        let text = match messages.is_empty() {
            false => {
                let subject = named_parameters::subject(pointer);
                shortened(&format!("{subject}{}", messages.join(" ")))
            }
            true => {
                let pointer = pointer.replace("~1", "/").replace("~0", "~");
                let pointer = named_parameters::place(pointer.trim_start_matches("#/"));
                format!("`{pointer}` {}", text("kind"))
            }
        };
        Self { impact: change["impact"].as_str().unwrap_or("major").to_owned(), text }
    }
}

/// Merges changes that have the same description, such as the same parameter in many operations.
fn merged(changes: impl Iterator<Item = Change>) -> Vec<Change> {
    let mut merged: Vec<(Change, usize)> = Vec::new();
    for change in changes {
        let same = |(other, _): &&mut (Change, usize)| {
            (&other.impact, &other.text) == (&change.impact, &change.text)
        };
        match merged.iter_mut().find(same) {
            Some((_, times)) => *times += 1,
            None => merged.push((change, 1)),
        }
    }
    let counted = merged.into_iter().map(|(change, times)| match times {
        1 => change,
        _ => Change { text: format!("{} ({times} times)", change.text), ..change },
    });
    counted.collect()
}

/// Shortens a description that contains a long pattern.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
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
    fn breaking_changes_need_a_new_version() {
        let allows = |last: &str, now: &str| {
            allows_breaking_changes(&last.parse().unwrap(), &now.parse().unwrap())
        };
        assert!(allows("0.1.0", "0.2.0") && allows("0.1.0", "1.0.0") && allows("1.2.3", "2.0.0"));
        assert!(
            !allows("0.1.0", "0.1.1") && !allows("1.2.3", "1.3.0") && !allows("1.2.3", "1.2.3")
        );
    }
}
