//! The license texts of all crates that a program contains, which their licenses require to be distributed with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

use crate::tools::output;

/// Starts of the names of files with license texts.
const NAMES: [&str; 4] = ["license", "licence", "copying", "notice"];

/// Folders below that of a crate in which license texts are read: libraries in C have their own folder.
const DEPTH: usize = 1;

/// The notices of a crate of this workspace: one section per text, with the crates that it is for.
pub(crate) fn notices(root: &str) -> anyhow::Result<String> {
    let platform = ["--filter-platform", "x86_64-unknown-linux-gnu"];
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--locked"]).args(platform);
    let metadata = output(cargo.current_dir(xtask::root()))?;
    let metadata: Value = serde_json::from_slice(&metadata)?;
    let packages = items(&metadata, "packages").filter_map(|one| Some((text(one, "id")?, one)));
    let packages: HashMap<&str, &Value> = packages.collect();
    let mut crates = Vec::new();
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for id in dependencies(&metadata, root)? {
        let package = packages.get(id).context("a dependency is no package")?;
        // A crate of this workspace has no source.
        if text(package, "source").is_none() {
            continue;
        }
        let name = text(package, "name").unwrap_or_default();
        let version = text(package, "version").unwrap_or_default();
        let license = text(package, "license").unwrap_or("see its text");
        crates.push(format!("{name} {version}: {license}"));
        let manifest = Path::new(text(package, "manifest_path").unwrap_or_default());
        for found in license_texts(manifest.parent().context("no folder")?, DEPTH)? {
            texts.entry(found).or_default().insert(format!("{name} {version}"));
        }
    }
    crates.sort();
    let mut notices = format!("{root} contains these libraries:\n\n{}\n", crates.join("\n"));
    for (found, names) in texts {
        let names: Vec<String> = names.into_iter().collect();
        write!(notices, "\n{}\n{}:\n\n{}\n", "=".repeat(80), names.join(", "), found.trim_end())?;
    }
    Ok(notices)
}

/// The IDs of the packages that a crate is built from, except those that run at build time only.
fn dependencies<'a>(metadata: &'a Value, root: &str) -> anyhow::Result<BTreeSet<&'a str>> {
    let resolve = metadata.get("resolve").context("no dependencies")?;
    let nodes = items(resolve, "nodes").filter_map(|node| Some((text(node, "id")?, node)));
    let nodes: HashMap<&str, &Value> = nodes.collect();
    let is_root = |one: &&Value| text(one, "name") == Some(root) && text(one, "source").is_none();
    let root = items(metadata, "packages").find(is_root).and_then(|one| text(one, "id"));
    let mut rest = vec![root.context("no such crate")?];
    let mut found = BTreeSet::new();
    while let Some(id) = rest.pop() {
        if !found.insert(id) {
            continue;
        }
        let Some(node) = nodes.get(id) else { continue };
        for dependency in items(node, "deps") {
            let is_linked = |kind: &Value| kind.get("kind").is_some_and(Value::is_null);
            if items(dependency, "dep_kinds").any(is_linked) {
                rest.extend(text(dependency, "pkg"));
            }
        }
    }
    Ok(found)
}

fn license_texts(folder: &Path, depth: usize) -> anyhow::Result<Vec<String>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_dir() {
            if depth > 0 && name != "target" && name != "tests" {
                texts.extend(license_texts(&path, depth - 1)?);
            }
        } else if NAMES.iter().any(|start| name.starts_with(start)) && !name.ends_with(".rs") {
            let text = fs::read(&path)?;
            texts.push(String::from_utf8_lossy(&text).replace('\r', "").trim().to_owned());
        }
    }
    Ok(texts)
}

fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_contain_the_texts_of_libraries_in_c_and_no_build_time_crates() {
        let notices = notices("sensu-server").unwrap();
        for expected in ["\naws-lc-sys ", "\ntikv-jemalloc-sys ", "Jason Evans", "Fabrice Bellard"]
        {
            assert!(notices.contains(expected), "{expected} is missing");
        }
        for unexpected in ["\nsensu-store ", "\ncmake ", "\nproptest ", "\nschannel "] {
            assert!(!notices.contains(unexpected), "{unexpected} is listed");
        }
    }
}
