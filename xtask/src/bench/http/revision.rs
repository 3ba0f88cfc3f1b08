//! Another revision of this server, built beside this one and kept until it is deleted.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

/// The server of a git revision.
pub(super) fn server(revision: &str) -> anyhow::Result<PathBuf> {
    let folder = super::super::target()?.join("bench");
    std::fs::create_dir_all(&folder)?;
    let commit = git(&["rev-parse", "--verify", &format!("{revision}^{{commit}}")])?;
    let program = folder.join(format!("sensu-server-{}", commit.trim()));
    if program.exists() {
        return Ok(program);
    }
    let tree = folder.join("tree");
    let place = tree.to_string_lossy();
    git(&["worktree", "add", "--quiet", "--force", "--detach", &place, commit.trim()])?;
    let built = build(&tree, &program);
    git(&["worktree", "remove", "--force", &place])?;
    built?;
    Ok(program)
}

fn build(tree: &Path, program: &Path) -> anyhow::Result<()> {
    super::super::build(tree)?;
    std::fs::copy(super::super::released("sensu-server")?, program)?;
    // Puts ours back where it was; nothing has to be compiled for it.
    super::super::build(&crate::root())
}

fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let done = Command::new("git").args(arguments).current_dir(crate::root()).output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "git {}: {said}", arguments.join(" "));
    Ok(String::from_utf8(done.stdout)?)
}
