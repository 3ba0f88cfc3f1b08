//! `cargo xtask check`: the checks of CI that need only a Rust toolchain, in the same order. `.ci/run`
//! calls this task, so that the steps are listed once.

use std::process::Command;
use std::time::Instant;

use anyhow::ensure;

use crate::tidy;

const FORMAT: &[&str] = &["fmt", "--all", "--check"];
const LINTS: &[&str] =
    &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
// The same selection as the tests, so that nothing is built twice; and all programs, for the external tools.
const BUILD: &[&str] =
    &["build", "--workspace", "--lib", "--bins", "--tests", "--examples", "--quiet"];
const TESTS: &[&str] = &["test", "--workspace"];
const DENY_WARNINGS: &str = r#"build.rustdocflags=["-D", "warnings"]"#;
const DOCUMENTATION: &[&str] =
    &["doc", "--workspace", "--no-deps", "--quiet", "--config", DENY_WARNINGS];

/// A check: its name, and what runs it.
type Step = (&'static str, fn() -> anyhow::Result<()>);

const STEPS: &[Step] = &[
    ("format", || cargo(FORMAT)),
    ("tidy", || tidy::run(&tidy::Options::default())),
    ("lints", || cargo(LINTS)),
    ("build", || cargo(BUILD)),
    ("tests", || cargo(TESTS)),
    ("documentation", || cargo(DOCUMENTATION)),
];

/// Runs the checks until one fails.
///
/// # Errors
/// If a check fails. Cargo has already printed the reason.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub fn run() -> anyhow::Result<()> {
    let started = Instant::now();
    for (name, step) in STEPS {
        println!("== {name} ({} s)", started.elapsed().as_secs());
        step()?;
    }
    println!("check: {} s, {} steps passed", started.elapsed().as_secs(), STEPS.len());
    Ok(())
}

fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(crate::root());
    ensure!(cargo.status()?.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ci_runs_these_checks_and_lists_none_itself() {
        let ci = std::fs::read_to_string(crate::root().join(".ci/run")).unwrap();
        assert!(ci.contains("\ncargo xtask check\n"));
        for step in ["fmt", "clippy", "build", "test", "doc"] {
            assert!(!ci.contains(&format!("cargo {step}")), "cargo {step} in .ci/run");
        }
    }
}
