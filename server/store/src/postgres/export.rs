//! Everything in the tables, in one snapshot: to copy it, and to find what should not be there.

use deadpool_postgres::Object;
use tokio::sync::oneshot;

use super::failure::{malformed, told};
use super::rows::{self, revision_in, value_in};
use crate::export::{Export, ExportSender, batch};
use crate::store::alive;
use crate::{Entry, Revision, StoreError, VerifyReport};

type Result<T> = std::result::Result<T, StoreError>;

/// Before every second there is, so that nothing has expired.
const EVER: i64 = i64::MIN;

/// One snapshot for many statements, however long whoever reads it takes.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL idle_in_transaction_session_timeout = 0";

/// Says what is to come, then sends it until the end or until nobody wants it any more.
pub(super) async fn export(db: Object, begun: oneshot::Sender<Result<Export>>) {
    let (revision, count) = match begin(&db).await {
        Ok(found) => found,
        Err(error) => {
            drop(Object::take(db));
            // Whoever has gone does not care, here and below.
            let _ = begun.send(Err(error));
            return;
        }
    };
    let (sender, export) = Export::new(revision, count);
    let _ = begun.send(Ok(export));
    let sent = send(&db, &sender).await;
    end(db).await;
    if let Err(error) = sent {
        let _ = sender.send(Err(error)).await;
    }
}

async fn begin(db: &Object) -> Result<(Revision, u64)> {
    db.batch_execute(BEGIN).await.map_err(told)?;
    let text = "SELECT revision, (SELECT count(*) FROM entries
                WHERE expires_at IS NULL OR expires_at > $1) FROM state WHERE id = 1";
    let row = db.query_one(text, &[&EVER]).await.map_err(told)?;
    Ok((revision_in(&row, 0)?, value_in::<i64>(&row, 1)?.unsigned_abs()))
}

async fn send(db: &Object, sender: &ExportSender) -> Result<()> {
    let mut last = None;
    loop {
        let entries = rows::scan(db, &batch(last.as_ref()), EVER).await?;
        let Some(entry) = entries.last() else { return Ok(()) };
        last = Some(entry.clone());
        if sender.send(Ok(entries)).await.is_err() {
            return Ok(());
        }
    }
}

/// Ends the snapshot; a connection that cannot is not used again.
async fn end(db: Object) {
    if db.batch_execute("COMMIT").await.is_err() {
        drop(Object::take(db));
    }
}

/// Reads everything in one snapshot; the first inconsistency is the error, otherwise it answers
/// what there is.
pub(super) async fn verify(db: Object, now: i64) -> Result<VerifyReport> {
    let found = read_all(&db, now).await;
    end(db).await;
    found
}

async fn read_all(db: &Object, now: i64) -> Result<VerifyReport> {
    db.batch_execute(BEGIN).await.map_err(told)?;
    let text = "SELECT revision, feed_floor FROM state WHERE id = 1";
    let row = db.query_one(text, &[]).await.map_err(told)?;
    let (last, floor) = (revision_in(&row, 0)?, revision_in(&row, 1)?);
    if floor > last {
        return Err(malformed("the change feed begins after the last revision"));
    }
    let (mut alive_now, mut read) = (0, None);
    loop {
        // Judges each by its checksum.
        let entries = rows::scan(db, &batch(read.as_ref()), EVER).await?;
        let Some(end) = entries.last() else { break };
        read = Some(end.clone());
        for Entry { key, revision, expires_at, .. } in entries {
            if revision == 0 || revision > last {
                return Err(malformed(format!("{key:?} has a revision that never was")));
            }
            alive_now += u64::from(alive(expires_at, now));
        }
    }
    let text = "SELECT (SELECT count(*) FROM changes WHERE revision > $1 OR revision <= 0),
        (SELECT count(*) FROM entries WHERE revision > $2 AND NOT EXISTS (
            SELECT 1 FROM changes WHERE changes.revision = entries.revision
            AND changes.key = entries.key AND NOT changes.deleted)),
        (SELECT count(*) FROM (SELECT convert_from(substring(key FOR position('\\x00' IN key) - 1),
                'UTF8') AS room, max(revision) AS revision FROM changes WHERE revision > $2
            GROUP BY 1) AS told LEFT JOIN rooms USING (room)
            WHERE rooms.revision IS NULL OR rooms.revision < told.revision)";
    let (top, bottom) = (rows::number(last), rows::number(floor));
    let row = db.query_one(text, &[&top, &bottom]).await.map_err(told)?;
    let complaints = [
        "changes have a revision that never was",
        "writes are missing from the change feed",
        "rooms were written later than they say",
    ];
    for (column, complaint) in complaints.into_iter().enumerate() {
        match value_in::<i64>(&row, column)? {
            0 => {}
            count => return Err(malformed(format!("{count} {complaint}"))),
        }
    }
    let text = "SELECT count(*) FROM entries WHERE sum IS NULL";
    let row = db.query_one(text, &[]).await.map_err(told)?;
    let without_checksum = value_in::<i64>(&row, 0)?.unsigned_abs();
    Ok(VerifyReport { entries: alive_now, revision: last, without_checksum })
}
