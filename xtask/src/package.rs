//! `cargo xtask package crates`: packages the published crates, and builds them from the packages.

use std::process::Command;

use anyhow::ensure;

/// Published crates, dependencies first.
const CRATES: [&str; 3] = ["sensu-client", "sensu-manifests", "sensuctl"];

/// Packages the client library and `sensuctl`, and builds both from the packages alone.
///
/// # Errors
/// If a package lacks something that its build needs.
pub fn run() -> anyhow::Result<()> {
    ensure!(package(&CRATES).status()?.success(), "the packages cannot be built");
    Ok(())
}

fn package(crates: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["package", "--allow-dirty"]).current_dir(crate::root());
    cargo.args(crates.iter().flat_map(|name| ["-p", name]));
    cargo
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path, PathBuf};

    use super::*;

    /// Finds in seconds most errors that `run` finds in minutes.
    #[test]
    fn packages_can_be_created() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut cargo = package(&CRATES);
        cargo.args(["--no-verify", "--offline", "--target-dir"]).arg(folder.path());
        let output = cargo.output().expect("runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{message}");
        assert!(!message.contains("has no "), "a field for the registry is missing: {message}");
    }

    #[test]
    fn packages_contain_the_files_that_their_sources_include() {
        let mut included = 0;
        for (name, at) in CRATES.into_iter().zip(["client", "server/manifests", "client/sensuctl"])
        {
            let output = package(&[name]).arg("--list").arg("--offline").output().expect("runs");
            let list = String::from_utf8(output.stdout).expect("text");
            let files: Vec<PathBuf> = list.lines().map(PathBuf::from).collect();
            assert!(files.contains(&PathBuf::from("src/lib.rs")), "{name}: {list}");
            if name != "sensu-manifests" {
                let readme = std::fs::read_to_string(crate::root().join(at).join("README.md"));
                assert!(readme.expect("a README").starts_with(&format!("# {name}\n")));
            }
            for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs"))
            {
                let text = std::fs::read_to_string(crate::root().join(at).join(file));
                for (before, after) in inclusions(&text.expect("a source")) {
                    let path = resolved(&file.parent().expect("a folder").join(after));
                    assert!(files.contains(&path), "{name}: {before}{after}\") in {file:?}");
                    included += 1;
                }
            }
        }
        assert!(included >= 2, "only {included} found");
    }

    /// The files that a source file includes.
    fn inclusions(text: &str) -> Vec<(&str, &str)> {
        let each = |with: &'static str| {
            let parts = text.split(with).skip(1);
            parts.filter_map(move |rest| Some((with, rest.split_once('"')?.0)))
        };
        each("include_str!(\"").chain(each("include_bytes!(\"")).collect()
    }

    /// A path without `..`.
    fn resolved(path: &Path) -> PathBuf {
        path.components().fold(PathBuf::new(), |mut path, part| {
            match part {
                Component::ParentDir if path.pop() => {}
                part => path.push(part),
            }
            path
        })
    }
}
