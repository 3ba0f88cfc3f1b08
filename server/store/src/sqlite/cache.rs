//! A cache of frequently read values that is never older than the database.
//!
//! **Guarantee**: whenever the cache contains a key, it contains the value of the newest snapshot of
//! the database, or its absence. So a hit is equivalent to a read of the database at that moment,
//! and reads through the cache and through the database agree on one order.
//!
//! **Proof.** Keys are distributed over stripes. Each stripe has a lock, a counter of the writes
//! that were started in it, and the number of writes in flight.
//!
//! - *Before* the writer commits a group, for each written key, under the lock of the stripe: it
//!   counts a write as started and as in flight, and removes the key.
//! - *After* the commit and before its acknowledgement, for each key, under the lock: it inserts the
//!   new value if the cache contained the key before, and counts the write as no longer in flight.
//! - A reader that misses takes the counter of started writes (a [`Ticket`]), but only if no write
//!   is in flight. *Then* it opens its snapshot and reads. Then, under the lock, it inserts the
//!   result, but only if the counter still has the value of the ticket.
//!
//! Consider the insertion of key `k` by a reader, and any commit that writes `k`. If the first step
//! of the writer came before the ticket, so did its second (nothing was in flight), so did the
//! commit, and the snapshot of the reader contains it. If the first step came between the ticket and
//! the insertion, the counter has changed and nothing is inserted. If it came after the insertion,
//! it removes the inserted value, and until then the commit had not happened. So between the two
//! steps of a write the key is not in the cache, outside of them the cache agrees with the last
//! commit, and it never shows a state that the database has left or not yet reached.
//!
//! The key must be removed before the commit, not only after it: otherwise a scan could show the new
//! value and a later hit the old one. A commit whose outcome is unknown leaves its keys in flight
//! forever. The cache ignores expiry: the reader evaluates it on every hit.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use quick_cache::sync::{Cache as QuickCache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::{Entry, Key, Revision};

const STRIPES: usize = 256;

/// An entry without its key.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) value: Bytes,
    pub(super) flags: u32,
    pub(super) revision: Revision,
    pub(super) expires_at: Option<i64>,
}

/// The new entry of each key that a group changed; `None` if it was deleted.
pub(super) type Written = HashMap<Key, Option<Stored>>;

/// Proof of when a reader started. Without a number, its result must not be cached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket(Option<u64>);

pub(super) struct Cache {
    values: Option<QuickCache<Key, Option<Stored>, Weigh>>,
    stripes: Box<[Mutex<Stripe>; STRIPES]>,
    hasher: RandomState,
}

#[derive(Default)]
struct Stripe {
    started: u64,
    in_flight: u32,
}

#[derive(Clone)]
struct Weigh;

impl Weighter<Key, Option<Stored>> for Weigh {
    fn weight(&self, key: &Key, stored: &Option<Stored>) -> u64 {
        // The constant covers the slot of the table, the links of the list and two allocations.
        let value = stored.as_ref().map_or(0, |stored| stored.value.len());
        (key.as_bytes().len() + value + 192) as u64
    }
}

impl Stored {
    pub(super) fn into_entry(self, key: Key) -> Entry {
        let Self { value, flags, revision, expires_at } = self;
        Entry { key, value, flags, revision, expires_at }
    }
}

impl Cache {
    /// Creates a cache of this size in bytes; 0 for no cache.
    pub(super) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / 1024).unwrap_or(usize::MAX).max(64);
        // Few shards, because a value larger than a shard cannot be cached.
        let options = OptionsBuilder::new()
            .shards(8)
            .estimated_items_capacity(items)
            .weight_capacity(bytes)
            .build();
        let values = options.ok().filter(|_| bytes > 0).map(|options| {
            let hasher = DefaultHashBuilder::default();
            QuickCache::with_options(options, Weigh, hasher, DefaultLifecycle::default())
        });
        let stripes = Box::new(std::array::from_fn(|_| Mutex::default()));
        Self { values, stripes, hasher: RandomState::new() }
    }

    /// `None` if the key is not cached, `Some(None)` if it is known to be absent.
    pub(super) fn get(&self, key: &Key) -> Option<Option<Stored>> {
        self.values.as_ref()?.get(key)
    }

    /// Takes a ticket. Must be called before opening the snapshot whose content is offered.
    pub(super) fn ticket(&self, key: &Key) -> Ticket {
        let stripe = self.stripe(key);
        Ticket((stripe.in_flight == 0).then_some(stripe.started))
    }

    /// Caches what a snapshot opened after the ticket contains, if it is still current.
    pub(super) fn offer(&self, ticket: Ticket, key: &Key, stored: Option<Stored>) {
        let (Some(values), Some(started)) = (&self.values, ticket.0) else { return };
        let stripe = self.stripe(key);
        if stripe.started == started {
            values.insert(key.clone(), stored);
        }
    }

    /// Must be called before a commit. Returns the written keys that were cached.
    pub(super) fn begin(&self, written: &Written) -> Vec<Key> {
        let Some(values) = &self.values else { return Vec::new() };
        let mut cached = Vec::new();
        for key in written.keys() {
            let mut stripe = self.stripe(key);
            stripe.started += 1;
            stripe.in_flight += 1;
            cached.extend(values.remove(key).map(|(key, _)| key));
        }
        cached
    }

    /// Must be called after a commit with the keys from [`begin`](Self::begin), or after a rollback
    /// with no keys.
    pub(super) fn finish(&self, written: &Written, cached: Vec<Key>) {
        let Some(values) = &self.values else { return };
        for key in cached {
            // Copied, because the value may be a small slice of a large buffer (a request body),
            // which it would keep alive.
            let stored = written
                .get(&key)
                .cloned()
                .flatten()
                .map(|stored| Stored { value: Bytes::copy_from_slice(&stored.value), ..stored });
            let _stripe = self.stripe(&key);
            values.insert(key, stored);
        }
        for key in written.keys() {
            self.stripe(key).in_flight -= 1;
        }
    }

    fn stripe(&self, key: &Key) -> MutexGuard<'_, Stripe> {
        let [stripe, ..] = self.hasher.hash_one(key).to_le_bytes();
        #[expect(clippy::indexing_slicing, reason = "there are as many stripes as bytes")]
        let stripe = &self.stripes[usize::from(stripe)];
        stripe.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
