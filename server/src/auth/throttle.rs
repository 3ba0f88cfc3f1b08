//! Throttling of failed log-ins, per user and per client address (D17).

use std::net::IpAddr;

use quick_cache::sync::Cache;

use crate::error::Error;

/// Failures of one user without a delay.
pub(crate) const FREE_PER_USER: u32 = 10;
/// Failures of one address without a delay.
pub(crate) const FREE_PER_ADDRESS: u32 = 100;
/// Longest delay, in seconds. Short, because any client can delay the log-in of another user.
pub(crate) const MAX_DELAY: i64 = 60;
/// Seconds without a failure after which the count starts again.
const RESET_AFTER: i64 = 15 * 60;

/// Recent failed log-ins by user and by client address. Bounded in size: new entries evict old ones.
pub(super) struct Throttle {
    failures: Cache<Subject, Failures>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    User(String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    last: i64,
}

impl Throttle {
    pub(super) fn new() -> Self {
        Self { failures: Cache::new(10_000) }
    }

    /// Admits a log-in attempt at `now`, in seconds.
    ///
    /// # Errors
    /// [`Error::Throttled`] with the seconds to wait.
    pub(super) fn admit(&self, user: &str, address: IpAddr, now: i64) -> Result<(), Error> {
        let wait = subjects(user, address).map(|(subject, free)| {
            let Failures { count, last } = self.failures.get(&subject).unwrap_or_default();
            let Some(beyond) = count.checked_sub(free) else { return 0 };
            let delay = 1_i64.checked_shl(beyond.min(16)).unwrap_or(MAX_DELAY).min(MAX_DELAY);
            last + delay - now
        });
        match wait.into_iter().max() {
            Some(seconds) if seconds > 0 => Err(Error::Throttled(seconds.unsigned_abs())),
            _ => Ok(()),
        }
    }

    /// Records a failed log-in.
    pub(super) fn record_failure(&self, user: &str, address: IpAddr, now: i64) {
        for (subject, _) in subjects(user, address) {
            let before = self.failures.get(&subject).filter(|past| now - past.last < RESET_AFTER);
            let count = before.unwrap_or_default().count.saturating_add(1);
            self.failures.insert(subject, Failures { count, last: now });
        }
    }

    /// Records a successful log-in: clears the failures of the user, but not of the address.
    pub(super) fn record_success(&self, user: &str) {
        self.failures.remove(&Subject::User(user.to_owned()));
    }
}

fn subjects(user: &str, address: IpAddr) -> [(Subject, u32); 2] {
    [(Subject::User(user.to_owned()), FREE_PER_USER), (Subject::Address(address), FREE_PER_ADDRESS)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_with_the_failures_of_a_user() {
        let (throttle, here) = (Throttle::new(), IpAddr::from([127, 0, 0, 1]));
        for _ in 0..FREE_PER_USER {
            assert_eq!(throttle.admit("bob", here, 100), Ok(()));
            throttle.record_failure("bob", here, 100);
        }
        assert_eq!(throttle.admit("bob", here, 100), Err(Error::Throttled(1)));
        assert_eq!(throttle.admit("bob", here, 101), Ok(()));
        throttle.record_failure("bob", here, 101);
        assert_eq!(throttle.admit("bob", here, 101), Err(Error::Throttled(2)));
        assert_eq!(throttle.admit("al", here, 101), Ok(()), "other users are not delayed");
        throttle.record_success("bob");
        assert_eq!(throttle.admit("bob", here, 101), Ok(()));
    }

    #[test]
    fn an_address_is_throttled_across_users() {
        let (throttle, here) = (Throttle::new(), IpAddr::from([127, 0, 0, 1]));
        for n in 0..=FREE_PER_ADDRESS {
            throttle.record_failure(&format!("user{n}"), here, 100);
        }
        assert!(throttle.admit("fresh", here, 100).is_err());
        assert_eq!(throttle.admit("fresh", IpAddr::from([127, 0, 0, 2]), 100), Ok(()));
        assert_eq!(throttle.admit("fresh", here, 200), Ok(()), "the delay is at most a minute");
    }
}
