//! Exports all entries of one snapshot of the database.

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::rows;
use crate::StoreError;
use crate::export::{BEFORE_ANY_EXPIRY, Export, ExportSender, next_batch};

/// Sends the export through `started`, then its entries, until the end or until the receiver is
/// dropped.
pub(super) fn export(
    db: &mut Connection,
    started: oneshot::Sender<Export>,
) -> rusqlite::Result<()> {
    let txn = db.transaction()?;
    let (revision, _) = rows::state(&txn)?;
    let count: i64 = txn.query_row(
        "SELECT count(*) FROM entries WHERE expires_at IS NULL OR expires_at > ?1",
        [BEFORE_ANY_EXPIRY],
        |row| row.get(0),
    )?;
    let (sender, export) = Export::new(revision, count.unsigned_abs());
    if started.send(export).is_err() {
        return Ok(());
    }
    if let Err(error) = send(&txn, &sender) {
        let failed = StoreError::Failed(error.to_string());
        // Fails only if the receiver was dropped.
        let _ = sender.blocking_send(Err(failed));
    }
    Ok(())
}

fn send(db: &Connection, sender: &ExportSender) -> rusqlite::Result<()> {
    let mut last = None;
    loop {
        let entries = rows::scan(db, &next_batch(last.as_ref()), BEFORE_ANY_EXPIRY)?;
        let Some(entry) = entries.last() else { return Ok(()) };
        last = Some(entry.clone());
        if sender.blocking_send(Ok(entries)).is_err() {
            return Ok(());
        }
    }
}
