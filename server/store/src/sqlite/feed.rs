//! The change feed: written with each group, read in whole transactions, trimmed from its end.

use std::collections::VecDeque;

use rusqlite::{Connection, params};

use super::rows::{key_from, limit_to, revision_from, revision_to, state};
use crate::{Change, FeedLimits, Key, Revision};

type Result<T> = rusqlite::Result<T>;

/// The writer's knowledge of how long the feed is.
///
/// Forgetting happens in two parts: the floor moves up, which is what readers see, and rows at or
/// below the floor are removed a few with each group, so that no group takes long over it.
pub(super) struct Feed {
    limits: FeedLimits,
    floor: Revision,
    /// Places where the floor may move to, oldest first.
    marks: VecDeque<Mark>,
    /// Changes written so far, those found at the start included.
    total: u64,
    /// Whether there may be rows at or below the floor.
    garbage: bool,
}

struct Mark {
    revision: Revision,
    at: i64,
    /// The changes written up to and with this revision.
    total: u64,
}

impl Feed {
    /// Takes stock of what is there.
    pub(super) fn open(db: &Connection, limits: FeedLimits) -> Result<Self> {
        let (_, floor) = state(db)?;
        let mut feed = Self { limits, floor, marks: VecDeque::new(), total: 0, garbage: true };
        let mut statement = db.prepare(
            "SELECT revision, max(at), count(*) FROM changes WHERE revision > ?1
             GROUP BY revision ORDER BY revision",
        )?;
        let mut rows = statement.query([revision_to(floor)])?;
        while let Some(row) = rows.next()? {
            feed.record(revision_from(row.get(0)?)?, row.get(1)?, row.get::<_, u32>(2)?.into());
        }
        Ok(feed)
    }

    /// Counts a group's changes, once they are committed.
    pub(super) fn record(&mut self, revision: Revision, at: i64, changes: u64) {
        self.total += changes;
        let coarse = (self.limits.max_changes / 64) as u64;
        let (last_total, last_at) =
            self.marks.back().map_or((0, i64::MIN), |mark| (mark.total, mark.at));
        let far = self.total - last_total > coarse;
        if far || at.saturating_sub(last_at) > self.limits.max_age / 64 {
            self.marks.push_back(Mark { revision, at, total: self.total });
        }
    }

    /// Where the floor should be now, with so many changes about to be added.
    pub(super) fn floor(&self, now: i64, adding: u64) -> Revision {
        let oldest = now.saturating_sub(self.limits.max_age);
        let forgotten = self.marks.iter().take_while(|mark| {
            let newer = self.total + adding - mark.total;
            mark.at < oldest || newer >= self.limits.max_changes as u64
        });
        forgotten.last().map_or(self.floor, |mark| mark.revision)
    }

    /// Removes some rows below the floor that the same group writes; says whether more may be left.
    pub(super) fn clear(&self, db: &Connection, floor: Revision, adding: u64) -> Result<bool> {
        if !self.garbage && floor == self.floor {
            return Ok(false);
        }
        let step = i64::try_from(adding.saturating_mul(4)).unwrap_or(i64::MAX).saturating_add(64);
        let mut statement = db.prepare_cached(
            "DELETE FROM changes WHERE (revision, key) IN
             (SELECT revision, key FROM changes WHERE revision <= ?1
              ORDER BY revision, key LIMIT ?2)",
        )?;
        let removed = statement.execute([revision_to(floor), step])?;
        Ok(removed > 0)
    }

    /// The group that moved the floor is committed.
    pub(super) fn moved(&mut self, floor: Revision, garbage: bool) {
        self.floor = floor;
        self.garbage = garbage;
        while self.marks.front().is_some_and(|mark| mark.revision <= floor) {
            self.marks.pop_front();
        }
    }
}

/// Adds a change.
pub(super) fn add(db: &Connection, change: (Revision, &Key, bool), now: i64) -> Result<()> {
    let (revision, key, deleted) = change;
    let mut statement = db.prepare_cached(
        "INSERT INTO changes (revision, key, deleted, at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    statement.execute(params![revision_to(revision), key.as_bytes(), deleted, now])?;
    Ok(())
}

/// Whole transactions after a revision, or the oldest revision to go on from.
pub(super) fn changes(
    db: &mut Connection,
    after: Revision,
    limit: usize,
) -> Result<std::result::Result<Vec<Change>, Revision>> {
    // One snapshot for the floor and what lies above it.
    let txn = db.transaction()?;
    let (last, floor) = state(&txn)?;
    if after < floor || after > last {
        return Ok(Err(floor));
    }
    let limit = limit.max(1);
    let mut found = read(&txn, after, last, limit.saturating_add(1))?;
    let at = |place: usize| found.get(place).map(|change| change.revision);
    if let (Some(first), Some(cut)) = (at(0), at(limit)) {
        if first == cut {
            // One transaction alone is larger than the limit.
            found = read(&txn, after, first, usize::MAX)?;
        } else {
            found.retain(|change| change.revision < cut);
        }
    }
    Ok(Ok(found))
}

fn read(db: &Connection, after: Revision, to: Revision, limit: usize) -> Result<Vec<Change>> {
    let mut statement = db.prepare_cached(
        "SELECT revision, key, deleted FROM changes WHERE revision > ?1 AND revision <= ?2
         ORDER BY revision, key LIMIT ?3",
    )?;
    let range = [revision_to(after), revision_to(to), limit_to(limit)];
    let rows = statement.query_map(range, |row| {
        Ok(Change {
            revision: revision_from(row.get(0)?)?,
            key: key_from(row, 1)?,
            deleted: row.get(2)?,
        })
    })?;
    rows.collect()
}
