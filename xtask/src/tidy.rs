//! The rules of the house that no compiler knows: headers, lengths, who may import what.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;

/// Longest source file, in lines.
const LONGEST: usize = 600;

/// Files that may name Dropshot, besides everything in `server/src/http/`.
const DROPSHOT: &[&str] = &[
    "server/src/gateway/access_log.rs",
    "server/src/testkit/body.rs",
    "server/src/testkit/mod.rs",
    "server/src/error.rs",
    "server/src/gateway/mod.rs",
    "server/src/runtime/server.rs",
    "server/src/auth/caller.rs",
];

/// Files that may build endpoints by hand.
const ENDPOINTS: &[&str] = &["server/src/gateway/mod.rs", "server/src/http/routes.rs"];

/// Options of `cargo xtask tidy`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Checks every source file.
///
/// # Errors
/// With a line for each rule that is broken.
pub fn run(_: &Options) -> anyhow::Result<()> {
    let root = crate::root();
    let mut broken = String::new();
    for file in sources(&root)? {
        let text = fs::read_to_string(&file)?;
        let name = file.strip_prefix(&root)?.to_string_lossy().into_owned();
        for rule in offences(&name, &text) {
            writeln!(broken, "{name}: {rule}")?;
        }
    }
    let document = fs::read_to_string(root.join("openapi/sensu-core-v2.json")).unwrap_or_default();
    if document.contains("[`") {
        writeln!(broken, "openapi/sensu-core-v2.json: a Rust link [`...`] in a description")?;
    }
    if !broken.is_empty() {
        bail!("{broken}");
    }
    Ok(())
}

fn offences(name: &str, text: &str) -> Vec<String> {
    if name.ends_with("client/src/generated.rs") {
        return Vec::new();
    }
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push("does not open with a //! sentence".into());
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        found.push(format!("{lines} lines, more than {LONGEST}"));
    }
    let in_http = name.starts_with("server/src/http/");
    let ours = name.starts_with("server/");
    let exempt = in_http || DROPSHOT.contains(&name) || name.starts_with("server/src/openapi/");
    if ours && !exempt && text.contains("dropshot::") {
        found.push("names dropshot".into());
    }
    if ours && !ENDPOINTS.contains(&name) && text.contains("ApiEndpoint::new") {
        found.push("builds an endpoint by hand".into());
    }
    for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ign", "ore")] {
        if text.contains(mark) {
            found.push(format!("holds {mark}"));
        }
    }
    found
}

fn sources(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["server", "client", "xtask", "tests"].iter().map(|name| root.join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        run(&Options::default()).unwrap();
    }

    #[test]
    fn offences_are_found() {
        assert_eq!(offences("server/src/x.rs", "//! Fine.\n"), Vec::<String>::new());
        assert_eq!(offences("server/src/x.rs", "use dropshot::Body;\n").len(), 2);
        assert_eq!(
            offences("server/src/x.rs", &format!("//! Long.\n{}", "\n".repeat(600))).len(),
            1
        );
    }
}
