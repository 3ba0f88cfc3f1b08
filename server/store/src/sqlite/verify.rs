//! Verification: reads everything and reports the first inconsistency.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::Connection;
use rusqlite::types::Type;

use super::failure::malformed;
use super::rows::{checked_entry, key_from, revision_from, revision_to, state};
use super::schema::FIRST_WITH_CHECKSUMS;
use super::shared::Shared;
use crate::VerifyReport;
use crate::entry::is_live;

/// Verifies the live database. Ends early when the store is closed.
pub(super) fn verify(db: &mut Connection, shared: &Arc<Shared>) -> rusqlite::Result<VerifyReport> {
    let watched = Arc::clone(shared);
    // Verification may take minutes, and closing the store must not wait for it.
    db.progress_handler(10_000, Some(move || watched.closing.load(Ordering::Relaxed)))?;
    let report = read_all(db, shared.clock.now());
    db.progress_handler(0, None::<fn() -> bool>)?;
    report
}

/// Reads everything in one snapshot.
pub(super) fn read_all(db: &mut Connection, now: i64) -> rusqlite::Result<VerifyReport> {
    let txn = db.transaction()?;
    let found: String = txn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(malformed(found));
    }
    let (last, floor) = state(&txn)?;
    if floor > last {
        return Err(malformed("the change feed starts after the last revision"));
    }
    let (mut entries, mut without_checksum) = (0, 0);
    // A backup may have an older format, and is read without migrating it.
    let format: i64 = txn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let sum = if format >= FIRST_WITH_CHECKSUMS { "sum" } else { "NULL" };
    let columns = format!("key, revision, flags, expires_at, value, {sum}");
    let mut statement = txn.prepare(&format!("SELECT {columns} FROM entries"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key = key_from(row, 0)?;
        let entry = checked_entry(key.as_bytes(), row, 1)?;
        if entry.revision == 0 || entry.revision > last {
            return Err(malformed(format!("{key:?} has a revision that was never assigned")));
        }
        entries += u64::from(is_live(entry.expires_at, now));
        without_checksum += u64::from(row.get_ref(5)?.data_type() == Type::Null);
    }
    let mut statement = txn.prepare("SELECT key, revision FROM changes")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key = key_from(row, 0)?;
        if revision_from(row.get(1)?)? > last {
            return Err(malformed(format!(
                "the change feed has a revision of {key:?} that was never assigned"
            )));
        }
    }
    // The feed must contain every entry written since its floor.
    let missing = txn.query_row(
        "SELECT count(*) FROM entries WHERE revision > ?1 AND NOT EXISTS
         (SELECT 1 FROM changes WHERE changes.revision = entries.revision
          AND changes.key = entries.key AND NOT changes.deleted)",
        [revision_to(floor)],
        |row| row.get::<_, i64>(0),
    )?;
    if missing > 0 {
        return Err(malformed(format!("{missing} writes are missing from the change feed")));
    }
    Ok(VerifyReport { entries, revision: last, without_checksum })
}
