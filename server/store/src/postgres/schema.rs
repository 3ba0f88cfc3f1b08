//! The tables, and how older ones become current ones.

use tokio_postgres::{Client, Transaction};

use super::OpenError;

/// Step `n` makes format `n + 1` out of format `n`. Steps are only ever appended.
const MIGRATIONS: &[&str] = &[FORMAT_1, FORMAT_2];

/// The format that this version reads and writes.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a short list")]
pub(super) const FORMAT: i32 = MIGRATIONS.len() as i32;

// Keys are compared byte by byte, whatever the collation of the database. Values of some kilobytes
// stay in the row: moving them out and compressing them costs more than it saves.
//
// `state` is one row. Whoever writes locks it first: that is the one order of revisions.
const FORMAT_1: &str = "
    CREATE TABLE entries (
        key bytea PRIMARY KEY,
        revision bigint NOT NULL,
        flags bigint NOT NULL,
        expires_at bigint,
        value bytea NOT NULL
    ) WITH (toast_tuple_target = 8160);
    ALTER TABLE entries ALTER COLUMN value SET STORAGE EXTERNAL;
    CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE changes (
        revision bigint NOT NULL,
        key bytea NOT NULL,
        deleted boolean NOT NULL,
        PRIMARY KEY (revision, key)
    );
    CREATE TABLE marks (
        revision bigint PRIMARY KEY,
        at bigint NOT NULL,
        total bigint NOT NULL
    );
    CREATE TABLE rooms (
        room text PRIMARY KEY,
        revision bigint NOT NULL
    ) WITH (fillfactor = 50);
    CREATE TABLE state (
        id smallint PRIMARY KEY CHECK (id = 1),
        format integer NOT NULL,
        revision bigint NOT NULL,
        feed_floor bigint NOT NULL,
        feed_total bigint NOT NULL,
        marked_total bigint NOT NULL,
        marked_at bigint NOT NULL
    ) WITH (fillfactor = 10);
    INSERT INTO state VALUES (1, 1, 0, 0, 0, 0, -9223372036854775808);
";

// The checksum of the entry, absent where format 1 wrote it. Adding a column touches no row.
const FORMAT_2: &str = "ALTER TABLE entries ADD COLUMN sum bigint";

/// Makes the schema if it is not there, refuses what is not ours or too new, and brings the rest
/// to the current format. Servers that start at the same moment do this one after the other.
pub(super) async fn migrate(db: &mut Client, schema: &str, create: bool) -> Result<(), OpenError> {
    let txn = db.transaction().await?;
    txn.query(
        "SELECT pg_advisory_xact_lock(hashtextextended('sensu-server ' || $1, 0))",
        &[&schema],
    )
    .await?;
    let there = txn.query_opt("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema]).await?;
    if there.is_none() && create {
        // The name has been judged: it needs no quotes.
        txn.batch_execute(&format!("CREATE SCHEMA {schema}")).await?;
    }
    let found = format(&txn, schema).await?;
    if !(0..=FORMAT).contains(&found) {
        return Err(OpenError::TooNew { found, known: FORMAT });
    }
    if found == 0 && !create {
        return Err(OpenError::Missing(schema.to_owned()));
    }
    let done = usize::try_from(found).unwrap_or(0);
    for step in MIGRATIONS.iter().skip(done) {
        txn.batch_execute(step).await?;
    }
    if found < FORMAT {
        txn.execute("UPDATE state SET format = $1", &[&FORMAT]).await?;
    }
    Ok(txn.commit().await?)
}

/// The format of the tables in the schema; 0 if there are none.
async fn format(txn: &Transaction<'_>, schema: &str) -> Result<i32, OpenError> {
    let tables = txn
        .query_one(
            "SELECT count(*), count(*) FILTER (WHERE tablename IN ('entries', 'state', 'rooms'))
             FROM pg_tables WHERE schemaname = $1",
            &[&schema],
        )
        .await?;
    match (tables.try_get::<_, i64>(0)?, tables.try_get::<_, i64>(1)?) {
        (0, _) => Ok(0),
        (_, 3) => {
            Ok(txn.query_one("SELECT format FROM state WHERE id = 1", &[]).await?.try_get(0)?)
        }
        _ => Err(OpenError::Foreign(schema.to_owned())),
    }
}
