//! Loads an export into the store, in one transaction of the database.

use std::collections::HashMap;

use deadpool_postgres::Object;
use futures::future::try_join_all;
use tokio_postgres::types::ToSql;

use super::failure::store_error;
use super::rows::{number, value_in};
use super::statements::{Columns, Pending, Statements, Value};
use crate::export::{Export, REVISION_GAP};
use crate::{Entry, Key, StoreError};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LoadOutcome {
    Loaded,
    /// The store had committed transactions before; nothing was changed.
    NotEmpty,
}

/// How to treat the present content of the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    MustBeEmpty,
    Replace,
}

pub(super) async fn load(
    db: Object,
    mut export: Export,
    existing: Existing,
) -> Result<LoadOutcome, StoreError> {
    let outcome = write(&db, &mut export, existing).await;
    if !matches!(outcome, Ok(LoadOutcome::Loaded)) {
        // Closing the connection rolls the transaction back.
        drop(Object::take(db));
    }
    outcome
}

async fn write(
    db: &Object,
    export: &mut Export,
    existing: Existing,
) -> Result<LoadOutcome, StoreError> {
    let prepared = Statements::prepare(db).await?;
    // The source of the export may be slow.
    let begin = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0";
    db.batch_execute(begin).await.map_err(store_error)?;
    let row = db.query_one(&prepared.lock, &[]).await.map_err(store_error)?;
    let before: i64 = value_in(&row, 0)?;
    if before != 0 && existing == Existing::MustBeEmpty {
        return Ok(LoadOutcome::NotEmpty);
    }
    // After every revision that was assigned here, or by the source since the export.
    let revision = before.max(number(export.revision)).saturating_add(number(REVISION_GAP));
    if before != 0 {
        let clear = "DELETE FROM entries; DELETE FROM changes; DELETE FROM trim_points";
        db.batch_execute(clear).await.map_err(store_error)?;
        // Invalidates what other servers have cached of any collection.
        let touch = "UPDATE collections SET revision = $1";
        db.execute(touch, &[&revision]).await.map_err(store_error)?;
    }
    let mut collections: HashMap<String, i64> = HashMap::new();
    loop {
        let entries = export.next().await?;
        if entries.is_empty() {
            break;
        }
        let names = entries.iter().map(|entry| entry.key.collection().to_owned());
        collections.extend(names.map(|name| (name, revision)));
        let pending: Pending = entries.into_iter().map(pending).collect();
        try_join_all(Columns::of(&pending).send(db, &prepared)).await?;
    }
    let (names, revisions): (Vec<String>, Vec<i64>) = collections.into_iter().unzip();
    db.execute(&prepared.touch, &[&names, &revisions]).await.map_err(store_error)?;
    let (none, never) = (0_i64, i64::MIN);
    let state: [&(dyn ToSql + Sync); 5] = [&revision, &revision, &none, &none, &never];
    db.execute(&prepared.state, &state).await.map_err(store_error)?;
    db.batch_execute("COMMIT").await.map_err(store_error)?;
    // Updates the planner statistics for the first reads.
    db.batch_execute("ANALYZE entries").await.map_err(store_error)?;
    Ok(LoadOutcome::Loaded)
}

fn pending(entry: Entry) -> (Key, Option<Value>) {
    let Entry { key, value, flags, revision, expires_at } = entry;
    (key, Some(Value { value, flags, revision, expires_at }))
}
