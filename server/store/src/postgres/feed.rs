//! The change feed: read in whole transactions, trimmed at its start.
//!
//! The writers of all servers record trim points at intervals: a revision, its time, and the number
//! of changes up to it. They tell how long the feed is. Trimming has two parts. The floor, the
//! revision after which the feed starts for readers, moves up to a trim point. Rows at or below the
//! floor are deleted a few with each group, so that no group takes long.

use deadpool_postgres::Object;

use super::failure::store_error;
use super::rows::{count, key_from, number, revision_in, value_in};
use crate::{Change, FeedLimits, Revision, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// Maximum number of trim points that one group reads.
pub(super) const TRIM_POINTS: i64 = 64;

/// The row of the table `state`: the last revision and the feed, shared by all servers.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) revision: Revision,
    /// The revision after which the feed starts.
    pub(super) floor: Revision,
    /// Number of changes written so far.
    pub(super) total: i64,
    /// Number of changes up to the last trim point, and its time.
    pub(super) trim_point_total: i64,
    pub(super) trim_point_at: i64,
}

/// A revision to which the floor may move.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrimPoint {
    pub(super) revision: Revision,
    pub(super) at: i64,
    pub(super) total: i64,
}

impl State {
    /// Counts the changes of a group that ends with `revision`. Returns the trim point that the
    /// group records, if any.
    pub(super) fn advance(
        &mut self,
        revision: Revision,
        changes: usize,
        now: i64,
        limits: FeedLimits,
    ) -> Option<TrimPoint> {
        self.revision = revision;
        self.total = self.total.saturating_add(count(changes));
        let spacing = count(limits.max_changes / 64);
        let far = self.total.saturating_sub(self.trim_point_total) > spacing;
        let late = now.saturating_sub(self.trim_point_at) > limits.max_age / 64;
        if changes == 0 || !(far || late) {
            return None;
        }
        (self.trim_point_total, self.trim_point_at) = (self.total, now);
        Some(TrimPoint { revision, at: now, total: self.total })
    }

    /// Moves the floor to the last of these trim points, oldest first, that is beyond the limits.
    pub(super) fn trim(&mut self, oldest: &[TrimPoint], now: i64, limits: FeedLimits) {
        let (age, max) = (now.saturating_sub(limits.max_age), count(limits.max_changes));
        let trimmed =
            |point: &&TrimPoint| point.at < age || self.total.saturating_sub(point.total) >= max;
        if let Some(last) = oldest.iter().take_while(trimmed).last() {
            self.floor = self.floor.max(last.revision);
        }
    }
}

/// Returns the whole transactions after a revision; `Err` with the floor if the feed cannot
/// continue after it.
pub(super) async fn changes(
    db: &Object,
    after: Revision,
    limit: usize,
) -> Result<std::result::Result<Vec<Change>, Revision>> {
    let limit = limit.max(1);
    let found = read(db, after, Revision::MAX, limit.saturating_add(1)).await?;
    let Ok(mut found) = found else { return Ok(found) };
    let revision_at = |index: usize| found.get(index).map(|change| change.revision);
    let (Some(first), Some(cut)) = (revision_at(0), revision_at(limit)) else {
        return Ok(Ok(found));
    };
    if first == cut {
        // A single transaction is larger than the limit.
        return read(db, after, first, usize::MAX).await;
    }
    found.retain(|change| change.revision < cut);
    Ok(Ok(found))
}

/// A single statement: the floor and the changes above it must come from one snapshot.
async fn read(
    db: &Object,
    after: Revision,
    to: Revision,
    limit: usize,
) -> Result<std::result::Result<Vec<Change>, Revision>> {
    let text = "SELECT state.revision, feed_floor, found.revision, key, deleted FROM state
                LEFT JOIN LATERAL (SELECT revision, key, deleted FROM changes
                    WHERE revision > $1 AND revision <= $2
                    ORDER BY revision, key LIMIT $3) AS found ON true
                WHERE id = 1 ORDER BY found.revision, key";
    let statement = db.prepare_cached(text).await.map_err(store_error)?;
    let parameters = (number(after), number(to), count(limit));
    let rows = db.query(&statement, &[&parameters.0, &parameters.1, &parameters.2]).await;
    let rows = rows.map_err(store_error)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let (last, floor) = (revision_in(row, 0)?, revision_in(row, 1)?);
        if after < floor || after > last {
            return Ok(Err(floor));
        }
        // Without changes, there is one row with NULL in these columns.
        if value_in::<Option<i64>>(row, 2)?.is_some() {
            let (revision, key) = (revision_in(row, 2)?, key_from(row, 3)?);
            found.push(Change { revision, key, deleted: value_in(row, 4)? });
        }
    }
    Ok(Ok(found))
}
