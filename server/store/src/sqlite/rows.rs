//! Statements on the tables, and the conversion between rows and entries.

use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, Row, params};

use super::cache::Stored;
use super::failure::malformed;
use crate::checksum::ChecksummedEntry;
use crate::{Entry, Key, Prefix, Revision, Scan};

type Result<T> = rusqlite::Result<T>;

pub(super) fn revision_from(number: i64) -> Result<Revision> {
    Revision::try_from(number).map_err(|_| malformed("a revision is negative"))
}

/// The following revision. A file may contain the maximum; the revision after it would be stored
/// as the same number again.
pub(super) fn next(revision: Revision) -> Result<Revision> {
    crate::entry::next(revision).ok_or_else(|| malformed("there is no further revision"))
}

/// SQLite integers are signed. No store reaches their maximum.
pub(super) fn revision_to(revision: Revision) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

pub(super) fn limit_to(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn key_from(row: &Row<'_>, column: usize) -> Result<Key> {
    Key::from_bytes(row.get_ref(column)?.as_blob()?).map_err(|_| malformed("a key is malformed"))
}

/// Copies an entry from the columns that [`checked_entry`] reads.
fn stored_from(key: &[u8], row: &Row<'_>, column: usize) -> Result<Stored> {
    let entry = checked_entry(key, row, column)?;
    let ChecksummedEntry { revision, flags, expires_at, value, .. } = entry;
    Ok(Stored { value: Bytes::copy_from_slice(value), flags, revision, expires_at })
}

/// Reads an entry from the columns `revision, flags, expires_at, value, sum`, starting at `column`.
///
/// # Errors
/// If the checksum does not match.
pub(super) fn checked_entry<'a>(
    key: &'a [u8],
    row: &'a Row<'_>,
    column: usize,
) -> Result<ChecksummedEntry<'a>> {
    let entry = ChecksummedEntry {
        key,
        revision: revision_from(row.get(column)?)?,
        flags: row.get(column + 1)?,
        expires_at: row.get(column + 2)?,
        value: row.get_ref(column + 3)?.as_blob()?,
    };
    if entry.matches(row.get(column + 4)?) {
        return Ok(entry);
    }
    let key = String::from_utf8_lossy(key);
    Err(malformed(format!("{key:?} is not what was written: its checksum differs")))
}

/// The entry under the key, expired or not.
pub(super) fn get(db: &Connection, key: &Key) -> Result<Option<Stored>> {
    let mut statement = db.prepare_cached(
        "SELECT revision, flags, expires_at, value, sum FROM entries WHERE key = ?1",
    )?;
    let mut rows = statement.query([key.as_bytes()])?;
    rows.next()?.map(|row| stored_from(key.as_bytes(), row, 0)).transpose()
}

/// The revision of the entry under the key, unless it has expired.
pub(super) fn live_revision(db: &Connection, key: &Key, now: i64) -> Result<Option<Revision>> {
    let mut statement = db.prepare_cached(
        "SELECT revision FROM entries
         WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
    )?;
    let mut rows = statement.query(params![key.as_bytes(), now])?;
    rows.next()?.map(|row| revision_from(row.get(0)?)).transpose()
}

/// Whether all entries below the prefix have expired.
pub(super) fn is_empty(db: &Connection, prefix: &Prefix, now: i64) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM entries
         WHERE key >= ?1 AND key < ?2 AND (expires_at IS NULL OR expires_at > ?3) LIMIT 1",
    )?;
    Ok(!statement.exists(params![prefix.as_bytes(), &*prefix.end(), now])?)
}

/// Entries in key order. A single statement, so a single snapshot.
pub(super) fn scan(db: &Connection, scan: &Scan, now: i64) -> Result<Vec<Entry>> {
    if scan.limit == 0 {
        return Ok(Vec::new());
    }
    let cursor = scan.after.as_ref().filter(|after| after.as_bytes() >= scan.prefix.as_bytes());
    let mut statement =
        if cursor.is_some() { select(db, "key > ?1")? } else { select(db, "key >= ?1")? };
    let start = cursor.map_or(scan.prefix.as_bytes(), Key::as_bytes);
    let mut rows = statement.query(params![start, &*scan.prefix.end(), now])?;
    let mut found = Vec::new();
    let mut bytes = 0_usize;
    while found.len() < scan.limit {
        let Some(row) = rows.next()? else { break };
        bytes = bytes.saturating_add(row.get_ref(4)?.as_blob()?.len());
        if bytes > scan.max_bytes && !found.is_empty() {
            break;
        }
        let key = key_from(row, 0)?;
        found.push(stored_from(key.as_bytes(), row, 1)?.into_entry(key));
    }
    Ok(found)
}

fn select<'a>(db: &'a Connection, start: &str) -> Result<CachedStatement<'a>> {
    db.prepare_cached(&format!(
        "SELECT key, revision, flags, expires_at, value, sum FROM entries
         WHERE {start} AND key < ?2 AND (expires_at IS NULL OR expires_at > ?3) ORDER BY key"
    ))
}

/// The last revision, and the floor of the feed.
pub(super) fn state(db: &Connection) -> Result<(Revision, Revision)> {
    let mut statement = db.prepare_cached("SELECT revision, feed_floor FROM state WHERE id = 1")?;
    statement.query_row([], |row| Ok((revision_from(row.get(0)?)?, revision_from(row.get(1)?)?)))
}

/// Stores the last revision, and the floor of the feed.
pub(super) fn set_state(db: &Connection, revision: Revision, floor: Revision) -> Result<()> {
    let mut statement =
        db.prepare_cached("UPDATE state SET revision = ?1, feed_floor = ?2 WHERE id = 1")?;
    statement.execute([revision_to(revision), revision_to(floor)])?;
    Ok(())
}

/// Stores an entry.
pub(super) fn put(db: &Connection, key: &Key, stored: &Stored) -> Result<()> {
    let mut statement = db.prepare_cached(
        "INSERT INTO entries (key, revision, flags, expires_at, value, sum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, flags = excluded.flags,
             expires_at = excluded.expires_at, value = excluded.value, sum = excluded.sum",
    )?;
    let Stored { value, flags, revision, expires_at } = stored;
    let (key, revision, expires_at) = (key.as_bytes(), *revision, *expires_at);
    let entry = ChecksummedEntry { key, revision, flags: *flags, expires_at, value };
    let sum = entry.checksum();
    let revision = revision_to(revision);
    statement.execute(params![key, revision, flags, expires_at, &**value, sum])?;
    Ok(())
}

/// Deletes an entry and returns whether it existed.
pub(super) fn delete(db: &Connection, key: &Key) -> Result<bool> {
    let mut statement = db.prepare_cached("DELETE FROM entries WHERE key = ?1")?;
    Ok(statement.execute([key.as_bytes()])? > 0)
}

/// Deletes all entries below a prefix and returns their keys.
pub(super) fn delete_prefix(db: &Connection, prefix: &Prefix) -> Result<Vec<Key>> {
    let mut statement =
        db.prepare_cached("DELETE FROM entries WHERE key >= ?1 AND key < ?2 RETURNING key")?;
    let end = prefix.end();
    let keys = statement.query_map([prefix.as_bytes(), &*end], |row| key_from(row, 0))?;
    keys.collect()
}

/// Keys of expired entries, those that expired first at the start.
pub(super) fn expired(db: &Connection, now: i64, limit: usize) -> Result<Vec<Key>> {
    let mut statement = db.prepare_cached(
        "SELECT key FROM entries WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
    )?;
    let keys = statement.query_map([now, limit_to(limit)], |row| key_from(row, 0))?;
    keys.collect()
}
