//! Values that are read often, in memory, never staler than the database.
//!
//! **Promise**: whenever the cache holds a key, it holds what the newest snapshot of the database
//! says of it, also when that is "nothing". So a hit may stand in for a read of the database at
//! that moment, and reads through hits and through the database agree on one order.
//!
//! **Why it holds.** Keys are spread over stripes. Each stripe has a lock, a count of the writes
//! that began in it and the number of writes in flight in it.
//!
//! - The writer, *before* it commits a group: for each key written, under the stripe's lock, counts
//!   a write as begun and as in flight, and removes the key.
//! - The writer, *after* the commit and before anyone is told: for each key, under the lock,
//!   puts the new value if the key was held before, and counts the write as no longer in flight.
//! - A reader who finds nothing notes the stripe's count of begun writes (a [`Ticket`]), but only
//!   if none is in flight; *then* opens its snapshot and reads; then, under the lock, inserts what
//!   it read, but only if the count is still the noted one.
//!
//! Take a reader's insertion of key `k`, and any commit that writes `k`. If the writer's first step
//! came before the ticket, then so did its second (nothing was in flight), so did the commit, and
//! the reader's snapshot has it. If the first step came after the ticket but before the insertion,
//! the count moved and nothing is inserted. If it came after the insertion, it removes what was
//! inserted, and until then the commit had not happened. So between the two steps of a write the
//! key is not in the cache at all, outside of them the cache agrees with the last commit, and at no
//! time does it show a state that the database has left or not yet reached.
//!
//! Removing before the commit, not only after it, matters: otherwise a scan could show the new
//! value and a later hit the old one. A commit whose outcome is unknown leaves its keys in flight
//! for good. Expiry is not the cache's business: the reader judges it on every hit.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use quick_cache::sync::{Cache as Held, DefaultLifecycle};
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

/// What a group leaves under each key it touched.
pub(super) type Written = HashMap<Key, Option<Stored>>;

/// A reader's proof of when it began to read. Without a number, what is read is not to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket(Option<u64>);

/// The cache.
pub(super) struct Cache {
    held: Option<Held<Key, Option<Stored>, Weigh>>,
    stripes: Box<[Mutex<Stripe>; STRIPES]>,
    hasher: RandomState,
}

#[derive(Default)]
struct Stripe {
    begun: u64,
    in_flight: u32,
}

#[derive(Clone)]
struct Weigh;

impl Weighter<Key, Option<Stored>> for Weigh {
    fn weight(&self, key: &Key, stored: &Option<Stored>) -> u64 {
        // The constant stands for the table's slot, the list's links and two allocations.
        let value = stored.as_ref().map_or(0, |stored| stored.value.len());
        (key.as_bytes().len() + value + 192) as u64
    }
}

impl Stored {
    pub(super) fn entry(self, key: Key) -> Entry {
        let Self { value, flags, revision, expires_at } = self;
        Entry { key, value, flags, revision, expires_at }
    }
}

impl Cache {
    /// A cache of so many bytes; none at all for 0.
    pub(super) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / 1024).unwrap_or(usize::MAX).max(64);
        // Few shards, because no value larger than a shard can be held.
        let options = OptionsBuilder::new()
            .shards(8)
            .estimated_items_capacity(items)
            .weight_capacity(bytes)
            .build();
        let held = options.ok().filter(|_| bytes > 0).map(|options| {
            let hasher = DefaultHashBuilder::default();
            Held::with_options(options, Weigh, hasher, DefaultLifecycle::default())
        });
        let stripes = Box::new(std::array::from_fn(|_| Mutex::default()));
        Self { held, stripes, hasher: RandomState::new() }
    }

    /// What is held under the key: nothing known, known to be absent, or a value.
    pub(super) fn get(&self, key: &Key) -> Option<Option<Stored>> {
        self.held.as_ref()?.get(key)
    }

    /// To be taken before the snapshot is opened whose content is to be offered.
    pub(super) fn ticket(&self, key: &Key) -> Ticket {
        let stripe = self.stripe(key);
        Ticket((stripe.in_flight == 0).then_some(stripe.begun))
    }

    /// Keeps what a snapshot opened after the ticket says, if that is still so.
    pub(super) fn offer(&self, ticket: Ticket, key: &Key, stored: Option<Stored>) {
        let (Some(held), Some(begun)) = (&self.held, ticket.0) else { return };
        let stripe = self.stripe(key);
        if stripe.begun == begun {
            held.insert(key.clone(), stored);
        }
    }

    /// The writer is about to commit. Answers which keys readers were interested in.
    pub(super) fn begin(&self, written: &Written) -> Vec<Key> {
        let Some(held) = &self.held else { return Vec::new() };
        let mut wanted = Vec::new();
        for key in written.keys() {
            let mut stripe = self.stripe(key);
            stripe.begun += 1;
            stripe.in_flight += 1;
            wanted.extend(held.remove(key).map(|(key, _)| key));
        }
        wanted
    }

    /// The writer has committed (`wanted` from [`begin`](Self::begin)), or surely has not (then
    /// `wanted` is empty and the keys are read again when they are asked for).
    pub(super) fn finish(&self, written: &Written, wanted: Vec<Key>) {
        let Some(held) = &self.held else { return };
        for key in wanted {
            // Copied, because the value may be a small piece of a large buffer, a request's body,
            // which it would keep alive.
            let stored = written
                .get(&key)
                .cloned()
                .flatten()
                .map(|stored| Stored { value: Bytes::copy_from_slice(&stored.value), ..stored });
            let _stripe = self.stripe(&key);
            held.insert(key, stored);
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
