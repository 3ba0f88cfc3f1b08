//! The time of all files in packages, so that the same programs result in the same packages.

use std::process::Command;

use anyhow::Context as _;

/// The time of the last commit, in seconds since 1970-01-01 UTC.
pub(crate) fn last_commit() -> anyhow::Result<u64> {
    let mut git = Command::new("git");
    git.args(["log", "-1", "--format=%ct"]).current_dir(xtask::root());
    let output = git.output().context("git is not installed; set SOURCE_DATE_EPOCH")?;
    let date = String::from_utf8_lossy(&output.stdout);
    date.trim().parse().context("the checkout has no commit; set SOURCE_DATE_EPOCH")
}

/// Text of a time, by a format of `date`, in UTC.
pub(crate) fn formatted(date: u64, format: &str) -> anyhow::Result<String> {
    let mut command = Command::new("date");
    command.args(["--utc", "--date", &format!("@{date}"), format]).env("LC_ALL", "C");
    let output = command.output().context("date is not installed")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
