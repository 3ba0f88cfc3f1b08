//! Read statements, each with its own snapshot, and the conversion of rows to entries.

use bytes::Bytes;
use deadpool_postgres::Object;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::failure::{malformed, store_error};
use crate::checksum::ChecksummedEntry;
use crate::{Entry, Key, Prefix, Revision, Scan, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// PostgreSQL integers are signed. No store reaches their maximum.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The value in a column. Fails if the table was changed.
pub(super) fn value_in<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T> {
    row.try_get(column).map_err(store_error)
}

/// The following revision. The database may contain the maximum.
pub(super) fn next(revision: Revision) -> Result<Revision> {
    crate::entry::next(revision).ok_or_else(|| malformed("there is no further revision"))
}

pub(super) fn revision_in(row: &Row, column: usize) -> Result<Revision> {
    let number: i64 = value_in(row, column)?;
    Revision::try_from(number).map_err(|_| malformed("a revision is negative"))
}

pub(super) fn key_from(row: &Row, column: usize) -> Result<Key> {
    let bytes: &[u8] = value_in(row, column)?;
    Key::from_bytes(bytes).map_err(|_| malformed("a key is malformed"))
}

/// Reads an entry from the columns `revision, flags, expires_at, value, sum`, starting at `column`.
///
/// # Errors
/// If the checksum does not match.
pub(super) fn entry_from(key: Key, row: &Row, column: usize) -> Result<Entry> {
    let value: &[u8] = value_in(row, column + 3)?;
    let flags = u32::try_from(value_in::<i64>(row, column + 1)?);
    let flags = flags.map_err(|_| malformed(format!("{key:?} has invalid flags")))?;
    let (revision, expires_at) = (revision_in(row, column)?, value_in(row, column + 2)?);
    let entry = ChecksummedEntry { key: key.as_bytes(), revision, flags, expires_at, value };
    if !entry.matches(value_in(row, column + 4)?) {
        return Err(malformed(format!("{key:?} is not what was written: its checksum differs")));
    }
    Ok(Entry { key, value: Bytes::copy_from_slice(value), flags, revision, expires_at })
}

/// The entry under the key, expired or not.
pub(super) async fn get(db: &Object, key: &Key) -> Result<Option<Entry>> {
    let text = "SELECT revision, flags, expires_at, value, sum FROM entries WHERE key = $1";
    let statement = db.prepare_cached(text).await.map_err(store_error)?;
    let row = db.query_opt(&statement, &[&key.as_bytes()]).await.map_err(store_error)?;
    row.map(|row| entry_from(key.clone(), &row, 0)).transpose()
}

/// Entries in key order.
pub(super) async fn scan(db: &Object, scan: &Scan, now: i64) -> Result<Vec<Entry>> {
    let cursor = scan.after.as_ref().filter(|after| after.as_bytes() >= scan.prefix.as_bytes());
    let start = cursor.map_or(scan.prefix.as_bytes(), Key::as_bytes);
    let order = if cursor.is_some() { ">" } else { ">=" };
    let below = format!(
        "FROM entries WHERE key {order} $1 AND key < $2
         AND (expires_at IS NULL OR expires_at > $3) ORDER BY key LIMIT $4"
    );
    let columns = "key, revision, flags, expires_at, value, sum";
    let text = if scan.max_bytes == usize::MAX {
        format!("SELECT {columns} {below}")
    } else {
        // Values beyond the limit are not transferred. Their size is known without reading them.
        format!(
            "SELECT {columns} FROM (
                 SELECT {columns}, row_number() OVER (ORDER BY key) AS n,
                        sum(octet_length(value)) OVER (ORDER BY key) AS total {below}) AS page
             WHERE total <= $5 OR n = 1 ORDER BY key"
        )
    };
    let statement = db.prepare_cached(&text).await.map_err(store_error)?;
    let (end, limit, bytes) = (scan.prefix.end(), count(scan.limit), count(scan.max_bytes));
    let end: &[u8] = &end;
    let rows = if scan.max_bytes == usize::MAX {
        db.query(&statement, &[&start, &end, &now, &limit]).await
    } else {
        db.query(&statement, &[&start, &end, &now, &limit, &bytes]).await
    };
    let rows = rows.map_err(store_error)?;
    rows.iter().map(|row| entry_from(key_from(row, 0)?, row, 1)).collect()
}

/// The last revision that changed any of the collections.
pub(super) async fn last_modified(db: &Object, collections: &[&str]) -> Result<Revision> {
    let text = "SELECT coalesce(max(revision), 0) FROM collections WHERE collection = ANY($1)";
    let statement = db.prepare_cached(text).await.map_err(store_error)?;
    let row = db.query_one(&statement, &[&collections]).await.map_err(store_error)?;
    revision_in(&row, 0)
}

/// All tables.
pub(super) const TABLES: [&str; 5] = ["entries", "changes", "trim_points", "collections", "state"];

/// The last revision, and the size of all tables in bytes.
pub(super) async fn state(db: &Object) -> Result<(Revision, u64)> {
    let text = "SELECT revision, (SELECT sum(pg_total_relation_size(name::regclass))::bigint
                FROM unnest($1::text[]) AS name)
                FROM state WHERE id = 1";
    let statement = db.prepare_cached(text).await.map_err(store_error)?;
    let row = db.query_one(&statement, &[&TABLES.as_slice()]).await.map_err(store_error)?;
    Ok((revision_in(&row, 0)?, u64::try_from(value_in::<i64>(&row, 1)?).unwrap_or(0)))
}

/// Whether all entries below the prefix have expired.
pub(super) async fn is_empty(db: &Object, prefix: &Prefix, now: i64) -> Result<bool> {
    let text = "SELECT 1 FROM entries WHERE key >= $1 AND key < $2
                AND (expires_at IS NULL OR expires_at > $3) LIMIT 1";
    let statement = db.prepare_cached(text).await.map_err(store_error)?;
    let (start, end) = (prefix.as_bytes(), prefix.end());
    let end: &[u8] = &end;
    let row = db.query_opt(&statement, &[&start, &end, &now]).await;
    Ok(row.map_err(store_error)?.is_none())
}

/// Keys of expired entries, those that expired first at the start.
pub(super) async fn expired(db: &Object, now: i64, limit: usize) -> Result<Vec<Key>> {
    let text = "SELECT key FROM entries WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
    let statement = db.prepare_cached(text).await.map_err(store_error)?;
    let rows = db.query(&statement, &[&now, &count(limit)]).await.map_err(store_error)?;
    rows.iter().map(|row| key_from(row, 0)).collect()
}
