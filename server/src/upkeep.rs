//! What an operator does to a store: `backup`, `restore`, `verify`, `compact`.
//!
//! Each says in one line on standard output what it has done.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use sensu_store::SystemClock;
use sensu_store::sqlite::{OpenError, upkeep};

use crate::config::{Backup, Compact, Restore, Verify};

/// Copies the store, while a server may be at work on it.
pub(crate) fn backup(settings: &Backup) -> anyhow::Result<()> {
    let (dir, file) = (&settings.place.state_dir, &settings.file);
    upkeep::backup(dir, file).context("no backup was written")?;
    let copied = upkeep::verify(file, &SystemClock)
        .with_context(|| format!("the backup {} is not good", file.display()))?;
    say(format!(
        "{} entries as of revision {} were copied from {} to {}",
        copied.entries,
        copied.revision,
        dir.display(),
        file.display()
    ))
}

/// Puts a backup in the place of the store.
pub(crate) fn restore(settings: &Restore) -> anyhow::Result<()> {
    let (dir, file) = (&settings.place.state_dir, &settings.file);
    if !file.is_file() {
        bail!("{} is not a file: give the one that `sensu-server backup` wrote", file.display());
    }
    match upkeep::restore(file, dir, settings.overwrite) {
        Err(OpenError::Exists(there)) => bail!(
            "there is a store in {} already ({}); nothing was changed. \
             Give --overwrite to replace it, or another --state-dir",
            dir.display(),
            there.display()
        ),
        done => done.context("nothing was restored, and what was there is as it was")?,
    }
    let restored = upkeep::verify(dir, &SystemClock)?;
    say(format!(
        "{} entries were restored from {} to {}; the next revision is {}",
        restored.entries,
        file.display(),
        dir.display(),
        restored.revision + 1
    ))
}

/// Reads everything and reports the first damage.
pub(crate) fn verify(settings: &Verify) -> anyhow::Result<()> {
    let path = settings.file.as_ref().unwrap_or(&settings.place.state_dir);
    if let Some(file) = settings.file.as_ref().filter(|file| !file.is_file()) {
        bail!("{} is not a file", file.display());
    }
    let found = upkeep::verify(path, &SystemClock)
        .with_context(|| format!("{} is not good", path.display()))?;
    say(format!(
        "{} is good: {} entries as of revision {}",
        path.display(),
        found.entries,
        found.revision
    ))
}

/// Gives the room of deleted data back.
pub(crate) fn compact(settings: &Compact) -> anyhow::Result<()> {
    let dir = &settings.place.state_dir;
    let sizes = match upkeep::compact(dir) {
        Err(OpenError::Locked(_)) => bail!(
            "the store in {} is in use: stop the server, compact, and start it again",
            dir.display()
        ),
        done => done.context("nothing was compacted, and what was there is as it was")?,
    };
    let shown = dir.display();
    say(format!("the store in {shown} took {} bytes and takes {}", sizes.before, sizes.after))
}

fn say(line: String) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
