//! Heavy tasks: programs below `xtask/` that are built when they are needed.

use std::ffi::OsString;
use std::process::Command;

use anyhow::bail;

/// A program of its own with heavy dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Generated files.
    Generate,
    /// Benchmarks. Built in release mode.
    Bench,
    /// External tools.
    External,
    /// The scripted agent.
    Agent,
    /// Packages of the programs. Built in release mode.
    Package,
}

impl Tool {
    /// Builds and runs the program.
    ///
    /// # Errors
    /// If it cannot be built or fails. The program has already printed the reason.
    pub fn run(self, task: Option<&str>, arguments: &[OsString]) -> anyhow::Result<()> {
        let status = self.command(task, arguments).status()?;
        match status.success() {
            true => Ok(()),
            false => bail!("{} failed: {status}", task.unwrap_or(self.package())),
        }
    }

    fn command(self, task: Option<&str>, arguments: &[OsString]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.args(["run", "--quiet", "--package", self.package()]);
        // Packages are compressed, which takes minutes without optimizations.
        if matches!(self, Self::Bench | Self::Package) {
            cargo.arg("--release");
        }
        cargo.arg("--").args(task).args(arguments);
        cargo
    }

    fn package(self) -> &'static str {
        match self {
            Self::Generate => "xtask-generate",
            Self::Bench => "xtask-bench",
            Self::External => "xtask-external",
            Self::Agent => "sensu-test-agent",
            Self::Package => "xtask-package",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(command: &Command) -> String {
        let arguments: Vec<_> = command.get_args().map(|one| one.to_string_lossy()).collect();
        arguments.join(" ")
    }

    #[test]
    fn arguments_are_forwarded() {
        let command = Tool::External.command(Some("fuzz"), &["--everything".into()]);
        assert_eq!(line(&command), "run --quiet --package xtask-external -- fuzz --everything");
    }

    #[test]
    fn benchmarks_run_in_release_mode() {
        let command = Tool::Bench.command(None, &["http".into()]);
        assert_eq!(line(&command), "run --quiet --package xtask-bench --release -- http");
    }
}
