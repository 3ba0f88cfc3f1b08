//! The tables, and the migration of older formats.

use tokio_postgres::{Client, Transaction};

use super::OpenError;

/// Step `n` turns format `n` into format `n + 1`. Steps are only appended, never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_tables.sql"),
    include_str!("migrations/0002_checksum.sql"),
    include_str!("migrations/0003_names.sql"),
];

/// The format that this version reads and writes.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a short list")]
pub(super) const FORMAT: i32 = MIGRATIONS.len() as i32;

/// Creates the schema if `create` is set and it does not exist, and migrates it to the current
/// format. Rejects tables of other programs and newer formats. Servers that start at the same time
/// do this one after another.
pub(super) async fn migrate(db: &mut Client, schema: &str, create: bool) -> Result<(), OpenError> {
    let txn = db.transaction().await?;
    txn.query(
        "SELECT pg_advisory_xact_lock(hashtextextended('sensu-server ' || $1, 0))",
        &[&schema],
    )
    .await?;
    let exists = txn.query_opt("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema]).await?;
    if exists.is_none() && create {
        // The name was validated and needs no quotes.
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
            "SELECT count(*), count(*) FILTER (WHERE tablename IN ('entries', 'changes', 'state'))
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
