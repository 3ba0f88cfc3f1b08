//! Reads all tables in one snapshot, to export or to verify them.

use deadpool_postgres::Object;
use tokio::sync::oneshot;

use super::failure::{malformed, store_error};
use super::rows::{self, revision_in, value_in};
use crate::entry::is_live;
use crate::export::{BEFORE_ANY_EXPIRY, Export, ExportSender, next_batch};
use crate::{Entry, Revision, StoreError, VerifyReport};

type Result<T> = std::result::Result<T, StoreError>;

/// Starts a snapshot for several statements. The receiver of an export may be slow, so the snapshot
/// has no timeout.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL idle_in_transaction_session_timeout = 0";

/// Sends the export through `started`, then its entries, until the end or until the receiver is
/// dropped.
pub(super) async fn export(db: Object, started: oneshot::Sender<Result<Export>>) {
    let (revision, count) = match begin(&db).await {
        Ok(found) => found,
        Err(error) => {
            drop(Object::take(db));
            // Sending fails only if the receiver was dropped, here and below.
            let _ = started.send(Err(error));
            return;
        }
    };
    let (sender, export) = Export::new(revision, count);
    let _ = started.send(Ok(export));
    let sent = send(&db, &sender).await;
    end(db).await;
    if let Err(error) = sent {
        let _ = sender.send(Err(error)).await;
    }
}

async fn begin(db: &Object) -> Result<(Revision, u64)> {
    db.batch_execute(BEGIN).await.map_err(store_error)?;
    let text = "SELECT revision, (SELECT count(*) FROM entries
                WHERE expires_at IS NULL OR expires_at > $1) FROM state WHERE id = 1";
    let row = db.query_one(text, &[&BEFORE_ANY_EXPIRY]).await.map_err(store_error)?;
    Ok((revision_in(&row, 0)?, value_in::<i64>(&row, 1)?.unsigned_abs()))
}

async fn send(db: &Object, sender: &ExportSender) -> Result<()> {
    let mut last = None;
    loop {
        let entries = rows::scan(db, &next_batch(last.as_ref()), BEFORE_ANY_EXPIRY).await?;
        let Some(entry) = entries.last() else { return Ok(()) };
        last = Some(entry.clone());
        if sender.send(Ok(entries)).await.is_err() {
            return Ok(());
        }
    }
}

/// Ends the snapshot. Closes the connection if that fails.
async fn end(db: Object) {
    if db.batch_execute("COMMIT").await.is_err() {
        drop(Object::take(db));
    }
}

/// Reads everything in one snapshot. Returns the first inconsistency as an error.
pub(super) async fn verify(db: Object, now: i64) -> Result<VerifyReport> {
    let report = read_all(&db, now).await;
    end(db).await;
    report
}

async fn read_all(db: &Object, now: i64) -> Result<VerifyReport> {
    db.batch_execute(BEGIN).await.map_err(store_error)?;
    let text = "SELECT revision, feed_floor FROM state WHERE id = 1";
    let row = db.query_one(text, &[]).await.map_err(store_error)?;
    let (last, floor) = (revision_in(&row, 0)?, revision_in(&row, 1)?);
    if floor > last {
        return Err(malformed("the change feed starts after the last revision"));
    }
    let (mut live, mut read) = (0, None);
    loop {
        // Verifies the checksum of each entry.
        let entries = rows::scan(db, &next_batch(read.as_ref()), BEFORE_ANY_EXPIRY).await?;
        let Some(end) = entries.last() else { break };
        read = Some(end.clone());
        for Entry { key, revision, expires_at, .. } in entries {
            if revision == 0 || revision > last {
                return Err(malformed(format!("{key:?} has a revision that was never assigned")));
            }
            live += u64::from(is_live(expires_at, now));
        }
    }
    let text = "SELECT (SELECT count(*) FROM changes WHERE revision > $1 OR revision <= 0),
        (SELECT count(*) FROM entries WHERE revision > $2 AND NOT EXISTS (
            SELECT 1 FROM changes WHERE changes.revision = entries.revision
            AND changes.key = entries.key AND NOT changes.deleted)),
        (SELECT count(*) FROM (SELECT convert_from(substring(key FOR position('\\x00' IN key) - 1),
                'UTF8') AS collection, max(revision) AS revision FROM changes WHERE revision > $2
            GROUP BY 1) AS changed LEFT JOIN collections USING (collection)
            WHERE collections.revision IS NULL OR collections.revision < changed.revision)";
    let (top, bottom) = (rows::number(last), rows::number(floor));
    let row = db.query_one(text, &[&top, &bottom]).await.map_err(store_error)?;
    let inconsistencies = [
        "changes have a revision that was never assigned",
        "writes are missing from the change feed",
        "collections have a last modification before their last change",
    ];
    for (column, inconsistency) in inconsistencies.into_iter().enumerate() {
        match value_in::<i64>(&row, column)? {
            0 => {}
            count => return Err(malformed(format!("{count} {inconsistency}"))),
        }
    }
    let text = "SELECT count(*) FROM entries WHERE sum IS NULL";
    let row = db.query_one(text, &[]).await.map_err(store_error)?;
    let without_checksum = value_in::<i64>(&row, 0)?.unsigned_abs();
    Ok(VerifyReport { entries: live, revision: last, without_checksum })
}
