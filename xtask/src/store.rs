//! `cargo xtask store`: conformance and crash tests of the store on every engine, and tests of servers with faults.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Test suites, and the engine of tests whose names contain none.
const SUITES: &[(&str, &str)] =
    &[("conformance", "all"), ("crash", "sqlite"), ("faults", "sqlite")];

const ENGINES: &[&str] = &["memory", "sqlite", "postgres"];

#[derive(Default)]
struct Tally {
    passed: u32,
    failed: Vec<String>,
}

/// Runs the suites. Prints the passed tests of each engine, and the number of lost writes.
///
/// # Errors
/// If a test fails, or cannot run on this machine.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub fn run(kills: u32) -> anyhow::Result<()> {
    let mut engines: BTreeMap<String, Tally> = BTreeMap::new();
    let (mut killed, mut acknowledged) = (0, 0);
    for (suite, default_engine) in SUITES {
        println!("== {suite}");
        let mut cargo = Command::new("cargo");
        cargo.args(["test", "--workspace", "--no-fail-fast", "--test", suite]);
        cargo.args(["--", "--show-output"]).current_dir(crate::root());
        // Makes tests that cannot run on this machine fail.
        cargo.env("CI", "true").env("SENSU_STORE_KILLS", kills.to_string());
        cargo.env("SENSU_STORE_SYNC_KILLS", (kills / 4).to_string());
        cargo.env("SENSU_SERVER_KILLS", (kills / 8).max(5).to_string());
        let mut child = cargo.stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let mut count = 0;
        for line in lines {
            let line = line?;
            if let Some((name, outcome)) = outcome(&line) {
                let tally = engines.entry(engine(name, default_engine)).or_default();
                match outcome {
                    true => tally.passed += 1,
                    false => tally.failed.push(format!("{suite}: {name}")),
                }
                count += 1;
            } else if let Some((kills, writes)) = figures(&line) {
                println!("{line}");
                killed += kills;
                acknowledged += writes;
            } else if line.contains("panicked at") || line.contains("not tested") {
                println!("{line}");
            }
        }
        let ended = child.wait()?;
        if count == 0 {
            bail!("{suite} did not run: {ended}");
        }
    }
    println!();
    for (engine, tally) in &engines {
        println!("{engine}: {} passed, {} failed", tally.passed, tally.failed.len());
    }
    let failed: Vec<&String> = engines.values().flat_map(|tally| &tally.failed).collect();
    if !failed.is_empty() {
        bail!("failed: {failed:#?}");
    }
    println!("{killed} kills, {acknowledged} acknowledged writes, 0 lost");
    Ok(())
}

/// Parses a line of the test runner: name of the test, and whether it passed.
fn outcome(line: &str) -> Option<(&str, bool)> {
    let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    match outcome {
        "ok" => Some((name, true)),
        "FAILED" => Some((name, false)),
        _ => None,
    }
}

/// The engine in the name of a test.
fn engine(name: &str, default_engine: &str) -> String {
    ENGINES.iter().find(|engine| name.contains(**engine)).unwrap_or(&default_engine).to_string()
}

/// Parses the last line of a crash test: kills and acknowledged writes.
fn figures(line: &str) -> Option<(u64, u64)> {
    let mut words = line.strip_suffix(", 0 lost")?.split(' ');
    let kills = words.next()?.parse().ok()?;
    Some((kills, words.find_map(|word| word.parse().ok())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_test_runner_are_parsed() {
        assert_eq!(outcome("test feed::memory::x ... ok"), Some(("feed::memory::x", true)));
        assert_eq!(outcome("test x ... FAILED"), Some(("x", false)));
        assert_eq!(outcome("test result: ok. 3 passed"), None);
        assert_eq!(engine("feed::memory::x", "all"), "memory");
        assert_eq!(engine("kills::x", "sqlite"), "sqlite");
        assert_eq!(figures("25 kills, 9000 acknowledged writes, 0 lost"), Some((25, 9000)));
        assert_eq!(figures("9 kills at a sync, 70 acknowledged writes, 0 lost"), Some((9, 70)));
        assert_eq!(figures("test result: ok. 3 passed"), None);
    }
}
