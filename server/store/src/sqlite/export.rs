//! Everything in the database, in one snapshot.

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::rows;
use crate::StoreError;
use crate::export::{Export, ExportSender, batch};

/// Before every second there is, so that nothing has expired.
const EVER: i64 = i64::MIN;

/// Says what is to come, then sends it until the end or until nobody wants it any more.
pub(super) fn export(db: &mut Connection, begun: oneshot::Sender<Export>) -> rusqlite::Result<()> {
    let txn = db.transaction()?;
    let (revision, _) = rows::state(&txn)?;
    let count: i64 = txn.query_row(
        "SELECT count(*) FROM entries WHERE expires_at IS NULL OR expires_at > ?1",
        [EVER],
        |row| row.get(0),
    )?;
    let (sender, export) = Export::new(revision, count.unsigned_abs());
    if begun.send(export).is_err() {
        return Ok(());
    }
    if let Err(error) = send(&txn, &sender) {
        let failed = StoreError::Failed(error.to_string());
        // Whoever has gone does not care.
        let _ = sender.blocking_send(Err(failed));
    }
    Ok(())
}

fn send(db: &Connection, sender: &ExportSender) -> rusqlite::Result<()> {
    let mut last = None;
    loop {
        let entries = rows::scan(db, &batch(last.as_ref()), EVER)?;
        let Some(entry) = entries.last() else { return Ok(()) };
        last = Some(entry.clone());
        if sender.blocking_send(Ok(entries)).is_err() {
            return Ok(());
        }
    }
}
