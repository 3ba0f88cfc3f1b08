//! What an operator does to a store, in a folder or in a database: `backup`, `restore`, `verify`,
//! `compact`.
//!
//! Each says in one line on standard output what it has done. A backup is the same file whatever it
//! was made of, and can be restored into either.

mod settings;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sensu_store::postgres::{self, PostgresStore};
use sensu_store::sqlite::{Durability, OpenError, maintenance};
use sensu_store::{Store as _, SystemClock, VerifyReport};

use crate::cli::migrate;
use crate::cli::store_location::Location;

pub(super) use settings::{Backup, Compact, Place, Restore, Verify};

/// Copies the store, while servers may be at work on it.
pub(crate) async fn backup(settings: &Backup) -> anyhow::Result<()> {
    let (place, file) = (located(&settings.place)?, &settings.file);
    let written = match &place {
        Location::Folder(dir) => maintenance::backup(dir, file).map_err(anyhow::Error::from),
        Location::Database { .. } => {
            let store = used(&place).await?;
            let written = store.backup(file).await;
            store.close().await;
            written.map_err(anyhow::Error::from)
        }
    };
    written.context("no backup was written")?;
    let copied = maintenance::verify(file, &SystemClock)
        .with_context(|| format!("the backup {} is not good", file.display()))?;
    say(format!(
        "{} entries as of revision {} were copied from {} to {}",
        copied.entries,
        copied.revision,
        shown(&place),
        file.display()
    ))
}

/// Puts a backup in the place of the store.
pub(crate) async fn restore(settings: &Restore) -> anyhow::Result<()> {
    let (place, file) = (located(&settings.place)?, &settings.file);
    if !file.is_file() {
        bail!("{} is not a file: give the one that `sensu-server backup` wrote", file.display());
    }
    const UNCHANGED: &str = "nothing was restored, and what was there is as it was";
    let restored = match &place {
        Location::Folder(dir) => match maintenance::restore(file, dir, settings.overwrite) {
            Err(OpenError::Exists(there)) => bail!(
                "there is a store in {} already ({}); nothing was changed. \
                 Give --overwrite to replace it, or another --state-dir",
                dir.display(),
                there.display()
            ),
            done => {
                done.context(UNCHANGED)?;
                maintenance::verify(dir, &SystemClock)?
            }
        },
        Location::Database { .. } => {
            let store = place.connect(Durability::Disk, true, Arc::new(SystemClock)).await?;
            let restored = into_database(&store, file, settings.overwrite).await;
            store.close().await;
            match restored {
                Err(error) if refused(&error) => bail!(
                    "there is a store in {} already; nothing was changed. \
                     Give --overwrite to replace it, or another --store-schema",
                    place.shown()
                ),
                done => done.context(UNCHANGED)?,
            }
        }
    };
    say(format!(
        "{} entries were restored from {} to {}; the next revision is {}",
        restored.entries,
        file.display(),
        shown(&place),
        restored.revision + 1
    ))
}

async fn into_database(
    store: &PostgresStore,
    file: &Path,
    overwrite: bool,
) -> anyhow::Result<VerifyReport> {
    let file = file.to_owned();
    let export = tokio::task::spawn_blocking(move || maintenance::read(&file)).await??;
    let bar = migrate::bar(&export)?;
    let progress = bar.clone();
    let export = export.inspect(move |entries| progress.inc(entries.len() as u64));
    match overwrite {
        true => store.replace(export).await?,
        false => store.load(export).await?,
    }
    bar.finish_and_clear();
    Ok(store.verify().await?)
}

fn refused(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(postgres::OpenError::NotEmpty))
}

/// Reads everything and reports the first damage.
pub(crate) async fn verify(settings: &Verify) -> anyhow::Result<()> {
    if let Some(file) = settings.file.as_ref().filter(|file| !file.is_file()) {
        bail!("{} is not a file", file.display());
    }
    let place = match &settings.file {
        Some(file) => Location::Folder(file.clone()),
        None => located(&settings.place)?,
    };
    let found = match &place {
        Location::Folder(path) => {
            maintenance::verify(path, &SystemClock).map_err(anyhow::Error::from)
        }
        Location::Database { .. } => {
            let store = used(&place).await?;
            let found = store.verify().await;
            store.close().await;
            found.map_err(anyhow::Error::from)
        }
    };
    let shown = shown(&place);
    let found = found.with_context(|| format!("{shown} is not good"))?;
    let without_checksum = match found.without_checksum {
        0 => String::new(),
        some => format!(", {some} of which an older version wrote without checksums"),
    };
    say(format!(
        "{shown} is good: {} entries as of revision {}{without_checksum}",
        found.entries, found.revision
    ))
}

/// Gives the room of deleted data back.
pub(crate) async fn compact(settings: &Compact) -> anyhow::Result<()> {
    const UNCHANGED: &str = "what was there is as it was";
    let place = located(&settings.place)?;
    let sizes = match &place {
        Location::Folder(dir) => match maintenance::compact(dir) {
            Err(OpenError::Locked(_)) => bail!(
                "the store in {} is in use: stop the server, compact, and start it again",
                dir.display()
            ),
            done => done.context(UNCHANGED)?,
        },
        Location::Database { .. } => {
            let store = used(&place).await?;
            let sizes = store.compact().await;
            store.close().await;
            sizes.context(UNCHANGED)?
        }
    };
    let shown = shown(&place);
    say(format!(
        "the store in {shown} took {} bytes and takes {}",
        sizes.bytes_before, sizes.bytes_after
    ))
}

fn located(place: &Place) -> anyhow::Result<Location> {
    Location::of(&place.state_dir, &place.database)
}

/// A database's store that is there already, brought up to date.
async fn used(place: &Location) -> anyhow::Result<PostgresStore> {
    place.connect(Durability::Disk, false, Arc::new(SystemClock)).await
}

fn shown(place: &Location) -> String {
    match place {
        Location::Folder(path) => path.display().to_string(),
        Location::Database { .. } => place.shown(),
    }
}

fn say(line: String) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
