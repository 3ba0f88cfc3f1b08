//! The tables of the database file, and the migration of older formats.

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

/// `SENS`: identifies the file as a store, for this program and for `file(1)`.
const APPLICATION_ID: i64 = 0x5345_4e53;

/// Step `n` turns format `n` into format `n + 1`. Steps are only appended, never changed.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_tables.sql"), include_str!("migrations/0002_checksum.sql")];

/// The first format whose entries have checksums.
pub(super) const FIRST_WITH_CHECKSUMS: i64 = 2;

/// Migrates the database to the current format. Rejects files of other programs and newer formats.
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

/// The format of a file; 0 if it is empty. Rejects files of other programs and newer formats.
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
