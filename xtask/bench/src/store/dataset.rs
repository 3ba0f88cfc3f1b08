//! The data of a measurement: events as the server stores them, with their namespace and entities.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use rand::distr::{Alphanumeric, SampleString as _};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use sensu_store::{Key, Operation, Precondition, Prefix, Revision, Scan, Store, Txn};

/// Size of an event in bytes, as of one with an output and 20 results of history.
pub(super) const VALUE: usize = 3_000;

/// Number of events per entity.
const CHECKS: usize = 10;

/// Number of events per transaction.
const BATCH: usize = 500;

/// Events of the same size, written in random order.
pub(super) struct Dataset {
    pub(super) namespace: Key,
    /// Keys of the events, sorted.
    pub(super) keys: Arc<[Key]>,
    /// Alternating values: an engine may skip a write that changes nothing.
    pub(super) values: [Bytes; 2],
}

impl Dataset {
    pub(super) fn new(events: usize) -> anyhow::Result<Self> {
        let namespace = Key::new("namespaces", ["default"])?;
        let keys: Result<Vec<Key>, _> = (0..events)
            .map(|n| {
                let (entity, check) = (entity(n), format!("check-{}", n % CHECKS));
                Key::new("events", ["default", &entity, &check])
            })
            .collect();
        // Incompressible text.
        let text = |seed| Alphanumeric.sample_string(&mut StdRng::seed_from_u64(seed), VALUE);
        let values = [Bytes::from(text(0)), Bytes::from(text(1))];
        Ok(Self { namespace, keys: keys?.into(), values })
    }

    /// Writes the dataset to an empty store.
    pub(super) async fn load(&self, store: &dyn Store) -> anyhow::Result<()> {
        let put = |key: &Key| put(key, &self.values[0]);
        let mut rest = vec![put(&self.namespace)];
        for n in (0..self.keys.len()).step_by(CHECKS) {
            rest.push(put(&entity_key(n)?));
        }
        // Entities report in random order, which determines the layout of the file.
        let mut order: Vec<&Key> = self.keys.iter().collect();
        order.shuffle(&mut StdRng::seed_from_u64(2));
        let operations = rest.into_iter().chain(order.into_iter().map(put)).collect::<Vec<_>>();
        for batch in operations.chunks(BATCH) {
            store.commit(Txn { operations: batch.to_vec(), ..Txn::default() }).await?;
        }
        Ok(())
    }

    /// Writers of events. Each writes events of its own, as agents do.
    pub(super) async fn writers(
        &self,
        store: &Arc<dyn Store>,
        count: usize,
    ) -> anyhow::Result<Vec<EventWriter>> {
        let revisions = self.revisions(&**store).await?;
        let writer = |index| EventWriter {
            store: Arc::clone(store),
            namespace: self.namespace.clone(),
            keys: Arc::clone(&self.keys),
            own: (index, count),
            revisions: revisions.iter().skip(index).step_by(count).copied().collect(),
            values: self.values.clone(),
            written: 0,
            random: StdRng::seed_from_u64(index as u64),
        };
        Ok((0..count).map(writer).collect())
    }

    /// Revisions of all events, in the order of their keys.
    async fn revisions(&self, store: &dyn Store) -> anyhow::Result<Vec<Revision>> {
        let prefix = Prefix::new("events", ["default"])?;
        let (mut revisions, mut after) = (Vec::with_capacity(self.keys.len()), None);
        while revisions.len() < self.keys.len() {
            let prefix = prefix.clone();
            let scan = Scan { prefix, after, limit: BATCH, max_bytes: usize::MAX };
            let found = store.scan(scan).await?;
            revisions.extend(found.iter().map(|entry| entry.revision));
            after = Some(found.last().context("events are missing")?.key.clone());
        }
        Ok(revisions)
    }
}

/// Writes events as the server does: with preconditions for the event, its namespace and its entity.
pub(super) struct EventWriter {
    store: Arc<dyn Store>,
    namespace: Key,
    keys: Arc<[Key]>,
    /// Index of the first own event, and the distance to the next.
    own: (usize, usize),
    revisions: Vec<Revision>,
    values: [Bytes; 2],
    written: usize,
    random: StdRng,
}

impl EventWriter {
    /// Writes one event, and waits until it is committed.
    pub(super) async fn write(&mut self) -> anyhow::Result<()> {
        let (first, step) = self.own;
        let at = self.random.random_range(0..self.revisions.len());
        let number = first + at * step;
        let key = &self.keys[number];
        let revision = self.revisions[at];
        let preconditions = vec![
            Precondition::At(key.clone(), revision),
            Precondition::Present(self.namespace.clone()),
            Precondition::Present(entity_key(number)?),
        ];
        self.written += 1;
        let operations = vec![put(key, &self.values[self.written % 2])];
        let written = self.store.commit(Txn { preconditions, operations }).await?;
        ensure!(written > revision, "revision {written} follows {revision}");
        self.revisions[at] = written;
        Ok(())
    }
}

fn entity(event: usize) -> String {
    format!("entity-{:07}", event / CHECKS)
}

fn entity_key(event: usize) -> anyhow::Result<Key> {
    Ok(Key::new("entities", ["default", &entity(event)])?)
}

fn put(key: &Key, value: &Bytes) -> Operation {
    Operation::Put { key: key.clone(), value: value.clone(), flags: 0, expires_at: None }
}
