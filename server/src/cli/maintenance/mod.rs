//! `sensu-server backup`, `restore`, `verify` and `compact`, for directories and databases.
//!
//! Each prints one line about its result on standard output. A backup file has the same format for
//! both engines and can be restored into either.

mod settings;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sensu_store::Durability;
use sensu_store::postgres::{self, PostgresStore};
use sensu_store::sqlite::{OpenError, maintenance};
use sensu_store::{Store as _, SystemClock, VerifyReport, backup};

use super::migrate;
use super::store_location::StoreLocation;

pub(super) use settings::{Backup, Compact, LocationArgs, Restore, RotateSecret, Verify};

/// Backs up the store, also while servers run on it, and verifies the backup.
pub(super) async fn backup(args: &Backup) -> anyhow::Result<()> {
    let (location, file) = (location(&args.location)?, &args.file);
    let written = match &location {
        StoreLocation::Directory(dir) => {
            maintenance::backup(dir, file).map_err(anyhow::Error::from)
        }
        StoreLocation::Database { .. } => {
            let store = open_database(&location).await?;
            let written = store.backup(file).await;
            store.close().await;
            written.map_err(anyhow::Error::from)
        }
    };
    written.context("the backup failed")?;
    let copied = backup::verify(file, &SystemClock)
        .with_context(|| format!("the backup {} is damaged", file.display()))?;
    print(format!(
        "backed up {} entries at revision {} from {} to {}",
        copied.entries,
        copied.revision,
        display(&location),
        file.display()
    ))
}

/// Restores a backup into the location of the store.
pub(super) async fn restore(args: &Restore) -> anyhow::Result<()> {
    const UNCHANGED: &str = "the restore failed; the existing data is unchanged";
    let (location, file) = (location(&args.location)?, &args.file);
    if !file.is_file() {
        bail!("{} is not a file; give a file written by `sensu-server backup`", file.display());
    }
    let restored = match &location {
        StoreLocation::Directory(dir) => match maintenance::restore(file, dir, args.overwrite) {
            Err(OpenError::Exists(existing)) => bail!(
                "{} already contains a store ({}); nothing was changed. \
                 Use --overwrite to replace it, or another --state-dir",
                dir.display(),
                existing.display()
            ),
            restored => {
                restored.context(UNCHANGED)?;
                maintenance::verify(dir, &SystemClock)?
            }
        },
        StoreLocation::Database { .. } => {
            let store = location.connect(Durability::Disk, true, Arc::new(SystemClock)).await?;
            let restored = restore_database(&store, file, args.overwrite).await;
            store.close().await;
            match restored {
                Err(error) if is_not_empty(&error) => bail!(
                    "{} already contains a store; nothing was changed. \
                     Use --overwrite to replace it, or another --store-schema",
                    location.display()
                ),
                restored => restored.context(UNCHANGED)?,
            }
        }
    };
    print(format!(
        "restored {} entries from {} to {}; the next revision is {}",
        restored.entries,
        file.display(),
        display(&location),
        restored.revision + 1
    ))
}

async fn restore_database(
    store: &PostgresStore,
    file: &Path,
    overwrite: bool,
) -> anyhow::Result<VerifyReport> {
    let file = file.to_owned();
    let export = tokio::task::spawn_blocking(move || backup::read(&file)).await??;
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

fn is_not_empty(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(postgres::OpenError::NotEmpty))
}

/// Verifies every entry of the store or of a backup.
pub(super) async fn verify(args: &Verify) -> anyhow::Result<()> {
    if let Some(file) = args.file.as_ref().filter(|file| !file.is_file()) {
        bail!("{} is not a file", file.display());
    }
    let location = match &args.file {
        Some(file) => StoreLocation::Directory(file.clone()),
        None => location(&args.location)?,
    };
    let verified = match &location {
        StoreLocation::Directory(file) if file.is_file() => {
            backup::verify(file, &SystemClock).map_err(anyhow::Error::from)
        }
        StoreLocation::Directory(path) => {
            maintenance::verify(path, &SystemClock).map_err(anyhow::Error::from)
        }
        StoreLocation::Database { .. } => {
            let store = open_database(&location).await?;
            let verified = store.verify().await;
            store.close().await;
            verified.map_err(anyhow::Error::from)
        }
    };
    let location = display(&location);
    let verified = verified.with_context(|| format!("{location} is damaged"))?;
    let without_checksum = match verified.without_checksum {
        0 => String::new(),
        count => format!(", {count} of them written by an older version without checksums"),
    };
    print(format!(
        "{location} is intact: {} entries at revision {}{without_checksum}",
        verified.entries, verified.revision
    ))
}

/// Reclaims disk space used by deleted data.
pub(super) async fn compact(args: &Compact) -> anyhow::Result<()> {
    const UNCHANGED: &str = "the compaction failed; the existing data is unchanged";
    let location = location(&args.location)?;
    let sizes = match &location {
        StoreLocation::Directory(dir) => match maintenance::compact(dir) {
            Err(OpenError::Locked(_)) => bail!(
                "the store in {} is in use: stop the server, compact, and start it again",
                dir.display()
            ),
            sizes => sizes.context(UNCHANGED)?,
        },
        StoreLocation::Database { .. } => {
            let store = open_database(&location).await?;
            let sizes = store.compact().await;
            store.close().await;
            sizes.context(UNCHANGED)?
        }
    };
    let location = display(&location);
    print(format!(
        "compacted {location} from {} to {} bytes",
        sizes.bytes_before, sizes.bytes_after
    ))
}

fn location(args: &LocationArgs) -> anyhow::Result<StoreLocation> {
    StoreLocation::from_settings(&args.state_dir, &args.database)
}

/// Opens an existing store in a database and migrates its format.
async fn open_database(location: &StoreLocation) -> anyhow::Result<PostgresStore> {
    location.connect(Durability::Disk, false, Arc::new(SystemClock)).await
}

fn display(location: &StoreLocation) -> String {
    match location {
        StoreLocation::Directory(path) => path.display().to_string(),
        StoreLocation::Database { .. } => location.display(),
    }
}

fn print(line: String) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
