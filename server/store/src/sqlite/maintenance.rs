//! What is done to a store from outside, by an operator: copy, verify, restore, compact. All of it
//! blocks.
//!
//! Copying and verifying read one snapshot, beside a server that goes on writing. Restoring and
//! compacting put a new database in the place of the old one in one step, and need the folder's
//! lock: no server may have it open.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use super::file::{self, DATABASE, Role, at, partial_of, remove_if_there};
use super::{Durability, OpenError, backup, export, mark, rows, schema, verify};
use crate::{Clock, CompactReport, Export, StoreError, VerifyReport};

/// Copies the store in a folder to a new file, while a server may be at work on it.
///
/// # Errors
/// See [`OpenError`]; no file is left then.
pub fn backup(dir: &Path, to: &Path) -> Result<(), OpenError> {
    let mut db = visit(dir)?;
    backup::copy(&mut db, to, &AtomicBool::new(false))
}

/// Reads everything in the store of a folder, or in a backup if the path is a file's.
///
/// The first inconsistency is the error.
///
/// # Errors
/// See [`OpenError`].
pub fn verify(path: &Path, clock: &dyn Clock) -> Result<VerifyReport, OpenError> {
    let mut db = if path.is_file() {
        let copy = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        schema::format(&copy)?;
        copy
    } else {
        visit(path)?
    };
    Ok(verify::read_all(&mut db, clock.now())?)
}

/// Puts a backup into a folder, ready to be opened.
///
/// Unless told to overwrite it, refuses if there is a database already. The backup is verified
/// first; interrupted at any moment, the folder holds the old database or the new one.
///
/// The entries keep their revisions; the store goes on with revisions that were never given
/// out before, and with an empty change feed.
///
/// # Errors
/// See [`OpenError`].
pub fn restore(from: &Path, dir: &Path, overwrite: bool) -> Result<(), OpenError> {
    // Whatever can be learnt of the store that is to go: its revisions must not come again.
    let present = || visit(dir).and_then(|db| Ok(rows::state(&db)?.0)).unwrap_or(0);
    let last = if overwrite { present().max(mark::noted(dir).unwrap_or(0)) } else { 0 };
    backup::restore(from, dir, overwrite, last)
}

/// Makes a store of what another one exported, in a folder that has none yet.
///
/// Entries keep their revisions; the store goes on with revisions that were never given out, and
/// with an empty change feed. Interrupted at any moment, the folder holds all or nothing.
///
/// # Errors
/// See [`OpenError`].
pub fn load(export: Export, dir: &Path) -> Result<(), OpenError> {
    backup::load(export, dir)
}

/// Everything in a backup, on its way to another store. The backup is verified first.
///
/// # Errors
/// See [`OpenError`].
pub fn read(file: &Path) -> Result<Export, OpenError> {
    let mut copy = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    verify::read_all(&mut copy, 0)?;
    if schema::format(&copy)? < schema::known() {
        // Brought up to date in a database that SQLite makes for this connection alone.
        let mut current = Connection::open("")?;
        backup::transfer(&copy, &mut current, &AtomicBool::new(false))?;
        schema::migrate(&mut current)?;
        copy = current;
    }
    let (begun, export) = oneshot::channel();
    let told = begun_or_failed(copy, begun);
    std::thread::Builder::new().name("store-export".to_owned()).spawn(told).map_err(at(file))?;
    match export.blocking_recv() {
        Ok(export) => Ok(export),
        Err(_) => Err(OpenError::Source(StoreError::Failed("the backup cannot be read".into()))),
    }
}

fn begun_or_failed(mut db: Connection, begun: oneshot::Sender<Export>) -> impl FnOnce() {
    move || {
        // Who waits is told by the channel: of a beginning that failed, and of an end that did.
        let _ = export::export(&mut db, begun);
    }
}

/// Gives the room of what was deleted back to the file system.
///
/// Needs as much free space as the data takes; interrupted at any moment, the folder holds the same
/// data as before.
///
/// # Errors
/// See [`OpenError`].
pub fn compact(dir: &Path) -> Result<CompactReport, OpenError> {
    let path = database_in(dir)?;
    let _lock = file::claim(dir)?;
    let mut db = file::connect(&path, Role::Writer(Durability::Disk))?;
    schema::migrate(&mut db)?;
    mark::judge(dir, mark::noted(dir), rows::state(&db)?.0)?;
    let before = size(&path) + size(&dir.join(format!("{DATABASE}-wal")));
    let partial = partial_of(&path);
    remove_if_there(&partial).map_err(at(&partial))?;
    file::create(&partial)?;
    let written = db.execute("VACUUM INTO ?1", [partial.to_string_lossy()]);
    let done = written.map_err(OpenError::from).and_then(|_| {
        drop(db);
        file::replace(dir, &partial)
    });
    if done.is_err() {
        // The first error is the one to tell.
        let _ = remove_if_there(&partial);
    }
    done.map(|()| CompactReport { bytes_before: before, bytes_after: size(&path) })
}

/// A connection that only reads, beside whoever writes, and shows all that was acknowledged.
fn visit(dir: &Path) -> Result<Connection, OpenError> {
    let path = database_in(dir)?;
    if file::replacing(dir) {
        // Interrupted, and nobody has opened it since: this finishes it. Otherwise it is under way.
        drop(file::claim(dir)?);
    }
    let noted = mark::noted(dir);
    let identity = |path: &Path| fs::metadata(path).map(|data| (data.dev(), data.ino()));
    let opened = identity(&path).map_err(at(&path))?;
    let db = file::connect(&path, Role::Reader)?;
    // A database that was never begun, or whose log is gone, is empty.
    let empty = schema::format(&db)? == 0;
    let revision = if empty { 0 } else { rows::state(&db)?.0 };
    // The database may have been replaced before the first read.
    if file::replacing(dir) || identity(&path).map_err(at(&path))? != opened {
        return Err(OpenError::Locked(dir.to_owned()));
    }
    mark::judge(dir, noted, revision)?;
    if empty { Err(OpenError::Missing(dir.to_owned())) } else { Ok(db) }
}

fn database_in(dir: &Path) -> Result<PathBuf, OpenError> {
    let path = dir.join(DATABASE);
    if path.exists() || file::replacing(dir) {
        Ok(path)
    } else {
        Err(OpenError::Missing(dir.to_owned()))
    }
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}
