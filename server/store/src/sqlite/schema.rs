//! The tables of the database file, and how older files become current ones.

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

/// `SENS`: marks the file as ours, for us and for `file(1)`.
const APPLICATION_ID: i64 = 0x5345_4e53;

/// Step `n` makes format `n + 1` out of format `n`. Steps are only ever appended.
const MIGRATIONS: &[&str] = &[FORMAT_1, FORMAT_2];

// `entries` has a row id of its own, because SQLite stores a row of some kilobytes in one piece
// below a row id but spills it to further pages below a long key. `value` is the last column, so
// that reading the others never touches those pages.
//
// `changes` is clustered by revision: writing is appending, and the feed is one range.
const FORMAT_1: &str = "
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        revision INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        expires_at INTEGER,
        value BLOB NOT NULL
    ) STRICT;
    CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE changes (
        revision INTEGER NOT NULL,
        key BLOB NOT NULL,
        deleted INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (revision, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        revision INTEGER NOT NULL,
        feed_floor INTEGER NOT NULL
    ) STRICT;
    INSERT INTO state (id, revision, feed_floor) VALUES (1, 0, 0);
";

// The checksum of the entry, absent where format 1 wrote it. Adding a column touches no row, so a store
// of any size is brought up to date at once and without room for a copy.
const FORMAT_2: &str = "ALTER TABLE entries ADD COLUMN sum INTEGER;";

/// The first format whose entries have sums.
pub(super) const SUMMED: i64 = 2;

/// Refuses files that are not ours or too new, and brings others to the current format.
pub(super) fn migrate(db: &mut Connection) -> Result<(), OpenError> {
    let txn = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = format(&txn)?;
    let done = usize::try_from(found).unwrap_or(0);
    for step in MIGRATIONS.iter().skip(done) {
        txn.execute_batch(step)?;
    }
    if found < known() {
        txn.pragma_update(None, "application_id", APPLICATION_ID)?;
        txn.pragma_update(None, "user_version", known())?;
    }
    txn.commit()?;
    Ok(())
}

/// The format of a file, 0 if it is empty; refuses files that are not ours or too new.
pub(super) fn format(db: &Connection) -> Result<i64, OpenError> {
    let id: i64 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = tables == 0 && found == 0;
    if id != APPLICATION_ID && !(empty && id == 0) {
        return Err(OpenError::Foreign(db.path().unwrap_or_default().into()));
    }
    if found > known() || found < 0 {
        return Err(OpenError::TooNew { found, known: known() });
    }
    Ok(found)
}

/// The format that this version writes.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}
