//! bcrypt hashes of passwords, computed in a pool (D17, D18).
//!
//! A failed log-in takes the same time for every user: that of the most expensive hash in use, for users
//! that do not exist as well. A cheaper hash is followed by further hashing, up to the same amount of
//! work (decision record 0014).

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

use bcrypt::{BcryptError, HashParts};
use sensu_store::{Scan, Store};

use super::Account;
use crate::error::Error;
use crate::keyspace;
use crate::limits::workers::Workers;
use crate::runtime::context::Context;

/// Hashes that wait for a processor.
pub(super) const QUEUE: u32 = 32;

/// Maximum steps by which the cost of a failed log-in exceeds the cost of the server: four times the work.
/// Otherwise one expensive hash would make every failed log-in as expensive.
const MAX_STEPS: u32 = 2;

/// Longest password that bcrypt compares completely, in bytes.
const MAX_BYTES: usize = 72;

/// Entries per scan at start.
const BATCH: usize = 1_000;

/// A pool for hashing: one thread per processor, and a short queue.
pub(crate) fn hashing_pool() -> Workers {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Workers::new("hashing passwords", processors, usize::try_from(QUEUE).unwrap_or(usize::MAX))
}

/// Hashes a password whose length the caller has validated.
///
/// # Errors
/// [`Error::Unavailable`] if the pool is full; [`Error::Internal`] for a cost that bcrypt does not support.
pub(crate) async fn hash(cx: &Context, password: String) -> Result<String, Error> {
    let cost = cx.limits.password_cost;
    cx.hashing.run(move || bcrypt::hash(password, cost)).await?.map_err(internal)
}

/// As [`hash`], without a pool: for commands, and before the server starts.
///
/// # Errors
/// [`Error::Internal`] for a cost that bcrypt does not support.
pub(crate) async fn hash_without_pool(password: String, cost: u32) -> Result<String, Error> {
    without_pool(move || bcrypt::hash(password, cost)).await
}

/// Whether a password matches a hash. Without a pool, for the start of the server.
///
/// # Errors
/// [`Error::Internal`] for a malformed hash.
pub(super) async fn matches_without_pool(password: String, hash: String) -> Result<bool, Error> {
    without_pool(move || bcrypt::verify(password, &hash)).await
}

async fn without_pool<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BcryptError> + Send + 'static,
) -> Result<T, Error> {
    let result = tokio::task::spawn_blocking(work).await;
    result.map_err(|error| Error::Internal(error.to_string()))?.map_err(internal)
}

/// Whether a password is that of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// It is not, or there is no account, or the log-in is not accepted.
    Fails,
    /// It is. If the cost of the stored hash is not that of the server, there is a hash to replace it.
    Matches { new_hash: Option<String> },
}

/// Compares a password with the hash of an account. A right password fails, after the same time as a wrong
/// one, if the account is disabled or the caller does not `accept` it.
///
/// # Errors
/// [`Error::Unavailable`] if the pool is full; [`Error::Internal`] for a malformed hash. The password was
/// not compared.
pub(super) async fn compare(
    cx: &Context,
    password: String,
    account: Option<&Account>,
    accept: bool,
) -> Result<Comparison, Error> {
    let cost = cx.limits.password_cost;
    let stored = account.map(|account| (account.hash.clone(), accept && !account.user.disabled));
    if let Some((hash, _)) = &stored {
        cx.auth.largest_cost.add(hash);
    }
    let largest = cx.auth.largest_cost.get().clamp(cost, cost.saturating_add(MAX_STEPS));
    let compared = cx.hashing.run(move || match stored {
        Some((hash, accept)) => compare_with(&password, &hash, accept, cost, largest),
        None => {
            spend(largest);
            Ok(Comparison::Fails)
        }
    });
    compared.await?.map_err(internal)
}

fn compare_with(
    password: &str,
    hash: &str,
    accept: bool,
    cost: u32,
    largest: u32,
) -> Result<Comparison, BcryptError> {
    let stored_cost = cost_of(hash)?;
    // bcrypt ignores what follows the first 72 bytes. Longer passwords are never stored.
    let matches = bcrypt::verify(password, hash)? && password.len() <= MAX_BYTES;
    if matches && accept {
        let is_renewed = stored_cost != cost;
        let new_hash = is_renewed.then(|| bcrypt::hash(password, cost).ok()).flatten();
        return Ok(Comparison::Matches { new_hash });
    }
    padding(stored_cost, largest).for_each(spend);
    Ok(Comparison::Fails)
}

/// The costs of the hashes that, after one of `cost`, take as long as one of `largest`: each step of the
/// cost doubles the work, so that twice the first, then each doubled amount, adds up to it.
fn padding(cost: u32, largest: u32) -> impl Iterator<Item = u32> {
    cost..largest
}

