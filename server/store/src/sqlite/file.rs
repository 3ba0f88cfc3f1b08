//! The folder, the lock against a second process, and connections to the database file.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::mark::MARK;
use super::{Durability, OpenError};

/// The database's file name in its folder. SQLite keeps `-wal` and `-shm` beside it.
pub(super) const DATABASE: &str = "sensu.db";
const LOCK: &str = "sensu.lock";

/// A whole database, on the disk, that is to take the place of the present one.
const NEXT: &str = "sensu.db.next";

/// What a connection is for; decides how much memory it may take and what it may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer(Durability),
    Checkpointer(Durability),
    Reader,
}

/// The folder's lock, held until this is dropped.
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Said, not left to the closing of the file alone: a process that another thread is starting
        // at this moment holds a copy of it. If it cannot be said, closing does it a moment later.
        let _ = self.0.unlock();
    }
}

/// Attaches the file's name to an I/O error.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::Io { path, source }
}

/// Creates the folder, for its owner only, if it is not there; takes its lock; finishes a
/// replacement of the database that was interrupted.
///
/// The lock belongs to the open file, so the operating system releases it however we end.
pub(super) fn claim(dir: &Path) -> Result<Lock, OpenError> {
    if !dir.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(at(dir))?;
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_dir(parent).map_err(at(parent))?;
        }
    }
    let path = dir.join(LOCK);
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    let lock = options.open(&path).map_err(at(&path))?;
    match lock.try_lock() {
        Ok(()) => {
            let lock = Lock(lock);
            settle(dir)?;
            Ok(lock)
        }
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(at(&path)(error)),
    }
}

/// Puts a finished file in the place of the database. To be called with the lock held.
///
/// Once the file has the name [`NEXT`], it is the database; if we are interrupted, whoever takes
/// the lock next does the rest. The log of the old database has to go first: it would be read as
/// the log of the new one.
pub(super) fn replace(dir: &Path, with: &Path) -> Result<(), OpenError> {
    File::open(with).and_then(|file| file.sync_all()).map_err(at(with))?;
    let next = dir.join(NEXT);
    fs::rename(with, &next).map_err(at(&next))?;
    sync_dir(dir).map_err(at(dir))?;
    settle(dir)
}

fn settle(dir: &Path) -> Result<(), OpenError> {
    if !replacing(dir) {
        return Ok(());
    }
    for old in [&format!("{DATABASE}-wal"), &format!("{DATABASE}-shm"), MARK] {
        remove_if_there(&dir.join(old)).map_err(at(&dir.join(old)))?;
    }
    sync_dir(dir).map_err(at(dir))?;
    let path = dir.join(DATABASE);
    fs::rename(dir.join(NEXT), &path).map_err(at(&path))?;
    sync_dir(dir).map_err(at(dir))
}

/// Whether the database is being replaced.
pub(super) fn replacing(dir: &Path) -> bool {
    dir.join(NEXT).exists()
}

/// A name beside a file, for what is to become it.
pub(super) fn partial_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Creates the file, for its owner only, if it is not there. SQLite gives `-wal` and `-shm` the
/// same permissions.
pub(super) fn create(path: &Path) -> Result<(), OpenError> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Ok(_) => {
            let dir = folder_of(path);
            sync_dir(&dir).map_err(at(&dir))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}

/// Makes names in a folder as durable as the files they name.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// The folder of a file.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Opens a connection to the live database, which must exist.
pub(super) fn connect(path: &Path, role: Role) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Duration::from_secs(5))?;
    // After a failed sync the log is the only good copy of what it holds. The last connection to
    // close must not move it into the database with a second, falsely successful sync and then
    // delete it; so closing never checkpoints, and an orderly end does it before.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(rusqlite::Error::InvalidParameterName(format!("journal mode {mode}")));
    }
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    // Keeps the log file itself from staying large after a busy hour.
    db.pragma_update(None, "journal_size_limit", 64 << 20)?;
    let (durability, cache_kib) = match role {
        Role::Writer(durability) => (durability, 16 << 10),
        Role::Checkpointer(durability) => (durability, 64),
        Role::Reader => (Durability::Disk, 2 << 10),
    };
    let synchronous = match durability {
        Durability::Disk => "full",
        Durability::Relaxed => "normal",
    };
    db.pragma_update(None, "synchronous", synchronous)?;
    db.pragma_update(None, "cache_size", -cache_kib)?;
    if role == Role::Reader {
        db.pragma_update(None, "query_only", true)?;
    }
    db.set_prepared_statement_cache_capacity(32);
    Ok(db)
}
