//! The change feed: read in whole transactions, trimmed from its end.
//!
//! How long the feed is, is known from marks that the writers of all servers leave now and then: a
//! revision, when it was, and how many changes there were up to it. Forgetting happens in two
//! parts: the floor moves up to a mark, which is what readers see, and rows at or below the floor
//! are removed a few with each group, so that no group takes long over it.

use deadpool_postgres::Object;

use super::failure::told;
use super::rows::{count, key_from, number, revision_in, value_in};
use crate::{Change, FeedLimits, Revision, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// Marks looked at in one group.
pub(super) const MARKS: i64 = 64;

/// The row `state`: all that the servers know together about the order and the feed.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) revision: Revision,
    /// The revision after which the feed begins.
    pub(super) floor: Revision,
    /// Changes written so far.
    pub(super) total: i64,
    /// The last mark: the changes up to it, and when.
    pub(super) marked_total: i64,
    pub(super) marked_at: i64,
}

/// A place where the floor may move to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) revision: Revision,
    pub(super) at: i64,
    pub(super) total: i64,
}

impl State {
    /// Counts the changes of a group that ends with `revision`; the mark it leaves, if any.
    pub(super) fn advance(
        &mut self,
        revision: Revision,
        changes: usize,
        now: i64,
        limits: FeedLimits,
    ) -> Option<Mark> {
        self.revision = revision;
        self.total = self.total.saturating_add(count(changes));
        let coarse = count(limits.max_changes / 64);
        let far = self.total.saturating_sub(self.marked_total) > coarse;
        let late = now.saturating_sub(self.marked_at) > limits.max_age / 64;
        if changes == 0 || !(far || late) {
            return None;
        }
        (self.marked_total, self.marked_at) = (self.total, now);
        Some(Mark { revision, at: now, total: self.total })
    }

    /// Moves the floor up to the last of the oldest marks that may be forgotten.
    pub(super) fn forget(&mut self, oldest: &[Mark], now: i64, limits: FeedLimits) {
        let (age, most) = (now.saturating_sub(limits.max_age), count(limits.max_changes));
        let forgotten =
            |mark: &&Mark| mark.at < age || self.total.saturating_sub(mark.total) >= most;
        if let Some(last) = oldest.iter().take_while(forgotten).last() {
            self.floor = self.floor.max(last.revision);
        }
    }
}

/// Whole transactions after a revision, or the oldest revision to go on from.
pub(super) async fn changes(
    db: &Object,
    after: Revision,
    limit: usize,
) -> Result<std::result::Result<Vec<Change>, Revision>> {
    let limit = limit.max(1);
    let found = read(db, after, Revision::MAX, limit.saturating_add(1)).await?;
    let Ok(mut found) = found else { return Ok(found) };
    let at = |place: usize| found.get(place).map(|change| change.revision);
    let (Some(first), Some(cut)) = (at(0), at(limit)) else { return Ok(Ok(found)) };
    if first == cut {
        // One transaction alone is larger than the limit.
        return read(db, after, first, usize::MAX).await;
    }
    found.retain(|change| change.revision < cut);
    Ok(Ok(found))
}

/// One statement: the floor and what lies above it belong to one snapshot.
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
    let statement = db.prepare_cached(text).await.map_err(told)?;
    let parameters = (number(after), number(to), count(limit));
    let rows = db.query(&statement, &[&parameters.0, &parameters.1, &parameters.2]).await;
    let rows = rows.map_err(told)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let (last, floor) = (revision_in(row, 0)?, revision_in(row, 1)?);
        if after < floor || after > last {
            return Ok(Err(floor));
        }
        // An empty feed is a row with nothing in these columns.
        if value_in::<Option<i64>>(row, 2)?.is_some() {
            let (revision, key) = (revision_in(row, 2)?, key_from(row, 3)?);
            found.push(Change { revision, key, deleted: value_in(row, 4)? });
        }
    }
    Ok(Ok(found))
}
