//! The test kit (`--dev`), used as the test suites of other programs use it. `cargo xtask clients --package` and
//! `cargo xtask kit` run the tests of `docs/contract-testing.md`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot continue has failed"
)]

use std::path::PathBuf;
use std::process::Command;

mod clock;
mod document;
mod double;
mod planned;
mod seeded;
mod snapshots;
mod typed;

const SERVER: &str = env!("CARGO_BIN_EXE_test-server");

fn folder() -> PathBuf {
    xtask::root().join("tests/testkit")
}

/// Runs the test suite of an example, if its tool is installed.
fn run_suite(mut command: Command, package: &str) {
    let output = match command.env("SENSU_SERVER", SERVER).output() {
        Ok(output) => output,
        Err(error) => {
            let program = command.get_program().display();
            return sensu_tests::skip(&format!("{program}: {error} (apt-get install {package})"));
        }
    };
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}

#[test]
fn the_python_example_passes() {
    let mut python = Command::new("python3");
    python.args(["-m", "unittest", "-v", "test_double"]).current_dir(folder());
    run_suite(python, "python3");
}

#[test]
fn the_go_example_passes() {
    let mut go = Command::new("go");
    go.args(["test", "-count=1", "./..."]).current_dir(folder().join("go"));
    run_suite(go, "golang-go");
}
