//! Throttling of log-ins (D17; decision record 0014).
//!
//! An attempt is counted when it is admitted, and the count is taken back if the password is right or was
//! not compared. There are three counts: of the user from this address, of the user, and of the address.
//! An attempt that could be admitted once others have ended waits for them for a short time.

mod leaky_buckets;
mod waiting;

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sensu_store::Clock;
use tokio::sync::Notify;

use self::leaky_buckets::LeakyBuckets;
use self::waiting::Waiting;
use super::password::QUEUE;
use crate::client_address::network;
use crate::error::Error;

/// A limit of failed log-ins: a number that is free, and then one per interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// Failures without a delay.
    pub(crate) free: u32,
    /// Seconds after which a failure is no longer counted. Also the longest delay.
    pub(crate) interval: i64,
}

/// Failures of one user from one address.
pub(crate) const PER_USER_AND_ADDRESS: Limit = Limit { free: 10, interval: 60 };
/// Failures of one user from all addresses. The rate is that of six addresses, so that one client does not
/// reach it.
pub(crate) const PER_USER: Limit = Limit { free: 100, interval: 10 };
/// Failures from one address.
pub(crate) const PER_ADDRESS: Limit = Limit { free: 100, interval: 1 };
/// Attempts of one address in progress at the same time: half of the places of the hashing pool, so that one
/// client cannot fill it.
const IN_PROGRESS_PER_ADDRESS: u32 = QUEUE / 2;

/// Maximum time that an attempt waits for others.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Seconds for which the limits of user and address do not apply to a user that has logged in from an
/// address.
const KNOWN_FOR: i64 = 24 * 60 * 60;

/// Maximum number of counts of each limit.
const CAPACITY: usize = 10_000;

/// Counts of log-ins.
pub(super) struct Throttle {
    counts: Mutex<Counts>,
    /// Notified when an attempt has ended.
    ended: Notify,
    waiting: Waiting,
    /// Makes keys of names: a name takes 8 bytes, and clients cannot choose names with equal keys.
    keys: RandomState,
}

struct Counts {
    pairs: LeakyBuckets,
    users: LeakyBuckets,
    addresses: LeakyBuckets,
    /// Pairs of user and address with a recent successful log-in, until it is no longer recent.
    known: LeakyBuckets,
}

/// What an attempt is counted for.
#[derive(Clone, Copy, Debug)]
struct Subjects {
    pair: u64,
    user: u64,
    address: u64,
    /// Whether the limits of user and address do not apply.
    is_known: bool,
}

/// An admitted attempt. Dropped, it stays counted: it has failed, or the client has closed the connection.
pub(super) struct Attempt<'a> {
    throttle: &'a Throttle,
    subjects: Subjects,
    is_refunded: bool,
}

/// Why an attempt is not admitted. In the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    /// It may be admitted when attempts in progress have ended.
    UntilOthersEnd,
    /// It is not admitted for this number of seconds.
    For(i64),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UntilOthersEnd => Self::Throttled(1),
            Refusal::For(seconds) => Self::Throttled(seconds.unsigned_abs()),
        }
    }
}

impl Throttle {
    pub(super) fn new() -> Self {
        let buckets = || LeakyBuckets::new(CAPACITY);
        let counts =
            Counts { pairs: buckets(), users: buckets(), addresses: buckets(), known: buckets() };
        Self {
            counts: Mutex::new(counts),
            ended: Notify::new(),
            waiting: Waiting::default(),
            keys: RandomState::new(),
        }
    }

