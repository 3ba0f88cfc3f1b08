//! `cargo xtask clients --package`: the Python wheel and the npm package, built from the document and
//! tested, each as installed from its file, on a live server.

mod python;
mod typescript;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::served::Served;
use crate::tools::{self, run};

/// A client package.
struct Package {
    /// Folder below `client/`.
    folder: &'static str,
    /// Builds the package file of a document in a folder.
    build: fn(&Path, &Path) -> anyhow::Result<PathBuf>,
    /// Installs the file in a folder of its own. Returns the command that runs the tests.
    tests: fn(&Path, &Path) -> anyhow::Result<Command>,
}

const PACKAGES: [Package; 2] = [
    Package { folder: "python", build: python::build, tests: python::tests },
    Package { folder: "typescript", build: typescript::build, tests: typescript::tests },
];

/// Builds and tests the packages of a document, of the committed one if none is named. The files stay in
/// `target/packages`.
///
/// # Errors
/// If a package cannot be built, does not type-check, or a test fails.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run_all(document: Option<PathBuf>) -> anyhow::Result<()> {
    let document = document.unwrap_or_else(crate::committed_document);
    // Tools run in other folders.
    let document = fs::canonicalize(&document).with_context(|| document.display().to_string())?;
    let published = xtask::root().join("target/packages");
    fs::create_dir_all(&published)?;
    for package in &PACKAGES {
        let folder = tools::fresh(&format!("packages/{}", package.folder))?;
        let name = package.folder;
        let file = (package.build)(&document, &folder)
            .with_context(|| format!("the {name} package cannot be built"))?;
        let mut tests = (package.tests)(&file, &folder)?;
        let server = Served::for_packages()?;
        let ran = tools::try_run(tests.env("SENSU_URL", server.url()));
        server.stop()?;
        let ran = ran?;
        ensure!(ran.succeeded, "tests of the {name} package:\n{}{}", ran.out, ran.err);
        let target = published.join(file.file_name().context("a file name")?);
        fs::copy(&file, &target)?;
        println!("{name}: {}", summary(&ran.out));
        println!("{name}: {}", target.strip_prefix(xtask::root()).unwrap_or(&target).display());
    }
    println!("clients --package: {} of {0} packages built and tested", PACKAGES.len());
    Ok(())
}

/// The lines of the test runner that hold figures: those of pytest and of node's test runner.
fn summary(out: &str) -> String {
    let counts = out.lines().filter(|line| {
        line.contains(" passed") || line.contains("pass ") || line.contains("fail ")
    });
    counts.map(|line| line.trim_matches(['=', ' ', 'ℹ'])).collect::<Vec<_>>().join(", ")
}

/// Copies a folder of `client/`, without what Git ignores, and the licenses.
fn sources(name: &str, target: &Path) -> anyhow::Result<()> {
    let root = xtask::root();
    let mut list = Command::new("git");
    list.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", "."]);
    let ran = tools::try_run(list.current_dir(root.join("client").join(name)))?;
    ensure!(ran.succeeded, "git ls-files: {}", ran.err);
    for file in ran.out.split_terminator('\0') {
        copy(&root.join("client").join(name).join(file), &target.join(file))?;
    }
    for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&root.join(license), &target.join(license))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(())
}

/// The only file in a folder with this ending.
fn only(folder: &Path, ending: &str) -> anyhow::Result<PathBuf> {
    let mut files = with_ending(folder, ending)?;
    ensure!(files.len() == 1, "{} has {} files *{ending}", folder.display(), files.len());
    files.pop().context("a file")
}

/// The files in a folder with this ending.
fn with_ending(folder: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
    Ok(files)
}
