//! The contract kit, as other people's test suites use it: the examples of the documentation, run.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::path::PathBuf;
use std::process::Command;

mod double;
mod seeded;

const SERVER: &str = env!("CARGO_BIN_EXE_test-server");

fn folder() -> PathBuf {
    xtask::root().join("tests/testkit")
}

/// Runs somebody's test suite against the program. Where the tool is missing, one line says so; in CI
/// that is a failure.
#[expect(clippy::print_stdout, reason = "a suite that was not run says so")]
fn suite(mut command: Command, tool: &str, package: &str) {
    let output = match command.env("SENSU_SERVER", SERVER).output() {
        Ok(output) => output,
        Err(error) => {
            #[expect(clippy::disallowed_methods, reason = "a setting of the test run")]
            let must = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!must, "{tool}: {error}");
            println!("{tool} is not there; `apt-get install {package}` to run its example");
            return;
        }
    };
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn the_python_example_runs() {
    let mut python = Command::new("python3");
    python.args(["-m", "unittest", "-v", "test_double"]).current_dir(folder());
    suite(python, "python3", "python3");
}

#[test]
fn the_go_example_runs() {
    let mut go = Command::new("go");
    go.args(["test", "-count=1", "./..."]).current_dir(folder().join("go"));
    suite(go, "go", "golang-go");
}