    /// Admits and counts an attempt. If attempts in progress could make space for it, because they may
    /// succeed, waits for them for at most [`MAX_WAIT`], so that parallel log-ins with the right password
    /// succeed.
    ///
    /// # Errors
    /// [`Error::Throttled`] with the seconds until another attempt is worthwhile, at most the longest interval
    /// of a limit; also if too many attempts wait. The attempt is not counted.
    pub(super) async fn admit(
        &self,
        user: &str,
        address: IpAddr,
        clock: &dyn Clock,
    ) -> Result<Attempt<'_>, Error> {
        let attempt = async {
            let mut place = None;
            loop {
                // Before the counts are read, so that no attempt ends unnoticed in between.
                let mut ended = std::pin::pin!(self.ended.notified());
                ended.as_mut().enable();
                match self.try_admit(user, address, clock.now()) {
                    Err(Refusal::UntilOthersEnd) => {}
                    result => return result,
                }
                if place.is_none() {
                    let entered = self.waiting.enter(network(address));
                    place = Some(entered.ok_or(Refusal::UntilOthersEnd)?);
                }
                ended.await;
            }
        };
        let result = tokio::time::timeout(MAX_WAIT, attempt).await;
        result.unwrap_or(Err(Refusal::UntilOthersEnd)).map_err(Error::from)
    }

    /// Admits and counts an attempt at `now`, in seconds, or refuses it without counting it.
    fn try_admit(&self, user: &str, address: IpAddr, now: i64) -> Result<Attempt<'_>, Refusal> {
        let address = network(address);
        let pair = self.keys.hash_one((user, address));
        let (user, address) = (self.keys.hash_one(user), self.keys.hash_one(address));
        let mut counts = self.lock();
        let is_known = counts.known.level(pair, now) > 0;
        let subjects = Subjects { pair, user, address, is_known };
        if let Some(refusal) = counts.refusal(subjects, now) {
            return Err(refusal);
        }
        counts.start(subjects, now);
        Ok(Attempt { throttle: self, subjects, is_refunded: false })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Why an attempt is not admitted, if it is not.
    fn refusal(&mut self, subjects: Subjects, now: i64) -> Option<Refusal> {
        let Subjects { pair, user, address, is_known } = subjects;
        let mut refusal = PER_USER_AND_ADDRESS.refusal(&mut self.pairs, pair, now);
        if !is_known {
            refusal = refusal.max(PER_USER.refusal(&mut self.users, user, now));
            refusal = refusal.max(PER_ADDRESS.refusal(&mut self.addresses, address, now));
        }
        if self.addresses.in_progress(address) >= IN_PROGRESS_PER_ADDRESS {
            refusal = refusal.max(Some(Refusal::UntilOthersEnd));
        }
        refusal
    }

    fn start(&mut self, subjects: Subjects, now: i64) {
        let [pair, user, address] = subjects.costs();
        self.pairs.start(subjects.pair, pair, now);
        self.users.start(subjects.user, user, now);
        self.addresses.start(subjects.address, address, now);
    }

    fn end(&mut self, subjects: Subjects, is_refunded: bool) {
        let [pair, user, address] = if is_refunded { subjects.costs() } else { [0; 3] };
        self.pairs.end(subjects.pair, pair);
        self.users.end(subjects.user, user);
        self.addresses.end(subjects.address, address);
    }
}

impl Limit {
    /// Why the bucket has no space for one more failure, if it has none.
    fn refusal(self, buckets: &mut LeakyBuckets, key: u64, now: i64) -> Option<Refusal> {
        let limit = self.interval.saturating_mul(self.free.into());
        let excess = |level: i64| level.saturating_add(self.interval).saturating_sub(limit).max(0);
        let level = buckets.level(key, now);
        let refundable = self.interval.saturating_mul(buckets.in_progress(key).into());
        match excess(level) {
            0 => None,
            _ if excess(level.saturating_sub(refundable)) == 0 => Some(Refusal::UntilOthersEnd),
            delay => Some(Refusal::For(delay)),
        }
    }
}

impl Subjects {
    /// Seconds that an attempt adds to the levels of pair, user and address.
    fn costs(self) -> [i64; 3] {
        match self.is_known {
            true => [PER_USER_AND_ADDRESS.interval, 0, 0],
            false => [PER_USER_AND_ADDRESS.interval, PER_USER.interval, PER_ADDRESS.interval],
        }
    }
}

impl Attempt<'_> {
    /// The password is right: the attempt is not counted, and the user is known at this address.
    pub(super) fn succeed(self, now: i64) {
        self.throttle.lock().known.set(self.subjects.pair, KNOWN_FOR, now);
        self.refund();
    }

    /// The attempt is not counted, because the password was not compared.
    pub(super) fn refund(mut self) {
        self.is_refunded = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.throttle.lock().end(self.subjects, self.is_refunded);
        self.throttle.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
