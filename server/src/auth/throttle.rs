//! Slows down those who guess passwords, per user and per address (D17).

use std::net::IpAddr;

use quick_cache::sync::Cache;

use crate::error::Error;

/// Failures that cost nothing but the answer.
const FREE_PER_USER: u32 = 10;
const FREE_PER_ADDRESS: u32 = 100;
/// Longest wait. Short, because anybody can make another user wait.
const LONGEST: i64 = 60;
/// Failures are forgotten after so many quiet seconds.
const MEMORY: i64 = 15 * 60;

/// Failed log-ins lately, by who was tried and from where. Bounded in size: under attack from many
/// addresses the oldest are forgotten first.
pub(crate) struct Throttle {
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
    pub(crate) fn new() -> Self {
        Self { failures: Cache::new(10_000) }
    }

    /// Whether a log-in may be tried now.
    ///
    /// # Errors
    /// [`Error::Throttled`] with the seconds to wait.
    pub(crate) fn admit(&self, user: &str, address: IpAddr, now: i64) -> Result<(), Error> {
        let wait = subjects(user, address).map(|(subject, free)| {
            let Failures { count, last } = self.failures.get(&subject).unwrap_or_default();
            let Some(beyond) = count.checked_sub(free) else { return 0 };
            let pause = 1_i64.checked_shl(beyond.min(16)).unwrap_or(LONGEST).min(LONGEST);
            last + pause - now
        });
        match wait.into_iter().max() {
            Some(seconds) if seconds > 0 => Err(Error::Throttled(seconds.unsigned_abs())),
            _ => Ok(()),
        }
    }

    /// Takes note of a failed log-in.
    pub(crate) fn failed(&self, user: &str, address: IpAddr, now: i64) {
        for (subject, _) in subjects(user, address) {
            let before = self.failures.get(&subject).filter(|past| now - past.last < MEMORY);
            let count = before.unwrap_or_default().count.saturating_add(1);
            self.failures.insert(subject, Failures { count, last: now });
        }
    }

    /// A successful log-in clears the user; the address has to wait for its failures to age.
    pub(crate) fn succeeded(&self, user: &str) {
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
    fn guessing_costs_more_and_more_time() {
        let (throttle, here) = (Throttle::new(), IpAddr::from([127, 0, 0, 1]));
        for _ in 0..FREE_PER_USER {
            assert_eq!(throttle.admit("bob", here, 100), Ok(()));
            throttle.failed("bob", here, 100);
        }
        assert_eq!(throttle.admit("bob", here, 100), Err(Error::Throttled(1)));
        assert_eq!(throttle.admit("bob", here, 101), Ok(()));
        throttle.failed("bob", here, 101);
        assert_eq!(throttle.admit("bob", here, 101), Err(Error::Throttled(2)));
        assert_eq!(throttle.admit("al", here, 101), Ok(()), "others are not held up");
        throttle.succeeded("bob");
        assert_eq!(throttle.admit("bob", here, 101), Ok(()));
    }

    #[test]
    fn one_address_cannot_try_many_users() {
        let (throttle, here) = (Throttle::new(), IpAddr::from([127, 0, 0, 1]));
        for n in 0..=FREE_PER_ADDRESS {
            throttle.failed(&format!("user{n}"), here, 100);
        }
        assert!(throttle.admit("fresh", here, 100).is_err());
        assert_eq!(throttle.admit("fresh", IpAddr::from([127, 0, 0, 2]), 100), Ok(()));
        assert_eq!(throttle.admit("fresh", here, 200), Ok(()), "never longer than a minute");
    }
}
