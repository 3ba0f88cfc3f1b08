//! A bounded map of leaky buckets: levels that decrease by one per second.

use std::collections::HashMap;

/// The divisor of the size of a full map that gives the number of entries that are dropped at once.
const DROPPED_PART: usize = 8;

/// Buckets by key. An empty bucket without attempts in progress is not stored.
pub(super) struct LeakyBuckets {
    entries: HashMap<u64, Bucket>,
    capacity: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// Seconds until the bucket is empty, from `at` on.
    level: i64,
    /// The time at which `level` was computed.
    at: i64,
    /// Attempts in progress.
    in_progress: u32,
}

impl Bucket {
    /// The same bucket at another time. A clock that was set back does not make it last longer.
    fn at(self, now: i64) -> Self {
        let elapsed = now.saturating_sub(self.at).max(0);
        Self { level: self.level.saturating_sub(elapsed).max(0), at: now, ..self }
    }

    fn is_empty(&self) -> bool {
        self.level == 0 && self.in_progress == 0
    }
}

impl LeakyBuckets {
    /// An empty map for at most `capacity` entries.
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity }
    }

    /// The level of the bucket of a key, in seconds.
    pub(super) fn level(&mut self, key: u64, now: i64) -> i64 {
        self.entries.get_mut(&key).map_or(0, |bucket| {
            // Stored, because the level decreases from this time on if the clock was set back.
            *bucket = bucket.at(now);
            bucket.level
        })
    }

    /// The attempts of a key that are in progress.
    pub(super) fn in_progress(&self, key: u64) -> u32 {
        self.entries.get(&key).map_or(0, |bucket| bucket.in_progress)
    }

    /// Starts an attempt, which raises the level.
    pub(super) fn start(&mut self, key: u64, seconds: i64, now: i64) {
        let bucket = self.entry(key, now);
        bucket.level = bucket.level.saturating_add(seconds);
        bucket.in_progress = bucket.in_progress.saturating_add(1);
    }

    /// Ends an attempt, and lowers the level by what is refunded.
    pub(super) fn end(&mut self, key: u64, refund: i64) {
        if let Some(bucket) = self.entries.get_mut(&key) {
            bucket.in_progress = bucket.in_progress.saturating_sub(1);
            bucket.level = bucket.level.saturating_sub(refund).max(0);
            if bucket.is_empty() {
                self.entries.remove(&key);
            }
        }
    }

    /// Sets the level.
    pub(super) fn set(&mut self, key: u64, seconds: i64, now: i64) {
        self.entry(key, now).level = seconds;
    }

    /// The bucket of a key at this time.
    fn entry(&mut self, key: u64, now: i64) -> &mut Bucket {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.drop_lowest(now);
        }
        let bucket = self.entries.entry(key).or_default();
        *bucket = bucket.at(now);
        bucket
    }

    /// Drops all empty buckets; if there are none, a part of the buckets: those with the lowest levels and no
    /// attempts in progress.
    fn drop_lowest(&mut self, now: i64) {
        self.entries.retain(|_, bucket| {
            *bucket = bucket.at(now);
            !bucket.is_empty()
        });
        if self.entries.len() < self.capacity {
            return;
        }
        let mut surplus = self.capacity / DROPPED_PART + 1;
        let mut levels: Vec<i64> = self.entries.values().map(|bucket| bucket.level).collect();
        let last = surplus.min(levels.len()).saturating_sub(1);
        let highest_dropped = *levels.select_nth_unstable(last).1;
        self.entries.retain(|_, bucket| {
            let dropped = surplus > 0 && bucket.in_progress == 0 && bucket.level <= highest_dropped;
            surplus -= usize::from(dropped);
            !dropped
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_decreases_by_one_per_second() {
        let mut buckets = LeakyBuckets::new(10);
        buckets.start(1, 60, 100);
        buckets.start(1, 60, 110);
        assert_eq!((buckets.level(1, 110), buckets.in_progress(1)), (110, 2));
        assert_eq!(buckets.level(1, 140), 80);
        buckets.end(1, 60);
        buckets.end(1, 0);
        assert_eq!((buckets.level(1, 140), buckets.in_progress(1)), (20, 0));
        assert_eq!((buckets.level(1, 159), buckets.level(1, i64::MAX)), (1, 0));
        assert_eq!(buckets.level(2, 110), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_extend_a_delay() {
        let mut buckets = LeakyBuckets::new(10);
        buckets.start(1, 60, 10_000);
        assert_eq!(buckets.level(1, 0), 60);
        assert_eq!(buckets.level(1, 59), 1);
        assert_eq!(buckets.level(1, i64::MIN), 1);
    }

    #[test]
    fn empty_buckets_are_not_stored() {
        let mut buckets = LeakyBuckets::new(10);
        for key in 0..100 {
            buckets.start(key, 60, 0);
            buckets.end(key, 60);
        }
        assert!(buckets.entries.is_empty());
    }

    #[test]
    fn a_full_map_drops_the_lowest_buckets_without_attempts_in_progress() {
        let mut buckets = LeakyBuckets::new(80);
        buckets.start(1_000, 1, 0);
        for key in 0..79 {
            buckets.set(key, 10 + i64::from(key >= 20), 0);
        }
        buckets.set(79, 10, 0);
        assert_eq!(buckets.entries.len(), 80 - 11 + 1);
        assert_eq!(buckets.in_progress(1_000), 1, "attempts in progress stay");
        let low = |buckets: &LeakyBuckets| {
            buckets.entries.values().filter(|bucket| bucket.level == 10).count()
        };
        assert_eq!(low(&buckets), 20 - 11 + 1);
        assert!((20..79).all(|key| buckets.level(key, 0) == 11), "full buckets stay");
        // Later, buckets that are empty by then go first.
        for key in 100..1_000 {
            buckets.set(key, 60, 20);
        }
        assert!(buckets.entries.len() <= 80, "{}", buckets.entries.len());
    }
}
