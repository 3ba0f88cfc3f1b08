//! Runs commands, and installs the tools that are not part of the operating system.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail};

/// A tool from crates.io, with its version.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Tool {
    /// A command of the tool, installed into `target/tools/` unless it is there.
    pub(crate) fn command(self) -> anyhow::Result<Command> {
        let root = xtask::root().join("target/tools");
        let program = root.join("bin").join(self.name);
        let stamp = root.join(format!("{}-{}", self.name, self.version));
        if !program.is_file() || !stamp.is_file() {
            let mut cargo = Command::new("cargo");
            // Without optimizations, it builds faster than it saves time.
            cargo.args(["install", "--quiet", "--locked", "--debug", "--force", "--root"]);
            cargo.arg(&root).args([self.name, "--version", self.version]);
            // A release in progress must not change how tools are built.
            run(cargo.env_remove("CARGO_TARGET_DIR"))?;
            std::fs::write(stamp, "")?;
        }
        Ok(Command::new(program))
    }
}

/// Runs a command, and returns its standard output.
///
/// # Errors
/// If it fails, with its error output.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {name}"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

/// Runs a command, whose output is shown.
///
/// # Errors
/// If it fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {name}"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

/// An empty folder in place of an existing one.
pub(crate) fn fresh(folder: PathBuf) -> anyhow::Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
