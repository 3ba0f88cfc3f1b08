//! The attempts that wait for others: a bounded number, and few of one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Maximum number of waiting attempts.
const CAPACITY: usize = 1_000;

/// Maximum number of waiting attempts of one address.
const PER_ADDRESS: usize = 100;

/// Numbers of waiting attempts by address.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A waiting attempt, until it is dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    waiting: &'a Waiting,
    address: IpAddr,
}

impl Waiting {
    /// A place for an attempt from an address. `None` if too many wait.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Place<'_>> {
        let mut counts = self.lock();
        if counts.total >= CAPACITY {
            return None;
        }
        let of_address = counts.by_address.entry(address).or_default();
        if *of_address >= PER_ADDRESS {
            return None;
        }
        *of_address += 1;
        counts.total += 1;
        Some(Place { waiting: self, address })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut counts = self.waiting.lock();
        counts.total -= 1;
        let Some(of_address) = counts.by_address.get_mut(&self.address) else { return };
        *of_address -= 1;
        if *of_address == 0 {
            counts.by_address.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_waiting_attempts_is_limited_per_address_and_in_total() {
        let waiting = Waiting::default();
        let of = |last: u8| {
            std::iter::from_fn(|| waiting.enter([192, 0, 2, last].into())).collect::<Vec<_>>()
        };
        let mut places: Vec<_> = (0..20).flat_map(of).collect();
        assert_eq!(places.len(), CAPACITY);
        places.truncate(PER_ADDRESS);
        assert_eq!(of(0).len(), 0, "the first address has its maximum");
        assert_eq!(of(1).len(), PER_ADDRESS);
        drop(places);
        assert!(waiting.lock().by_address.is_empty());
        assert_eq!(waiting.lock().total, 0);
    }
}