/// Takes the time of a hash.
fn spend(cost: u32) {
    // A cost that bcrypt does not support takes no time; stored hashes have none.
    let _ = black_box(bcrypt::hash_with_salt("dummy", cost, [0; 16]));
}

fn cost_of(hash: &str) -> Result<u32, BcryptError> {
    Ok(hash.parse::<HashParts>()?.get_cost())
}

fn internal(error: BcryptError) -> Error {
    Error::Internal(error.to_string())
}

/// The largest cost of a stored hash. It decreases at a restart only. Hashes that another server on the same
/// database writes are taken into account at their first use.
#[derive(Debug, Default)]
pub(crate) struct LargestCost(AtomicU32);

impl LargestCost {
    /// The largest cost in the store.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(super) async fn load(store: &dyn Store) -> Result<Self, Error> {
        let (largest, mut after) = (Self::default(), None);
        let prefix = keyspace::whole_collection(keyspace::PASSWORDS)?;
        loop {
            let scan = Scan { prefix: prefix.clone(), after, limit: BATCH, max_bytes: usize::MAX };
            let entries = store.scan(scan).await?;
            let Some(last) = entries.last() else { return Ok(largest) };
            after = Some(last.key.clone());
            for entry in &entries {
                largest.add(&String::from_utf8_lossy(&entry.value));
            }
        }
    }

    /// Takes a stored hash into account.
    pub(crate) fn add(&self, hash: &str) {
        if let Ok(cost) = cost_of(hash) {
            self.0.fetch_max(cost, Ordering::Relaxed);
        }
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use sensu_types::user::PasswordHash;

    use super::*;

    fn matches(password: &str, hash: &str, cost: u32) -> Comparison {
        compare_with(password, hash, true, cost, cost).unwrap()
    }

    #[test]
    fn a_hash_of_another_cost_is_replaced() {
        let hash = bcrypt::hash("long enough", 5).unwrap();
        assert_eq!(matches("long enougH", &hash, 5), Comparison::Fails);
        assert_eq!(matches("long enough", &hash, 5), Comparison::Matches { new_hash: None });
        for cost in [4, 6] {
            let Comparison::Matches { new_hash: Some(new) } = matches("long enough", &hash, cost)
            else {
                panic!("no new hash of cost {cost}");
            };
            assert_eq!(cost_of(&new).unwrap(), cost);
            assert_eq!(matches("long enough", &new, cost), Comparison::Matches { new_hash: None });
        }
    }

    #[test]
    fn a_disabled_user_and_a_password_of_more_than_72_bytes_fail() {
        let longest = "a".repeat(MAX_BYTES);
        let hash = bcrypt::hash(&longest, 4).unwrap();
        assert_eq!(compare_with(&longest, &hash, false, 4, 4).unwrap(), Comparison::Fails);
        assert_eq!(matches(&format!("{longest}a"), &hash, 4), Comparison::Fails);
        assert_eq!(matches(&longest, &hash, 4), Comparison::Matches { new_hash: None });
    }

    #[test]
    fn every_failure_takes_the_work_of_the_largest_cost() {
        for largest in 4..=16_u32 {
            for cost in 4..=largest {
                let work: u64 = padding(cost, largest).map(|cost| 1 << cost).sum();
                assert_eq!((1_u64 << cost) + work, 1 << largest, "{cost} of {largest}");
            }
        }
    }

    #[test]
    fn the_largest_cost_is_that_of_the_stored_hashes() {
        let largest = LargestCost::default();
        for hash in ["$2b$06$", "no hash"] {
            largest.add(hash);
        }
        assert_eq!(largest.get(), 0);
        for cost in [5, 7, 4] {
            largest.add(&bcrypt::hash("long enough", cost).unwrap());
        }
        assert_eq!(largest.get(), 7);
    }

    const CHARACTERS: &str = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    #[test]
    fn bcrypt_reads_every_accepted_hash() {
        let (mut accepted_count, salt, rest) =
            (0, "abcdefghijklmnopqrstu", "uxN3mhXkqsmQbUE1Xj5sYDAj2PpzD");
        for last in CHARACTERS.chars() {
            for hash in [
                format!("$2b$04${salt}{last}u{rest}C"),
                format!("$2y$04${salt}Ou{rest}{last}"),
                format!("$2a$04${salt}e{last}{rest}C"),
            ] {
                let accepted = PasswordHash { password_hash: hash.clone() }.validate().is_ok();
                accepted_count += usize::from(accepted);
                assert!(!accepted || bcrypt::verify("other", &hash).is_ok(), "{hash}");
            }
        }
        assert_eq!(accepted_count, 4 + 16 + 64);
    }
}
