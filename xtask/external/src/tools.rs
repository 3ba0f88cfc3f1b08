//! Where the tools are and how they get there: pinned in `tests/external/`, installed into
//! `target/external/`, each set once for each version of its lock file.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Settings and small programs that drive the tools.
pub(crate) fn settings(name: &str) -> PathBuf {
    xtask::root().join("tests/external").join(name)
}

/// Where tools, what they generate, and their reports lie.
pub(crate) fn folder(name: &str) -> PathBuf {
    xtask::root().join("target/external").join(name)
}

/// An empty folder for what a tool generates or reports.
pub(crate) fn fresh(name: &str) -> anyhow::Result<PathBuf> {
    let folder = folder(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A program of the Node packages.
pub(crate) fn node(program: &str) -> anyhow::Result<Command> {
    let there = folder("node");
    once(&there, "package-lock.json", || {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(settings(name), there.join(name))?;
        }
        let mut install = tool("npm");
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&there);
        run(&mut install)
    })?;
    Ok(tool(there.join("node_modules/.bin").join(program)))
}

/// A script of ours, run by Node where it finds the Node packages.
pub(crate) fn script(name: &str) -> anyhow::Result<Command> {
    node("redocly")?;
    let copied = folder("node").join(name);
    fs::copy(settings(name), &copied)?;
    let mut command = tool("node");
    command.arg(copied);
    Ok(command)
}

/// A program of the Python packages.
pub(crate) fn python(program: &str) -> anyhow::Result<Command> {
    let there = folder("python");
    once(&there, "requirements.txt", || {
        run(tool("python3").args(["-m", "venv", "--clear"]).arg(&there))?;
        let mut install = tool(there.join("bin/pip"));
        install.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
        ]);
        run(install.arg(settings("requirements.txt")))
    })?;
    let mut command = tool(there.join("bin").join(program));
    // What it starts itself must be its own, too.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = [there.join("bin")].into_iter().chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(places)?).env("VIRTUAL_ENV", &there);
    Ok(command)
}

/// Installs a set unless the lock file is the one that it was installed from.
fn once(
    there: &Path,
    lock: &str,
    install: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let wanted = fs::read(settings(lock))?;
    let mark = there.join("installed-from");
    if fs::read(&mark).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    fs::create_dir_all(there)?;
    install().with_context(|| format!("cannot install what tests/external/{lock} lists"))?;
    fs::write(mark, wanted)?;
    Ok(())
}

/// A command with the environment that keeps tools quiet and at home.
pub(crate) fn tool(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .env("NO_COLOR", "1")
        .env("FORCE_COLOR", "0")
        .env("HYPOTHESIS_STORAGE_DIRECTORY", folder("hypothesis"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUNBUFFERED", "1")
        .stdin(Stdio::null());
    command
}

/// Where a program is, if it is on this machine.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// What a command printed, and whether it succeeded.
pub(crate) struct Ran {
    pub(crate) succeeded: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command that may fail, and keeps what it prints.
pub(crate) fn try_run(command: &mut Command) -> anyhow::Result<Ran> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {name}"))?;
    Ok(Ran {
        succeeded: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs a command that must not fail; what it prints is shown if it does.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let ran = try_run(command)?;
    if !ran.succeeded {
        bail!("{command:?} failed\n{}{}", ran.out, ran.err);
    }
    Ok(())
}
