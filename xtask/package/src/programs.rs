//! Builds the two programs in release mode.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// A program: its crate, and the folder of the crate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    /// Name of the crate, of the program and of its packages.
    pub(crate) name: &'static str,
}

/// All programs.
pub(crate) const PROGRAMS: [Program; 2] =
    [Program { name: "sensu-server" }, Program { name: "sensuctl" }];

impl Program {
    /// Builds the program, and returns its path.
    pub(crate) fn build(self) -> anyhow::Result<PathBuf> {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--release", "--locked", "--package", self.name]);
        cargo.args(["--bin", self.name, "--message-format", "json-render-diagnostics"]);
        cargo.current_dir(xtask::root()).stderr(Stdio::inherit());
        let output = cargo.output().context("cannot start cargo")?;
        ensure!(output.status.success(), "{} cannot be built", self.name);
        let messages = String::from_utf8(output.stdout)?;
        let program = messages.lines().rev().find_map(|line| {
            let message: Value = serde_json::from_str(line).ok()?;
            Some(PathBuf::from(message.get("executable")?.as_str()?))
        });
        program.with_context(|| format!("cargo built no program for {}", self.name))
    }
}
