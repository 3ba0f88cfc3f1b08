//! Silenced entries in dumps: they end in the target when they would have ended in the source.

use serde_json::{Value, json};

use crate::pointer;

/// Makes `expire` count from `begin` or, if the entry has begun, from `now`, as releases before 6.2 and
/// this server read it without `expire_at`. Returns whether the entry still applies.
///
/// `is_remaining`: `expire` is the time until the end, as releases before 6.2 show it. `sets_end`: sets
/// `expire_at` as well, for a target that has it, which cannot know otherwise what `expire` means.
pub(super) fn set_remaining_time(
    entry: &mut Value,
    now: i64,
    is_remaining: bool,
    sets_end: bool,
) -> bool {
    let number = |at| entry.pointer(at).and_then(Value::as_i64).unwrap_or(0);
    let (begin, expire, expire_at) = (number("/begin"), number("/expire"), number("/expire_at"));
    let end = match expire_at {
        _ if expire <= 0 && expire_at <= 0 => return true,
        1.. => expire_at,
        _ if is_remaining => now.saturating_add(expire),
        _ => begin.saturating_add(expire),
    };
    let remaining = end.saturating_sub(begin.max(now));
    pointer::set(entry, "/expire", json!(remaining));
    if sets_end {
        pointer::set(entry, "/expire_at", json!(end));
    }
    remaining > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    /// `expire` of the entry in the dump; `None` if it has ended.
    fn dumped(begin: i64, expire: i64, expire_at: i64, is_remaining: bool) -> Option<i64> {
        let mut entry = json!({"begin": begin, "expire": expire, "expire_at": expire_at});
        let applies = set_remaining_time(&mut entry, NOW, is_remaining, false);
        applies.then(|| entry["expire"].as_i64().unwrap())
    }

    #[test]
    fn expire_is_the_time_until_the_end_from_the_later_of_begin_and_now() {
        assert_eq!(dumped(NOW - 600, 3600, NOW + 3000, false), Some(3000));
        assert_eq!(dumped(NOW + 600, 3600, NOW + 4200, false), Some(3600));
        assert_eq!(dumped(NOW - 600, 3600, 0, false), Some(3000));
        assert_eq!(dumped(NOW - 600, 60, NOW - 540, false), None, "has ended");
        for never in [-1, 0] {
            assert_eq!(dumped(NOW - 600, never, 0, false), Some(never));
        }
    }

    #[test]
    fn an_entry_of_a_release_without_expire_at_gets_it() {
        let mut entry = json!({"begin": NOW + 600, "expire": 4200});
        assert!(set_remaining_time(&mut entry, NOW, true, true));
        assert_eq!(entry, json!({"begin": NOW + 600, "expire": 3600, "expire_at": NOW + 4200}));
    }

    #[test]
    fn the_remaining_time_of_an_entry_that_begins_later_includes_the_wait() {
        assert_eq!(dumped(NOW + 600, 4200, 0, true), Some(3600));
        assert_eq!(dumped(NOW - 600, 3000, 0, true), Some(3000));
        assert_eq!(dumped(NOW - 600, 3600, NOW + 3000, true), Some(3000));
    }
}
