//! How long `sensuctl --help` takes, from its start to its end, beside a program that does nothing.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

/// Starts of each program, taken in turns.
const STARTS: usize = 200;

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
pub(super) fn run() -> anyhow::Result<()> {
    let program = crate::release_build(&xtask::root(), "sensuctl")?;
    let home = tempfile::tempdir()?;
    let help = || {
        let mut command = Command::new(&program);
        command.arg("--help").env("HOME", home.path());
        command
    };
    let (mut ours, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        ours.push(once(help())?);
        nothing.push(once(Command::new("true"))?);
    }
    let ((half, most), (floor, _)) = (spread(ours)?, spread(nothing)?);
    println!("sensuctl --help: median {half:.1?}, 95 of 100 within {most:.1?}, {STARTS} starts");
    println!("a program that does nothing: median {floor:.1?}");
    Ok(())
}

fn once(mut command: Command) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let took = began.elapsed();
    ensure!(status.with_context(|| format!("{command:?}"))?.success(), "{command:?} failed");
    Ok(took)
}

/// The median, and what 95 of 100 stay within.
fn spread(mut times: Vec<Duration>) -> anyhow::Result<(Duration, Duration)> {
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().context("no times");
    Ok((at(50)?, at(95)?))
}
