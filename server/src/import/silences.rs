//! The end of silenced entries in dumps of releases before Sensu Go 6.2.
//!
//! These releases show `expire` as the remaining time until the end, later ones as the duration from
//! `begin`, together with `expire_at` (D24). Without `expire_at`, an import has to derive the end from
//! the time of the dump: otherwise an entry that begins later would last too long.

use sensu_types::silenced::Silenced;

use super::changes::explained;
use super::report::{Change, ChangeKind};

const REMAINING: &str = "without `expire_at`, `expire` is the time that remains until the end (Sensu Go 5); the end is \
                         the time of the dump (`--taken-at`) plus this time, and `expire` is the duration from `begin`";

const DURATION: &str = "without `expire_at`, and shorter than the time until `begin`, `expire` is the duration from \
                        `begin`";

const BEGIN: &str = "without `begin`, the entry begins at the time of the dump (`--taken-at`)";

/// Sets the end of an entry that has none although it expires. Returns the changes.
pub(super) fn set_end(entry: &mut Silenced, taken_at: i64) -> Vec<Change> {
    if entry.expire_at > 0 || entry.expire <= 0 {
        return Vec::new();
    }
    let mut changes = Vec::new();
    if entry.begin <= 0 {
        entry.begin = taken_at;
        changes.push(explained("begin", ChangeKind::Added, BEGIN));
    }
    let until_begin = entry.begin.saturating_sub(taken_at).max(0);
    let is_remaining = entry.expire > until_begin;
    let (start, reason) = match is_remaining {
        true => (taken_at, REMAINING),
        false => (entry.begin, DURATION),
    };
    entry.expire_at = start.saturating_add(entry.expire);
    let duration = entry.expire_at.saturating_sub(entry.begin);
    if duration != entry.expire {
        entry.expire = duration;
        changes.push(explained("expire", ChangeKind::Changed, reason));
    }
    changes.push(explained("expire_at", ChangeKind::Added, reason));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;
    const DAY: i64 = 86_400;

    /// `begin`, `expire` and `expire_at` after the import of a dump taken now.
    fn imported(begin: i64, expire: i64, expire_at: i64) -> (i64, i64, i64) {
        let mut entry = Silenced { begin, expire, expire_at, ..Silenced::default() };
        set_end(&mut entry, NOW);
        (entry.begin, entry.expire, entry.expire_at)
    }

    #[test]
    fn the_remaining_time_ends_after_the_dump() {
        let begin = NOW + 30 * DAY;
        let window = (begin, 3600, begin + 3600);
        assert_eq!(imported(begin, 30 * DAY + 3600, 0), window, "one hour in 30 days");
        assert_eq!(imported(begin, 3600, 0), window, "cannot be the remaining time");
        assert_eq!(imported(NOW - 600, 3000, 0), (NOW - 600, 3600, NOW + 3000), "has begun");
        assert_eq!(imported(0, 60, 0), (NOW, 60, NOW + 60));
    }

    #[test]
    fn an_entry_with_an_end_or_without_expiry_does_not_change() {
        let begin = NOW + DAY;
        for entry in [(begin, 60, begin + 60), (begin, 60, 5), (begin, -1, 0), (0, 0, 0)] {
            assert_eq!(imported(entry.0, entry.1, entry.2), entry);
        }
    }
}
