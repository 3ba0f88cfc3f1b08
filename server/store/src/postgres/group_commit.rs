//! The database transaction of a group: lock, read, write, commit.
//!
//! A group first locks the only row of `state`, which makes it the only writer among all servers.
//! Statements that belong together are pipelined, so that a group takes two round trips whatever
//! its size.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Object;
use futures::future::{try_join_all, try_join4};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::failure::store_error;
use super::feed::{State, TRIM_POINTS, TrimPoint};
use super::group::{EntryState, Group, KnownEntries};
use super::rows::{count, key_from, number, revision_in, value_in};
use super::schema::FORMAT;
use super::statements::{Columns, PendingStatement, Statements, discard};
use crate::{FeedLimits, Key, Revision, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// What a group has read at its start.
pub(super) struct Started {
    pub(super) state: State,
    pub(super) known: KnownEntries,
    trim_points: Vec<TrimPoint>,
}

/// Waits for the lock and reads what the group needs.
pub(super) async fn begin(
    db: &Object,
    prepared: &Statements,
    keys: &HashSet<&Key>,
) -> Result<Started> {
    let bytes: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
    // The second statement waits for the lock. The statements after it run when the lock is
    // granted, and so see everything that other servers have committed.
    let sent = try_join4(
        async { db.batch_execute("BEGIN").await },
        async { db.query_one(&prepared.lock, &[]).await },
        async { db.query(&prepared.trim_points, &[&TRIM_POINTS]).await },
        async { db.query(&prepared.entry_states, &[&bytes]).await },
    );
    let ((), row, trim_points, rows) = sent.await.map_err(store_error)?;
    let format: i32 = value_in(&row, 5)?;
    if format > FORMAT {
        return Err(StoreError::Stopped(format!(
            "a newer server has migrated the database to format {format}; this version supports \
             formats up to {FORMAT}"
        )));
    }
    let state = State {
        revision: revision_in(&row, 0)?,
        floor: revision_in(&row, 1)?,
        total: value_in(&row, 2)?,
        trim_point_total: value_in(&row, 3)?,
        trim_point_at: value_in(&row, 4)?,
    };
    let mut known: KnownEntries = keys.iter().map(|key| ((*key).clone(), None)).collect();
    for row in rows {
        let entry = EntryState { revision: revision_in(&row, 1)?, expires_at: value_in(&row, 2)? };
        known.insert(key_from(&row, 0)?, Some(entry));
    }
    let trim_points = trim_points.iter().map(trim_point).collect::<Result<_>>()?;
    Ok(Started { state, known, trim_points })
}

fn trim_point(row: &Row) -> Result<TrimPoint> {
    Ok(TrimPoint {
        revision: revision_in(row, 0)?,
        at: value_in(row, 1)?,
        total: value_in(row, 2)?,
    })
}

/// Writes the effect of the group and commits it. Returns whether the feed may contain more rows to
/// delete.
pub(super) async fn commit(
    db: &Object,
    prepared: &Statements,
    started: &Started,
    group: &Group<'_>,
    limits: FeedLimits,
    garbage: bool,
) -> Result<bool> {
    let (changes, now) = (&group.changes, group.now);
    let mut state = started.state;
    let trim_point = state.advance(group.revision, changes.len(), now, limits);
    state.trim(&started.trim_points, now, limits);

    let revisions: Vec<i64> = changes.iter().map(|(revision, _, _)| number(*revision)).collect();
    let keys: Vec<&[u8]> = changes.iter().map(|(_, key, _)| key.as_bytes()).collect();
    let deleted: Vec<bool> = changes.iter().map(|(_, _, deleted)| *deleted).collect();
    let (collections, modified) = collections(&group.last_modified);
    let columns = Columns::of(&group.pending);
    let mut removed = 0;

    let mut sent = columns.send(db, prepared);
    if !changes.is_empty() {
        sent.push(Box::pin(async {
            discard(db.execute(&prepared.change, &[&revisions, &keys, &deleted]).await)
        }));
        sent.push(Box::pin(async {
            discard(db.execute(&prepared.touch, &[&collections, &modified]).await)
        }));
    }
    if let Some(point) = trim_point {
        sent.push(Box::pin(async move {
            let columns: [&(dyn ToSql + Sync); 3] =
                [&number(point.revision), &point.at, &point.total];
            discard(db.execute(&prepared.add_trim_point, &columns).await)
        }));
    }
    sent.push(set_state(db, prepared, state));
    let trim = garbage || state.floor != started.state.floor;
    if trim {
        let (floor, removed) = (number(state.floor), &mut removed);
        let step = count(changes.len().saturating_mul(4).saturating_add(64));
        sent.push(Box::pin(async move {
            *removed = db
                .execute(&prepared.delete_changes, &[&floor, &step])
                .await
                .map_err(store_error)?;
            Ok(())
        }));
        sent.push(Box::pin(async move {
            discard(db.execute(&prepared.delete_trim_points, &[&floor]).await)
        }));
    }
    // If a statement before it has failed, PostgreSQL treats this as a rollback.
    sent.push(Box::pin(async { discard(db.batch_execute("COMMIT").await) }));
    try_join_all(sent).await?;
    Ok(removed > 0)
}

/// Releases the lock without writing.
pub(super) async fn roll_back(db: &Object) -> Result<()> {
    discard(db.batch_execute("ROLLBACK").await)
}

/// Commits a write that changes nothing, to prove that writes succeed.
pub(super) async fn commit_probe(db: &Object, prepared: &Statements, state: State) -> Result<()> {
    set_state(db, prepared, state).await?;
    discard(db.batch_execute("COMMIT").await)
}

fn set_state<'a>(db: &'a Object, prepared: &'a Statements, state: State) -> PendingStatement<'a> {
    Box::pin(async move {
        let (revision, floor) = (number(state.revision), number(state.floor));
        let State { total, trim_point_total, trim_point_at, .. } = state;
        let columns: [&(dyn ToSql + Sync); 5] =
            [&revision, &floor, &total, &trim_point_total, &trim_point_at];
        discard(db.execute(&prepared.state, &columns).await)
    })
}

fn collections(last_modified: &HashMap<String, Revision>) -> (Vec<&str>, Vec<i64>) {
    last_modified.iter().map(|(name, revision)| (name.as_str(), number(*revision))).unzip()
}
