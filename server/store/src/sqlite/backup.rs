//! Copies: online backup, restore, and the file that the in-memory engine writes.

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::failure::malformed;
use super::file::{self, DATABASE, at, folder_of, partial_of, remove_if_there, sync_dir};
use super::{OpenError, cache::Stored, rows, schema, verify};
use crate::export::{Export, REVISION_GAP};
use crate::{Entry, Revision, StoreError};

/// Pages copied between two looks at whether to stop.
const STEP: i32 = 1024;

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

/// Writes what was exported to a new file, as a backup of the store it came from.
pub(crate) async fn write_backup(mut export: Export, to: &Path) -> Result<(), StoreError> {
    let to = to.to_owned();
    let write = move || place(&to, |partial| write(&mut export, partial, |last| last));
    match tokio::task::spawn_blocking(write).await {
        Ok(written) => written.map_err(text),
        Err(stopped) => Err(StoreError::Stopped(stopped.to_string())),
    }
}

/// Makes a database of what was exported in a folder that has none yet.
pub(super) fn load(mut export: Export, dir: &Path) -> Result<(), OpenError> {
    let leap = |revision: Revision| revision.saturating_add(REVISION_GAP);
    put_in_place(dir, false, |partial| write(&mut export, partial, leap))
}

/// Writes what was exported; the store goes on after `last` of its last revision.
fn write(
    export: &mut Export,
    partial: &Path,
    last: impl Fn(Revision) -> Revision,
) -> Result<(), OpenError> {
    let mut copy = Connection::open(partial)?;
    schema::migrate(&mut copy)?;
    let txn = copy.transaction()?;
    loop {
        let entries = export.blocking_next().map_err(OpenError::Source)?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let Entry { key, value, flags, revision, expires_at } = entry;
            rows::put(&txn, &key, &Stored { value, flags, revision, expires_at })?;
        }
    }
    let last = last(export.revision);
    rows::set_state(&txn, last, last)?;
    txn.commit()?;
    finish(copy)
}

/// Puts a backup into a folder: one that has no database yet, unless the present one is to go.
/// It goes on far beyond its own revisions and `last`, the one of the database that goes.
pub(super) fn restore(
    from: &Path,
    dir: &Path,
    overwrite: bool,
    last: Revision,
) -> Result<(), OpenError> {
    put_in_place(dir, overwrite, |partial| fill(from, partial, last))
}

fn put_in_place(
    dir: &Path,
    overwrite: bool,
    fill: impl FnOnce(&Path) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let _lock = file::claim(dir)?;
    let path = dir.join(DATABASE);
    if path.exists() && !overwrite {
        return Err(OpenError::Exists(path));
    }
    let partial = partial_of(&path);
    remove_if_there(&partial).map_err(at(&partial))?;
    file::create(&partial)?;
    let done = fill(&partial).and_then(|()| file::replace(dir, &partial));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = remove_if_there(&partial);
    }
    done
}

fn fill(from: &Path, partial: &Path, last: Revision) -> Result<(), OpenError> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut copy = Connection::open(partial)?;
    transfer(&source, &mut copy, &AtomicBool::new(false))?;
    schema::migrate(&mut copy)?;
    // Nothing damaged may take the place of what is there.
    verify::read_all(&mut copy, 0)?;
    let txn = copy.transaction()?;
    let (revision, _) = rows::state(&txn)?;
    let revision = revision.max(last).saturating_add(REVISION_GAP);
    // Readers of the feed were told of changes that are no longer there: all begin anew.
    txn.execute("DELETE FROM changes", [])?;
    rows::set_state(&txn, revision, revision)?;
    txn.commit()?;
    finish(copy)
}

pub(super) fn transfer(
    from: &Connection,
    to: &mut Connection,
    stop: &AtomicBool,
) -> rusqlite::Result<()> {
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
