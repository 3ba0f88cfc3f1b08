//! Installs and runs the tools. Versions are pinned in `tests/external/`; each set is installed into
//! `target/external/`, once per version of its lock file.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// A file of `tests/external/`.
pub(crate) fn settings(name: &str) -> PathBuf {
    xtask::root().join("tests/external").join(name)
}

/// A folder of `target/external/`.
pub(crate) fn folder(name: &str) -> PathBuf {
    xtask::root().join("target/external").join(name)
}

/// An empty folder of `target/external/`.
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
    node_from("node", "", program)
}

/// A program of the Node packages that generate clients.
pub(crate) fn generator(program: &str) -> anyhow::Result<Command> {
    node_from("generators", "generators/", program)
}

/// A program of the Node packages that a subfolder of `tests/external/` lists.
fn node_from(folder_name: &str, subfolder: &str, program: &str) -> anyhow::Result<Command> {
    let installed = folder(folder_name);
    once(&installed, &format!("{subfolder}package-lock.json"), || {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(settings(&format!("{subfolder}{name}")), installed.join(name))?;
        }
        let mut install = tool("npm");
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&installed);
        run(&mut install)
    })?;
    Ok(tool(installed.join("node_modules/.bin").join(program)))
}

/// The folder of the Node packages that read the document.
pub(crate) fn consumers() -> anyhow::Result<PathBuf> {
    node_from("consumers", "consumers/", "newman")?;
    Ok(folder("consumers"))
}

/// A script of `tests/external/`, copied to the Node packages and run there.
pub(crate) fn script(name: &str) -> anyhow::Result<Command> {
    node("redocly")?;
    copy_script(&folder("node"), name)
}

/// A script of `tests/external/consumers/`, copied to the packages that read the document and run there.
pub(crate) fn consumer_script(name: &str) -> anyhow::Result<Command> {
    copy_script(&consumers()?, &format!("consumers/{name}"))
}

fn copy_script(installed: &Path, script: &str) -> anyhow::Result<Command> {
    let script = settings(script);
    let copied = installed.join(script.file_name().context("a script has a name")?);
    fs::copy(script, &copied)?;
    let mut command = tool("node");
    command.arg(copied);
    Ok(command)
}

/// A program of the Python packages.
pub(crate) fn python(program: &str) -> anyhow::Result<Command> {
    python_from("python", "requirements.txt", program)
}

/// A program of the Python packages of third-party clients.
pub(crate) fn third_party(program: &str) -> anyhow::Result<Command> {
    python_from("third-party", "third-party/requirements.txt", program)
}

/// A program of the Python packages that generate clients.
pub(crate) fn python_generator(program: &str) -> anyhow::Result<Command> {
    python_from("python-generators", "generators/requirements.txt", program)
}

/// A program of the Python packages that a lock file lists.
fn python_from(folder_name: &str, lock: &str, program: &str) -> anyhow::Result<Command> {
    let installed = folder(folder_name);
    once(&installed, lock, || {
        run(tool("python3").args(["-m", "venv", "--clear"]).arg(&installed))?;
        let mut install = tool(installed.join("bin/pip"));
        install.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
        ]);
        run(install.arg(settings(lock)))
    })?;
    let mut command = tool(installed.join("bin").join(program));
    // The programs that it starts come from the same environment.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = [installed.join("bin")].into_iter().chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(paths)?).env("VIRTUAL_ENV", &installed);
    Ok(command)
}

/// Installs a set, unless it was installed from the same lock file.
fn once(
    installed: &Path,
    lock: &str,
    install: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let lock_file = fs::read(settings(lock))?;
    let stamp = installed.join("installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock_file) {
        return Ok(());
    }
    fs::create_dir_all(installed)?;
    install().with_context(|| format!("cannot install tests/external/{lock}"))?;
    fs::write(stamp, lock_file)?;
    Ok(())
}

/// A command with an environment that disables telemetry, colors and caches outside the target folder.
pub(crate) fn tool(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .env("DO_NOT_TRACK", "1")
        .env("NO_COLOR", "1")
        .env("FORCE_COLOR", "0")
        .env("HYPOTHESIS_STORAGE_DIRECTORY", folder("hypothesis"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUNBUFFERED", "1")
        .stdin(Stdio::null());
    command
}

/// The path of an installed program.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The result of a command.
pub(crate) struct Ran {
    pub(crate) succeeded: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command that may fail, and captures its output.
pub(crate) fn try_run(command: &mut Command) -> anyhow::Result<Ran> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {name}"))?;
    Ok(Ran {
        succeeded: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs a command.
///
/// # Errors
/// With its output, if it fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let ran = try_run(command)?;
    if !ran.succeeded {
        bail!("{command:?} failed\n{}{}", ran.out, ran.err);
    }
    Ok(())
}
