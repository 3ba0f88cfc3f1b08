//! `cargo xtask kit`: the test helpers for Go and TypeScript in `tests/kit`, and the tests of
//! `docs/contract-testing.md` in these languages, with servers that they start.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::tools::{self, run, tool};

/// The variable with the program that the helpers start.
pub(crate) const SERVER: &str = "SENSU_SERVER";

/// A helper.
struct Kit {
    /// Folder below `tests/kit`.
    folder: &'static str,
    /// The file for the tests of the guide.
    guide: &'static str,
    /// Text of the result of a passing run.
    passed: &'static str,
    /// The command that runs all tests in a folder.
    tests: fn(&Path) -> anyhow::Result<Command>,
}

const KITS: [Kit; 2] = [
    Kit { folder: "go", guide: "guide_test.go", passed: "--- PASS: ", tests: go },
    Kit { folder: "typescript", guide: "guide.test.ts", passed: "✔ ", tests: typescript },
];

/// Runs the tests of all helpers.
///
/// # Errors
/// If a tool is missing, or a test fails.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run_all() -> anyhow::Result<()> {
    for kit in &KITS {
        let folder = tools::fresh(&format!("kit/{}", kit.folder))?;
        for entry in fs::read_dir(xtask::root().join("tests/kit").join(kit.folder))? {
            let path = entry?.path();
            fs::copy(&path, folder.join(path.file_name().context("a file name")?))?;
        }
        let guide = snippets(kit.folder)?;
        ensure!(!guide.is_empty(), "docs/contract-testing.md has no test in {}", kit.folder);
        fs::write(folder.join(kit.guide), guide.join("\n"))?;
        let mut tests = (kit.tests)(&folder)?;
        let ran = tools::try_run(tests.env(SERVER, server_program()?))?;
        ensure!(ran.succeeded, "tests of the helper for {}:\n{}{}", kit.folder, ran.out, ran.err);
        let passed = ran.out.matches(kit.passed).count();
        ensure!(passed > guide.len(), "only {passed} tests ran:\n{}", ran.out);
        println!("kit: {}: {passed} tests passed", kit.folder);
    }
    Ok(())
}

/// A program that is a server if its first argument is `start`: this one.
pub(crate) fn server_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("the path of this program")
}

/// The code blocks of the guide to testing in a language, in their order.
pub(crate) fn snippets(language: &str) -> anyhow::Result<Vec<String>> {
    let guide = fs::read_to_string(xtask::root().join("docs/contract-testing.md"))?;
    let start = format!("```{language}\n");
    let blocks = guide.split(&start).skip(1);
    Ok(blocks.filter_map(|block| Some(block.split_once("```")?.0.to_owned())).collect())
}

fn go(folder: &Path) -> anyhow::Result<Command> {
    ensure!(
        tools::find("go").is_some(),
        "Go is not installed; on Debian: apt-get install golang-go"
    );
    let mut tests = tool("go");
    tests.args(["test", "-count=1", "-v", "./..."]).current_dir(folder);
    tests.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off").env("GOCACHE", tools::folder("go"));
    Ok(tests)
}

fn typescript(folder: &Path) -> anyhow::Result<Command> {
    let mut compile = tools::node("tsc")?;
    compile.args(["--project", "tsconfig.json", "--typeRoots"]);
    compile.arg(tools::folder("node").join("node_modules/@types"));
    run(compile.current_dir(folder))?;
    let mut tests = tool("node");
    tests.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    // Listed here, because Node versions differ in the patterns that they accept.
    tests.args(["out/sensutest.test.js", "out/guide.test.js"]).current_dir(folder);
    Ok(tests)
}
