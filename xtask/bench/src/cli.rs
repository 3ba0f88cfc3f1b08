//! Run time of `sensuctl --help`, compared with a program that does nothing.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

/// Runs of each program, interleaved.
const RUNS: usize = 200;

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(super) fn run() -> anyhow::Result<()> {
    let program = crate::release_build(&xtask::root(), "sensuctl")?;
    let home = tempfile::tempdir()?;
    let help = || {
        let mut command = Command::new(&program);
        command.arg("--help").env("HOME", home.path());
        command
    };
    let (mut ours, mut baseline) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(time(help())?);
        baseline.push(time(Command::new("true"))?);
    }
    let ((median, p95), (floor, _)) = (percentiles(ours)?, percentiles(baseline)?);
    println!("sensuctl --help: median {median:.1?}, 95th percentile {p95:.1?}, {RUNS} runs");
    println!("true: median {floor:.1?}");
    Ok(())
}

fn time(mut command: Command) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let took = began.elapsed();
    ensure!(status.with_context(|| format!("{command:?}"))?.success(), "{command:?} failed");
    Ok(took)
}

/// The median and the 95th percentile.
fn percentiles(mut times: Vec<Duration>) -> anyhow::Result<(Duration, Duration)> {
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().context("no times");
    Ok((at(50)?, at(95)?))
}
