//! Tests of the finished packages: the scripts in `tests/packages/`.

use std::process::Command;
use std::time::Instant;

use crate::folder;
use crate::tools::run as run_command;

/// The scripts. Each prints what it verified and the time from nothing to the first response.
const SCRIPTS: [&str; 5] = ["debian", "wheel", "archive", "image", "monitoring"];

/// Runs the scripts.
///
/// # Errors
/// If one fails. It has already printed the reason.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run() -> anyhow::Result<()> {
    for name in SCRIPTS {
        println!("-- {name}");
        let started = Instant::now();
        let script = xtask::root().join("tests/packages").join(format!("{name}.sh"));
        let mut bash = Command::new("bash");
        run_command(bash.arg(script).arg(folder()).current_dir(xtask::root()))?;
        println!("{name}: {} s", started.elapsed().as_secs());
    }
    Ok(())
}
