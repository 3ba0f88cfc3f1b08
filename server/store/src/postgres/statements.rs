//! The writer's statements, prepared once for each of its connections: so that they can be sent one
//! after another without waiting for answers.

use std::collections::HashMap;

use bytes::Bytes;
use deadpool_postgres::Object;
use futures::future::BoxFuture;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::failure::told;
use super::rows::number;
use crate::sum::Summed;
use crate::{Key, Revision, StoreError};

const LOCK: &str = "SELECT revision, feed_floor, feed_total, marked_total, marked_at, format
    FROM state WHERE id = 1 FOR UPDATE";
const MARKS: &str = "SELECT revision, at, total FROM marks ORDER BY revision LIMIT $1";
const HELD: &str = "SELECT key, revision, expires_at FROM entries WHERE key = ANY($1)";
const PUT: &str = "INSERT INTO entries (key, revision, flags, expires_at, value, sum)
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[],
        $6::bigint[])
    ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, flags = excluded.flags,
        expires_at = excluded.expires_at, value = excluded.value, sum = excluded.sum";
const REMOVE: &str = "DELETE FROM entries WHERE key = ANY($1)";
const REMOVE_BELOW: &str = "DELETE FROM entries WHERE key >= $1 AND key < $2 RETURNING key";
const CHANGE: &str = "INSERT INTO changes (revision, key, deleted)
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::boolean[])";
const TOUCH: &str = "INSERT INTO rooms (room, revision)
    SELECT * FROM unnest($1::text[], $2::bigint[])
    ON CONFLICT (room) DO UPDATE SET revision = excluded.revision";
const STATE: &str = "UPDATE state SET revision = $1, feed_floor = $2, feed_total = $3,
    marked_total = $4, marked_at = $5 WHERE id = 1";
const MARK: &str = "INSERT INTO marks (revision, at, total) VALUES ($1, $2, $3)";
const FORGET: &str = "DELETE FROM changes WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM changes WHERE revision <= $1 ORDER BY revision, key LIMIT $2))";
const FORGET_MARKS: &str = "DELETE FROM marks WHERE revision <= $1";

/// The writer's statements.
pub(super) struct Statements {
    pub(super) lock: Statement,
    pub(super) marks: Statement,
    pub(super) held: Statement,
    pub(super) put: Statement,
    pub(super) remove: Statement,
    pub(super) remove_below: Statement,
    pub(super) change: Statement,
    pub(super) touch: Statement,
    pub(super) state: Statement,
    pub(super) mark: Statement,
    pub(super) forget: Statement,
    pub(super) forget_marks: Statement,
}

impl Statements {
    pub(super) async fn prepare(db: &Object) -> Result<Self, StoreError> {
        let prepare = async |text| db.prepare_cached(text).await.map_err(told);
        Ok(Self {
            lock: prepare(LOCK).await?,
            marks: prepare(MARKS).await?,
            held: prepare(HELD).await?,
            put: prepare(PUT).await?,
            remove: prepare(REMOVE).await?,
            remove_below: prepare(REMOVE_BELOW).await?,
            change: prepare(CHANGE).await?,
            touch: prepare(TOUCH).await?,
            state: prepare(STATE).await?,
            mark: prepare(MARK).await?,
            forget: prepare(FORGET).await?,
            forget_marks: prepare(FORGET_MARKS).await?,
        })
    }
}

/// What is to be under a key: a value, or nothing.
pub(super) type Pending = HashMap<Key, Option<Value>>;

/// A value on its way to the database.
pub(super) struct Value {
    pub(super) value: Bytes,
    pub(super) flags: u32,
    pub(super) revision: Revision,
    pub(super) expires_at: Option<i64>,
}

/// Pending values as columns of rows.
#[derive(Default)]
pub(super) struct Columns<'a> {
    removed: Vec<&'a [u8]>,
    keys: Vec<&'a [u8]>,
    revisions: Vec<i64>,
    flags: Vec<i64>,
    ends: Vec<Option<i64>>,
    values: Vec<&'a [u8]>,
    sums: Vec<i64>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(pending: &'a Pending) -> Self {
        let mut columns = Self::default();
        for (key, value) in pending {
            let Some(value) = value else {
                columns.removed.push(key.as_bytes());
                continue;
            };
            let Value { value, flags, revision, expires_at } = value;
            let (key, revision, flags, expires_at) =
                (key.as_bytes(), *revision, *flags, *expires_at);
            columns.keys.push(key);
            columns.revisions.push(number(revision));
            columns.flags.push(i64::from(flags));
            columns.ends.push(expires_at);
            columns.values.push(value);
            let sum = Summed { key, revision, flags, expires_at, value }.sum();
            columns.sums.push(i64::from(sum));
        }
        columns
    }

    /// What has to be sent to write them.
    pub(super) fn send(&'a self, db: &'a Object, prepared: &'a Statements) -> Vec<Sent<'a>> {
        let mut sent: Vec<Sent<'a>> = Vec::new();
        if !self.removed.is_empty() {
            sent.push(Box::pin(async {
                done(db.execute(&prepared.remove, &[&self.removed]).await)
            }));
        }
        if !self.keys.is_empty() {
            let Self { keys, revisions, flags, ends, values, sums, .. } = self;
            sent.push(Box::pin(async move {
                let columns: [&(dyn ToSql + Sync); 6] =
                    [keys, revisions, flags, ends, values, sums];
                done(db.execute(&prepared.put, &columns).await)
            }));
        }
        sent
    }
}

/// A statement whose answer nobody waits for before the next is sent. Sent when first polled.
pub(super) type Sent<'a> = BoxFuture<'a, Result<(), StoreError>>;

/// Drops what a statement says of itself if it succeeds.
pub(super) fn done<T>(outcome: Result<T, tokio_postgres::Error>) -> Result<(), StoreError> {
    outcome.map(drop).map_err(told)
}
