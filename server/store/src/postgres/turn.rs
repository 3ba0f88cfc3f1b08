//! A turn at writing: wait for it, learn what is there, write what was decided, commit.
//!
//! Whoever holds the lock on the one row of `state` has the turn, among all servers. What belongs
//! together is sent together, so that a turn takes two round trips whatever its size.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Object;
use futures::future::{try_join_all, try_join4};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::failure::told;
use super::feed::{MARKS, Mark, State};
use super::group::{Group, Held, Known};
use super::rows::{count, key_from, number, revision_in, value_in};
use super::schema::FORMAT;
use super::statements::{Columns, Sent, Statements, done};
use crate::{FeedLimits, Key, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// What a turn begins with.
pub(super) struct Begun {
    pub(super) state: State,
    pub(super) known: Known,
    marks: Vec<Mark>,
}

/// Waits for the turn and reads what the group needs.
pub(super) async fn begin(
    db: &Object,
    prepared: &Statements,
    keys: &HashSet<&Key>,
) -> Result<Begun> {
    let bytes: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
    // The lock waits. What is behind it runs when it is granted, and so sees everything that was
    // committed in the turns before.
    let sent = try_join4(
        async { db.batch_execute("BEGIN").await },
        async { db.query_one(&prepared.lock, &[]).await },
        async { db.query(&prepared.marks, &[&MARKS]).await },
        async { db.query(&prepared.held, &[&bytes]).await },
    );
    let ((), row, marks, rows) = sent.await.map_err(told)?;
    let format: i32 = value_in(&row, 5)?;
    if format > FORMAT {
        return Err(StoreError::Stopped(format!(
            "another server has brought the database to format {format}; this one knows {FORMAT}"
        )));
    }
    let state = State {
        revision: revision_in(&row, 0)?,
        floor: revision_in(&row, 1)?,
        total: value_in(&row, 2)?,
        marked_total: value_in(&row, 3)?,
        marked_at: value_in(&row, 4)?,
    };
    let mut known: Known = keys.iter().map(|key| ((*key).clone(), None)).collect();
    for row in rows {
        let held = Held { revision: revision_in(&row, 1)?, expires_at: value_in(&row, 2)? };
        known.insert(key_from(&row, 0)?, Some(held));
    }
    Ok(Begun { state, known, marks: marks.iter().map(mark).collect::<Result<_>>()? })
}

fn mark(row: &Row) -> Result<Mark> {
    Ok(Mark { revision: revision_in(row, 0)?, at: value_in(row, 1)?, total: value_in(row, 2)? })
}

/// Writes what the group comes to and commits it. Says whether the feed may have more to forget.
pub(super) async fn commit(
    db: &Object,
    prepared: &Statements,
    begun: &Begun,
    group: &Group<'_>,
    limits: FeedLimits,
    garbage: bool,
) -> Result<bool> {
    let (changes, now) = (&group.changes, group.now);
    let mut state = begun.state;
    let mark = state.advance(group.revision, changes.len(), now, limits);
    state.forget(&begun.marks, now, limits);

    let revisions: Vec<i64> = changes.iter().map(|(revision, _, _)| number(*revision)).collect();
    let keys: Vec<&[u8]> = changes.iter().map(|(_, key, _)| key.as_bytes()).collect();
    let deleted: Vec<bool> = changes.iter().map(|(_, _, deleted)| *deleted).collect();
    let (rooms, touched) = rooms(&group.touched);
    let columns = Columns::of(&group.pending);
    let mut removed = 0;

    let mut sent = columns.send(db, prepared);
    if !changes.is_empty() {
        sent.push(Box::pin(async {
            done(db.execute(&prepared.change, &[&revisions, &keys, &deleted]).await)
        }));
        sent.push(Box::pin(async { done(db.execute(&prepared.touch, &[&rooms, &touched]).await) }));
    }
    if let Some(mark) = mark {
        sent.push(Box::pin(async move {
            let columns: [&(dyn ToSql + Sync); 3] = [&number(mark.revision), &mark.at, &mark.total];
            done(db.execute(&prepared.mark, &columns).await)
        }));
    }
    sent.push(set(db, prepared, state));
    let clear = garbage || state.floor != begun.state.floor;
    if clear {
        let (floor, removed) = (number(state.floor), &mut removed);
        let step = count(changes.len().saturating_mul(4).saturating_add(64));
        sent.push(Box::pin(async move {
            *removed = db.execute(&prepared.forget, &[&floor, &step]).await.map_err(told)?;
            Ok(())
        }));
        sent.push(Box::pin(
            async move { done(db.execute(&prepared.forget_marks, &[&floor]).await) },
        ));
    }
    // If anything before it fails, PostgreSQL takes this for a rollback.
    sent.push(Box::pin(async { done(db.batch_execute("COMMIT").await) }));
    try_join_all(sent).await?;
    Ok(removed > 0)
}

/// Ends the turn without having written anything.
pub(super) async fn give_back(db: &Object) -> Result<()> {
    done(db.batch_execute("ROLLBACK").await)
}

/// Ends the turn having proved that something can be written.
pub(super) async fn prove(db: &Object, prepared: &Statements, state: State) -> Result<()> {
    set(db, prepared, state).await?;
    done(db.batch_execute("COMMIT").await)
}

fn set<'a>(db: &'a Object, prepared: &'a Statements, state: State) -> Sent<'a> {
    Box::pin(async move {
        let (revision, floor) = (number(state.revision), number(state.floor));
        let State { total, marked_total, marked_at, .. } = state;
        let columns: [&(dyn ToSql + Sync); 5] =
            [&revision, &floor, &total, &marked_total, &marked_at];
        done(db.execute(&prepared.state, &columns).await)
    })
}

fn rooms(touched: &HashMap<String, u64>) -> (Vec<&str>, Vec<i64>) {
    touched.iter().map(|(room, revision)| (room.as_str(), number(*revision))).unzip()
}
