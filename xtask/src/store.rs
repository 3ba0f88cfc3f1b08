//! The store's promise, proved on every engine: conformance, crashes, whole servers in trouble.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Suites, and the engine of those of their tests whose names name none.
const SUITES: &[(&str, &str)] =
    &[("conformance", "all"), ("crash", "sqlite"), ("faults", "sqlite")];

const ENGINES: &[&str] = &["memory", "sqlite", "postgres"];

#[derive(Default)]
struct Tally {
    passed: u32,
    failed: Vec<String>,
}

/// Runs the suites and prints what passed on each engine, and how many writes were lost.
///
/// # Errors
/// If a test fails, or could not be run on this machine.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub fn run(kills: u32) -> anyhow::Result<()> {
    let mut engines: BTreeMap<String, Tally> = BTreeMap::new();
    let (mut killed, mut acknowledged) = (0, 0);
    for (suite, otherwise) in SUITES {
        println!("== {suite}");
        let mut cargo = Command::new("cargo");
        cargo.args(["test", "--workspace", "--no-fail-fast", "--test", suite]);
        cargo.args(["--", "--show-output"]).current_dir(crate::root());
        // What cannot be run on this machine fails.
        cargo.env("CI", "true").env("SENSU_STORE_KILLS", kills.to_string());
        cargo.env("SENSU_STORE_SYNC_KILLS", (kills / 4).to_string());
        cargo.env("SENSU_SERVER_KILLS", (kills / 8).max(5).to_string());
        let mut child = cargo.stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let mut count = 0;
        for line in lines {
            let line = line?;
            if let Some((name, outcome)) = outcome(&line) {
                let tally = engines.entry(engine(name, otherwise)).or_default();
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

/// A test's name, and whether it passed, from a line of its runner.
fn outcome(line: &str) -> Option<(&str, bool)> {
    let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    match outcome {
        "ok" => Some((name, true)),
        "FAILED" => Some((name, false)),
        _ => None,
    }
}

/// The engine that a test's name names.
fn engine(name: &str, otherwise: &str) -> String {
    ENGINES.iter().find(|engine| name.contains(**engine)).unwrap_or(&otherwise).to_string()
}

/// Kills and acknowledged writes, from the line that a crash test ends with.
fn figures(line: &str) -> Option<(u64, u64)> {
    let mut words = line.strip_suffix(", 0 lost")?.split(' ');
    let kills = words.next()?.parse().ok()?;
    Some((kills, words.find_map(|word| word.parse().ok())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_runner_are_understood() {
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
