//! The statements of the writer, prepared once per connection so that they can be pipelined.

use std::collections::HashMap;

use bytes::Bytes;
use deadpool_postgres::Object;
use futures::future::BoxFuture;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::failure::store_error;
use super::rows::number;
use crate::checksum::ChecksummedEntry;
use crate::{Key, Revision, StoreError};

const LOCK: &str =
    "SELECT revision, feed_floor, feed_total, trim_point_total, trim_point_at, format
    FROM state WHERE id = 1 FOR UPDATE";
const TRIM_POINTS: &str = "SELECT revision, at, total FROM trim_points ORDER BY revision LIMIT $1";
const ENTRY_STATES: &str = "SELECT key, revision, expires_at FROM entries WHERE key = ANY($1)";
const PUT: &str = "INSERT INTO entries (key, revision, flags, expires_at, value, sum)
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[],
        $6::bigint[])
    ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, flags = excluded.flags,
        expires_at = excluded.expires_at, value = excluded.value, sum = excluded.sum";
const DELETE: &str = "DELETE FROM entries WHERE key = ANY($1)";
const DELETE_RANGE: &str = "DELETE FROM entries WHERE key >= $1 AND key < $2 RETURNING key";
const CHANGE: &str = "INSERT INTO changes (revision, key, deleted)
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::boolean[])";
const TOUCH: &str = "INSERT INTO collections (collection, revision)
    SELECT * FROM unnest($1::text[], $2::bigint[])
    ON CONFLICT (collection) DO UPDATE SET revision = excluded.revision";
const STATE: &str = "UPDATE state SET revision = $1, feed_floor = $2, feed_total = $3,
    trim_point_total = $4, trim_point_at = $5 WHERE id = 1";
const ADD_TRIM_POINT: &str = "INSERT INTO trim_points (revision, at, total) VALUES ($1, $2, $3)";
const DELETE_CHANGES: &str = "DELETE FROM changes WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM changes WHERE revision <= $1 ORDER BY revision, key LIMIT $2))";
const DELETE_TRIM_POINTS: &str = "DELETE FROM trim_points WHERE revision <= $1";

pub(super) struct Statements {
    /// Locks the row of `state` and reads it.
    pub(super) lock: Statement,
    pub(super) trim_points: Statement,
    pub(super) entry_states: Statement,
    pub(super) put: Statement,
    pub(super) delete: Statement,
    pub(super) delete_range: Statement,
    pub(super) change: Statement,
    /// Sets the last modification of collections.
    pub(super) touch: Statement,
    pub(super) state: Statement,
    pub(super) add_trim_point: Statement,
    pub(super) delete_changes: Statement,
    pub(super) delete_trim_points: Statement,
}

impl Statements {
    pub(super) async fn prepare(db: &Object) -> Result<Self, StoreError> {
        let prepare = async |text| db.prepare_cached(text).await.map_err(store_error);
        Ok(Self {
            lock: prepare(LOCK).await?,
            trim_points: prepare(TRIM_POINTS).await?,
            entry_states: prepare(ENTRY_STATES).await?,
            put: prepare(PUT).await?,
            delete: prepare(DELETE).await?,
            delete_range: prepare(DELETE_RANGE).await?,
            change: prepare(CHANGE).await?,
            touch: prepare(TOUCH).await?,
            state: prepare(STATE).await?,
            add_trim_point: prepare(ADD_TRIM_POINT).await?,
            delete_changes: prepare(DELETE_CHANGES).await?,
            delete_trim_points: prepare(DELETE_TRIM_POINTS).await?,
        })
    }
}

/// The new value of each changed key; `None` to delete it.
pub(super) type Pending = HashMap<Key, Option<Value>>;

/// A value to write, without its key.
pub(super) struct Value {
    pub(super) value: Bytes,
    pub(super) flags: u32,
    pub(super) revision: Revision,
    pub(super) expires_at: Option<i64>,
}

/// Pending changes as one array per column.
#[derive(Default)]
pub(super) struct Columns<'a> {
    deleted: Vec<&'a [u8]>,
    keys: Vec<&'a [u8]>,
    revisions: Vec<i64>,
    flags: Vec<i64>,
    expiry_times: Vec<Option<i64>>,
    values: Vec<&'a [u8]>,
    checksums: Vec<i64>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(pending: &'a Pending) -> Self {
        let mut columns = Self::default();
        for (key, value) in pending {
            let Some(value) = value else {
                columns.deleted.push(key.as_bytes());
                continue;
            };
            let Value { value, flags, revision, expires_at } = value;
            let (key, revision, flags, expires_at) =
                (key.as_bytes(), *revision, *flags, *expires_at);
            columns.keys.push(key);
            columns.revisions.push(number(revision));
            columns.flags.push(i64::from(flags));
            columns.expiry_times.push(expires_at);
            columns.values.push(value);
            let entry = ChecksummedEntry { key, revision, flags, expires_at, value };
            columns.checksums.push(i64::from(entry.checksum()));
        }
        columns
    }

    /// The statements that write them.
    pub(super) fn send(
        &'a self,
        db: &'a Object,
        prepared: &'a Statements,
    ) -> Vec<PendingStatement<'a>> {
        let mut sent: Vec<PendingStatement<'a>> = Vec::new();
        if !self.deleted.is_empty() {
            sent.push(Box::pin(async {
                discard(db.execute(&prepared.delete, &[&self.deleted]).await)
            }));
        }
        if !self.keys.is_empty() {
            let Self { keys, revisions, flags, expiry_times, values, checksums, .. } = self;
            sent.push(Box::pin(async move {
                let columns: [&(dyn ToSql + Sync); 6] =
                    [keys, revisions, flags, expiry_times, values, checksums];
                discard(db.execute(&prepared.put, &columns).await)
            }));
        }
        sent
    }
}

/// A pipelined statement: sent when first polled, without waiting for the results of others.
pub(super) type PendingStatement<'a> = BoxFuture<'a, Result<(), StoreError>>;

/// Discards the result of a statement that has succeeded.
pub(super) fn discard<T>(outcome: Result<T, tokio_postgres::Error>) -> Result<(), StoreError> {
    outcome.map(drop).map_err(store_error)
}
