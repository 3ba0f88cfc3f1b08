//! The server of another git revision, built once per commit and cached in `target/bench`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

/// Builds the server of a revision in a git worktree below the target directory.
pub(super) fn server(revision: &str) -> anyhow::Result<PathBuf> {
    let folder = crate::target_dir()?.join("bench");
    std::fs::create_dir_all(&folder)?;
    let commit = git(&["rev-parse", "--verify", &format!("{revision}^{{commit}}")])?;
    let commit = commit.trim();
    let program = folder.join(format!("sensu-server-{commit}"));
    if program.exists() {
        return Ok(program);
    }
    let worktree = folder.join("worktree");
    let path = worktree.to_string_lossy();
    if worktree.exists() {
        git(&["worktree", "remove", "--force", &path])?;
    }
    git(&["worktree", "add", "--quiet", "--force", "--detach", &path, commit])?;
    let built = build(&worktree, &program);
    git(&["worktree", "remove", "--force", &path])?;
    built?;
    Ok(program)
}

fn build(worktree: &Path, program: &Path) -> anyhow::Result<()> {
    std::fs::copy(crate::release_build(worktree, "sensu-server")?, program)?;
    Ok(())
}

fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").args(arguments).current_dir(xtask::root()).output()?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "git {}: {message}", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}
