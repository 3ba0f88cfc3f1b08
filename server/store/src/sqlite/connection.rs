//! Connections to the database file.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::Durability;

/// The purpose of a connection. Determines its memory use and whether it may write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer(Durability),
    Checkpointer(Durability),
    Reader,
}

/// Opens a connection to the live database, which must exist.
pub(super) fn connect(path: &Path, role: Role) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Duration::from_secs(5))?;
    // After a failed sync the log is the only good copy of its content. The last connection to
    // close must not copy it into the database with a second, falsely successful sync and then
    // delete it. So closing never checkpoints; an orderly shutdown does it before.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(rusqlite::Error::InvalidParameterName(format!("journal mode {mode}")));
    }
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    // Shrinks the log file again after a busy period.
    db.pragma_update(None, "journal_size_limit", 64 << 20)?;
    let (durability, cache_kib) = match role {
        // Small, so that it is full after a few minutes. Pages that do not fit are read from the cache of
        // the operating system.
        Role::Writer(durability) => (durability, 4 << 10),
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
