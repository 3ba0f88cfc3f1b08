//! Maintenance of a store directory by an operator: backup, verify, restore, load, compact. All
//! functions block.
//!
//! Backup and verify read one snapshot, while a server may be writing. Restore and compact replace
//! the database in one step and need the lock of the directory: no server may have it open.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rusqlite::Connection;

use super::connection::{Role, connect};
use super::directory::{self, lock_dir};
use super::paths::{DATABASE, with_path};
use super::{OpenError, copy, high_water_mark, rows, schema, verify};
use crate::{Clock, CompactReport, Durability, Export, VerifyReport};

/// Backs up the store in a directory to a new file. Safe while a server is running.
///
/// # Errors
/// See [`OpenError`]. No file is left.
pub fn backup(dir: &Path, to: &Path) -> Result<(), OpenError> {
    let mut db = open_read_only(dir)?;
    copy::backup(&mut db, to, &AtomicBool::new(false))
}

/// Reads everything in the store of a directory. Safe while a server is running.
///
/// # Errors
/// The first inconsistency, or another [`OpenError`].
pub fn verify(dir: &Path, clock: &dyn Clock) -> Result<VerifyReport, OpenError> {
    let mut db = open_read_only(dir)?;
    Ok(verify::read_all(&mut db, clock.now())?)
}

/// Restores a backup into a directory.
///
/// The backup is verified first. If the process is interrupted, the directory contains the old
/// database or the new one. Entries keep their revisions; the store continues with revisions that
/// were never assigned, and with an empty change feed.
///
/// # Errors
/// [`OpenError::Exists`] if there is a database, unless `overwrite` is set; see [`OpenError`].
pub fn restore(from: &Path, dir: &Path, overwrite: bool) -> Result<(), OpenError> {
    // The revisions of the replaced store must not be assigned again, as far as they are known.
    let present = || open_read_only(dir).and_then(|db| Ok(rows::state(&db)?.0)).unwrap_or(0);
    let last = if overwrite { present().max(high_water_mark::read(dir).unwrap_or(0)) } else { 0 };
    copy::restore(from, dir, overwrite, last)
}

/// Creates a store from an export, in a directory that has none.
///
/// Entries keep their revisions; the store continues with revisions that were never assigned, and
/// with an empty change feed. If the process is interrupted, the directory contains all of the
/// export or nothing.
///
/// # Errors
/// [`OpenError::Exists`] if there is a database; see [`OpenError`].
pub fn load(export: Export, dir: &Path) -> Result<(), OpenError> {
    copy::load(export, dir)
}

/// Returns the disk space of deleted data to the file system.
///
/// Needs as much free space as the data takes. If the process is interrupted, the directory
/// contains the same data as before.
///
/// # Errors
/// See [`OpenError`].
pub fn compact(dir: &Path) -> Result<CompactReport, OpenError> {
    let path = database_path(dir)?;
    let _lock = lock_dir(dir)?;
    let mut db = connect(&path, Role::Writer(Durability::Disk))?;
    schema::migrate(&mut db)?;
    high_water_mark::check(dir, high_water_mark::read(dir), rows::state(&db)?.0)?;
    let bytes_before = size(&path) + size(&dir.join(format!("{DATABASE}-wal")));
    directory::replace_with_written(dir, |partial| {
        db.execute("VACUUM INTO ?1", [partial.to_string_lossy()])?;
        drop(db);
        Ok(())
    })?;
    Ok(CompactReport { bytes_before, bytes_after: size(&path) })
}

/// Opens a read-only connection that sees every acknowledged write, beside a running server.
fn open_read_only(dir: &Path) -> Result<Connection, OpenError> {
    let path = database_path(dir)?;
    if directory::is_being_replaced(dir) {
        // If the replacement was interrupted, this finishes it. Otherwise it is under way, and the
        // lock is taken.
        drop(lock_dir(dir)?);
    }
    let recorded = high_water_mark::read(dir);
    let identity = |path: &Path| fs::metadata(path).map(|data| (data.dev(), data.ino()));
    let opened = identity(&path).map_err(with_path(&path))?;
    let db = connect(&path, Role::Reader)?;
    // A database that was never initialized, or whose log is missing, is empty.
    let empty = schema::format(&db)? == 0;
    let revision = if empty { 0 } else { rows::state(&db)?.0 };
    // The database may have been replaced before the first read.
    if directory::is_being_replaced(dir) || identity(&path).map_err(with_path(&path))? != opened {
        return Err(OpenError::Locked(dir.to_owned()));
    }
    high_water_mark::check(dir, recorded, revision)?;
    if empty { Err(OpenError::Missing(dir.to_owned())) } else { Ok(db) }
}

fn database_path(dir: &Path) -> Result<PathBuf, OpenError> {
    let path = dir.join(DATABASE);
    if path.exists() || directory::is_being_replaced(dir) {
        Ok(path)
    } else {
        Err(OpenError::Missing(dir.to_owned()))
    }
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}
