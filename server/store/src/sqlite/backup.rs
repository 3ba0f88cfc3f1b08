//! Copies: online backup, restore, and the file that the in-memory engine writes.

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::failure::malformed;
use super::file::{self, DATABASE, at, folder_of, partial_of, remove_if_there, sync_dir};
use super::{OpenError, cache::Stored, rows, schema, verify};
use crate::{Entry, Revision, StoreError};

/// Pages copied between two looks at whether to stop.
const STEP: i32 = 1024;

/// A restored store goes on so many revisions after its backup. Between the backup and the
/// accident, revisions were given out that the restored store knows nothing of; none of them may
/// come to mean something else.
const RESTORE_LEAP: Revision = 1 << 32;

/// Copies one snapshot of the live database to a new file.
pub(super) fn backup(
    live: &mut Connection,
    to: &Path,
    stop: &AtomicBool,
) -> Result<(), StoreError> {
    copy(live, to, stop).map_err(text)
}

pub(super) fn copy(live: &mut Connection, to: &Path, stop: &AtomicBool) -> Result<(), OpenError> {
    place(to, |partial| {
        // An open snapshot keeps the copy from beginning again with every write meanwhile.
        let snapshot = live.transaction()?;
        rows::state(&snapshot)?;
        let mut copy = Connection::open(partial)?;
        transfer(&snapshot, &mut copy, stop)?;
        snapshot.commit()?;
        finish(copy)
    })
}

/// Writes entries to a new file as a backup of a store with this revision.
pub(crate) fn write_backup(
    to: &Path,
    revision: Revision,
    entries: &[Entry],
) -> Result<(), StoreError> {
    let written = place(to, |partial| {
        let mut copy = Connection::open(partial)?;
        schema::migrate(&mut copy)?;
        let txn = copy.transaction()?;
        for entry in entries {
            let Entry { key, value, flags, revision, expires_at } = entry.clone();
            rows::put(&txn, &key, &Stored { value, flags, revision, expires_at })?;
        }
        rows::set_state(&txn, revision, revision)?;
        txn.commit()?;
        finish(copy)
    });
    written.map_err(text)
}

/// Puts a backup into a folder: one that has no database yet, unless the present one is to go.
pub(super) fn restore(from: &Path, dir: &Path, overwrite: bool) -> Result<(), OpenError> {
    let _lock = file::claim(dir)?;
    let path = dir.join(DATABASE);
    if path.exists() && !overwrite {
        return Err(OpenError::Exists(path));
    }
    let partial = partial_of(&path);
    remove_if_there(&partial).map_err(at(&partial))?;
    file::create(&partial)?;
    let done = fill(from, &partial).and_then(|()| file::replace(dir, &partial));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = remove_if_there(&partial);
    }
    done
}

fn fill(from: &Path, partial: &Path) -> Result<(), OpenError> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut copy = Connection::open(partial)?;
    transfer(&source, &mut copy, &AtomicBool::new(false))?;
    schema::migrate(&mut copy)?;
    // Nothing damaged may take the place of what is there.
    verify::read_all(&mut copy, 0)?;
    let txn = copy.transaction()?;
    let (revision, _) = rows::state(&txn)?;
    let revision = revision.saturating_add(RESTORE_LEAP);
    // Readers of the feed were told of changes that are no longer there: all begin anew.
    txn.execute("DELETE FROM changes", [])?;
    rows::set_state(&txn, revision, revision)?;
    txn.commit()?;
    finish(copy)
}

fn transfer(from: &Connection, to: &mut Connection, stop: &AtomicBool) -> rusqlite::Result<()> {
    let copying = Backup::new(from, to)?;
    while copying.step(STEP)? != StepResult::Done {
        if stop.load(Ordering::Relaxed) {
            return Err(malformed("stopped before the copy was whole"));
        }
    }
    Ok(())
}

/// Makes the copy one file, readable from a read-only folder too.
fn finish(copy: Connection) -> Result<(), OpenError> {
    let _: String =
        copy.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Has a file written beside `to` and gives it its name when it is whole and on the disk.
fn place(to: &Path, write: impl FnOnce(&Path) -> Result<(), OpenError>) -> Result<(), OpenError> {
    if to.exists() {
        return Err(OpenError::Exists(to.to_owned()));
    }
    let partial = partial_of(to);
    let whole = (|| {
        remove_if_there(&partial).map_err(at(&partial))?;
        file::create(&partial)?;
        write(&partial)?;
        File::open(&partial).and_then(|file| file.sync_all()).map_err(at(&partial))?;
        // A link, unlike a renaming, never replaces a file that came to be there meanwhile.
        fs::hard_link(&partial, to).map_err(at(to))?;
        sync_dir(&folder_of(to)).map_err(at(to))
    })();
    let removed = remove_if_there(&partial).map_err(at(&partial));
    whole.and(removed)
}

fn text(error: OpenError) -> StoreError {
    StoreError::Failed(error.to_string())
}
