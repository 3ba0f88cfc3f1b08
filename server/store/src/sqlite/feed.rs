//! The change feed: appended with each group, read in whole transactions, trimmed at its start.

use std::collections::VecDeque;

use rusqlite::{Connection, params};

use super::rows::{key_from, limit_to, revision_from, revision_to, state};
use crate::{Change, FeedLimits, Key, Revision};

type Result<T> = rusqlite::Result<T>;

/// Decides when the writer trims the feed.
///
/// Trimming has two parts. The floor, the revision after which the feed starts for readers, moves
/// up. Rows at or below the floor are deleted a few with each group, so that no group takes long.
pub(super) struct Feed {
    limits: FeedLimits,
    floor: Revision,
    /// Revisions to which the floor may move, oldest first.
    trim_points: VecDeque<TrimPoint>,
    /// Number of changes written so far, including those found when the feed was opened.
    total: u64,
    /// Whether rows at or below the floor may exist.
    garbage: bool,
}

struct TrimPoint {
    revision: Revision,
    at: i64,
    /// Number of changes written up to and including this revision.
    total: u64,
}

impl Feed {
    /// Reads the state of the feed.
    pub(super) fn open(db: &Connection, limits: FeedLimits) -> Result<Self> {
        let (_, floor) = state(db)?;
        let mut feed =
            Self { limits, floor, trim_points: VecDeque::new(), total: 0, garbage: true };
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

    /// Counts the changes of a committed group.
    pub(super) fn record(&mut self, revision: Revision, at: i64, changes: u64) {
        self.total += changes;
        // 64 trim points bound the memory use and the excess over the limits.
        let spacing = (self.limits.max_changes / 64) as u64;
        let (last_total, last_at) =
            self.trim_points.back().map_or((0, i64::MIN), |point| (point.total, point.at));
        let far = self.total - last_total > spacing;
        if far || at.saturating_sub(last_at) > self.limits.max_age / 64 {
            self.trim_points.push_back(TrimPoint { revision, at, total: self.total });
        }
    }

    /// The floor after a group that adds this number of changes.
    pub(super) fn floor(&self, now: i64, adding: u64) -> Revision {
        let oldest = now.saturating_sub(self.limits.max_age);
        let trimmed = self.trim_points.iter().take_while(|point| {
            let newer = self.total + adding - point.total;
            point.at < oldest || newer >= self.limits.max_changes as u64
        });
        trimmed.last().map_or(self.floor, |point| point.revision)
    }

    /// Deletes some rows at or below the floor, as part of a group. Returns whether more may exist.
    pub(super) fn delete_trimmed(
        &self,
        db: &Connection,
        floor: Revision,
        adding: u64,
    ) -> Result<bool> {
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

    /// Moves the floor after the group that trimmed the feed was committed.
    pub(super) fn set_floor(&mut self, floor: Revision, garbage: bool) {
        self.floor = floor;
        self.garbage = garbage;
        while self.trim_points.front().is_some_and(|point| point.revision <= floor) {
            self.trim_points.pop_front();
        }
    }
}

/// Appends a change.
pub(super) fn add(db: &Connection, change: (Revision, &Key, bool), now: i64) -> Result<()> {
    let (revision, key, deleted) = change;
    let mut statement = db.prepare_cached(
        "INSERT INTO changes (revision, key, deleted, at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    statement.execute(params![revision_to(revision), key.as_bytes(), deleted, now])?;
    Ok(())
}

/// Returns the whole transactions after a revision; `Err` with the floor if the feed cannot
/// continue after it.
pub(super) fn changes(
    db: &mut Connection,
    after: Revision,
    limit: usize,
) -> Result<std::result::Result<Vec<Change>, Revision>> {
    // The floor and the changes above it must come from one snapshot.
    let txn = db.transaction()?;
    let (last, floor) = state(&txn)?;
    if after < floor || after > last {
        return Ok(Err(floor));
    }
    let limit = limit.max(1);
    let mut found = read(&txn, after, last, limit.saturating_add(1))?;
    let revision_at = |index: usize| found.get(index).map(|change| change.revision);
    if let (Some(first), Some(cut)) = (revision_at(0), revision_at(limit)) {
        if first == cut {
            // A single transaction is larger than the limit.
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
