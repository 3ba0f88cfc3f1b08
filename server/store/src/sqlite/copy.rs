//! Copies of databases: online backup of the live one, and restore of a backup into a directory.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::cache::Stored;
use super::directory::install_database;
use super::failure::malformed;
use super::paths::write_new_file;
use super::{OpenError, rows, schema, verify};
use crate::export::{Export, REVISION_GAP};
use crate::{Entry, Revision};

/// Number of pages that are copied between two checks whether to stop.
const PAGES_PER_STEP: i32 = 1024;

/// Copies a snapshot of the live database to a new file. `stop` ends the copy early.
pub(super) fn backup(live: &mut Connection, to: &Path, stop: &AtomicBool) -> Result<(), OpenError> {
    write_new_file(to, |partial| {
        // Without an open snapshot, every write in the meantime would restart the copy.
        let snapshot = live.transaction()?;
        rows::state(&snapshot)?;
        let mut copy = Connection::open(partial)?;
        copy_pages(&snapshot, &mut copy, stop)?;
        snapshot.commit()?;
        close_as_single_file(copy)
    })
}

/// Restores a backup into a directory. The store continues [`REVISION_GAP`] after the revisions of
/// the backup and after `last`, the revision of the replaced database.
pub(super) fn restore(
    from: &Path,
    dir: &Path,
    overwrite: bool,
    last: Revision,
) -> Result<(), OpenError> {
    install_database(dir, overwrite, |partial| write_restored(from, partial, last))
}

/// Writes an export into a directory that has no database. The store continues [`REVISION_GAP`]
/// after the revision of the export.
pub(super) fn load(mut export: Export, dir: &Path) -> Result<(), OpenError> {
    let last = |revision: Revision| revision.saturating_add(REVISION_GAP);
    install_database(dir, false, |partial| write_export(&mut export, partial, last))
}

/// Writes an export to an empty database file. `last` maps the revision of the export to that of
/// the database.
pub(super) fn write_export(
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
    close_as_single_file(copy)
}

fn write_restored(from: &Path, partial: &Path, last: Revision) -> Result<(), OpenError> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut copy = Connection::open(partial)?;
    copy_pages(&source, &mut copy, &AtomicBool::new(false))?;
    schema::migrate(&mut copy)?;
    // A damaged backup must not replace the present store.
    verify::read_all(&mut copy, 0)?;
    let txn = copy.transaction()?;
    let (revision, _) = rows::state(&txn)?;
    let revision = revision.max(last).saturating_add(REVISION_GAP);
    // Followers of the feed may have received changes that the backup lacks: all start over.
    txn.execute("DELETE FROM changes", [])?;
    rows::set_state(&txn, revision, revision)?;
    txn.commit()?;
    close_as_single_file(copy)
}

pub(super) fn copy_pages(
    from: &Connection,
    to: &mut Connection,
    stop: &AtomicBool,
) -> rusqlite::Result<()> {
    let copying = Backup::new(from, to)?;
    while copying.step(PAGES_PER_STEP)? != StepResult::Done {
        if stop.load(Ordering::Relaxed) {
            return Err(malformed("the copy was stopped before it was complete"));
        }
    }
    Ok(())
}

/// Closes a database so that it is one file, which can be read from a read-only directory too.
fn close_as_single_file(copy: Connection) -> Result<(), OpenError> {
    let _: String =
        copy.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(())
}
