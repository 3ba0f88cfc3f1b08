//! A bounded map of debts: amounts that decrease by one per second.

use std::collections::HashMap;

/// The divisor of the size of a full map that gives the number of entries that are dropped at once.
const DROPPED_PART: usize = 8;

/// Debts by key. An entry without debt and without attempts in progress is not stored.
pub(super) struct Debts {
    entries: HashMap<u64, Debt>,
    capacity: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Debt {
    /// Seconds until the debt is 0, from `at` on.
    seconds: i64,
    /// The time at which `seconds` was computed.
    at: i64,
    /// Attempts in progress.
    in_progress: u32,
}

impl Debt {
    /// The same debt at another time. A clock that was set back does not make it last longer.
    fn at(self, now: i64) -> Self {
        let elapsed = now.saturating_sub(self.at).max(0);
        Self { seconds: self.seconds.saturating_sub(elapsed).max(0), at: now, ..self }
    }

    fn is_empty(&self) -> bool {
        self.seconds == 0 && self.in_progress == 0
    }
}

impl Debts {
    /// An empty map for at most `capacity` entries.
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity }
    }

    /// The debt of a key in seconds.
    pub(super) fn seconds(&mut self, key: u64, now: i64) -> i64 {
        self.entries.get_mut(&key).map_or(0, |debt| {
            // Stored, because the debt decreases from this time on if the clock was set back.
            *debt = debt.at(now);
            debt.seconds
        })
    }

    /// The attempts of a key that are in progress.
    pub(super) fn in_progress(&self, key: u64) -> u32 {
        self.entries.get(&key).map_or(0, |debt| debt.in_progress)
    }

    /// Starts an attempt, which increases the debt.
    pub(super) fn start(&mut self, key: u64, seconds: i64, now: i64) {
        let debt = self.entry(key, now);
        debt.seconds = debt.seconds.saturating_add(seconds);
        debt.in_progress = debt.in_progress.saturating_add(1);
    }

    /// Ends an attempt, and reduces the debt by what is refunded.
    pub(super) fn end(&mut self, key: u64, refund: i64) {
        if let Some(debt) = self.entries.get_mut(&key) {
            debt.in_progress = debt.in_progress.saturating_sub(1);
            debt.seconds = debt.seconds.saturating_sub(refund).max(0);
            if debt.is_empty() {
                self.entries.remove(&key);
            }
        }
    }

    /// Sets the debt.
    pub(super) fn set(&mut self, key: u64, seconds: i64, now: i64) {
        self.entry(key, now).seconds = seconds;
    }

    /// The entry of a key at this time.
    fn entry(&mut self, key: u64, now: i64) -> &mut Debt {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.drop_smallest(now);
        }
        let debt = self.entries.entry(key).or_default();
        *debt = debt.at(now);
        debt
    }

    /// Drops all entries without debt; if there are none, a part of the entries: those with the smallest
    /// debts and no attempts in progress.
    fn drop_smallest(&mut self, now: i64) {
        self.entries.retain(|_, debt| {
            *debt = debt.at(now);
            !debt.is_empty()
        });
        if self.entries.len() < self.capacity {
            return;
        }
        let mut surplus = self.capacity / DROPPED_PART + 1;
        let mut seconds: Vec<i64> = self.entries.values().map(|debt| debt.seconds).collect();
        let last = surplus.min(seconds.len()).saturating_sub(1);
        let largest_dropped = *seconds.select_nth_unstable(last).1;
        self.entries.retain(|_, debt| {
            let dropped = surplus > 0 && debt.in_progress == 0 && debt.seconds <= largest_dropped;
            surplus -= usize::from(dropped);
            !dropped
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debt_decreases_by_one_per_second() {
        let mut debts = Debts::new(10);
        debts.start(1, 60, 100);
        debts.start(1, 60, 110);
        assert_eq!((debts.seconds(1, 110), debts.in_progress(1)), (110, 2));
        assert_eq!(debts.seconds(1, 140), 80);
        debts.end(1, 60);
        debts.end(1, 0);
        assert_eq!((debts.seconds(1, 140), debts.in_progress(1)), (20, 0));
        assert_eq!((debts.seconds(1, 159), debts.seconds(1, i64::MAX)), (1, 0));
        assert_eq!(debts.seconds(2, 110), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_extend_a_debt() {
        let mut debts = Debts::new(10);
        debts.start(1, 60, 10_000);
        assert_eq!(debts.seconds(1, 0), 60);
        assert_eq!(debts.seconds(1, 59), 1);
        assert_eq!(debts.seconds(1, i64::MIN), 1);
    }

    #[test]
    fn entries_without_debt_are_not_stored() {
        let mut debts = Debts::new(10);
        for key in 0..100 {
            debts.start(key, 60, 0);
            debts.end(key, 60);
        }
        assert!(debts.entries.is_empty());
    }

    #[test]
    fn a_full_map_drops_the_smallest_debts_without_attempts_in_progress() {
        let mut debts = Debts::new(80);
        debts.start(1_000, 1, 0);
        for key in 0..79 {
            debts.set(key, 10 + i64::from(key >= 20), 0);
        }
        debts.set(79, 10, 0);
        assert_eq!(debts.entries.len(), 80 - 11 + 1);
        assert_eq!(debts.in_progress(1_000), 1, "attempts in progress stay");
        let small = |debts: &Debts| debts.entries.values().filter(|d| d.seconds == 10).count();
        assert_eq!(small(&debts), 20 - 11 + 1);
        assert!((20..79).all(|key| debts.seconds(key, 0) == 11), "large debts stay");
        // Later, debts that have expired go first.
        for key in 100..1_000 {
            debts.set(key, 60, 20);
        }
        assert!(debts.entries.len() <= 80, "{}", debts.entries.len());
    }
}
