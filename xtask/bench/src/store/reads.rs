//! Reads of single events and scans of a thousand, compared with SQLite alone and with copying in memory.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use rusqlite::{Connection, OpenFlags};
use sensu_store::{Key, Prefix, Scan, Store};

use super::dataset::{Dataset, VALUE};
use crate::interleaved::{Subject, per_second};

/// Number of events per scan.
pub(super) const SCAN: usize = 1_000;

/// Number of reads between two looks at the clock, which takes as long as a read.
const BATCH: usize = 100;

/// The events that are read.
#[derive(Clone)]
pub(super) struct Selection {
    keys: Arc<[Key]>,
    count: usize,
    random: SmallRng,
}

impl Selection {
    /// Selects a number of events, distributed over the dataset.
    pub(super) fn of(dataset: &Dataset, count: usize) -> Self {
        Self {
            keys: Arc::clone(&dataset.keys),
            count: count.min(dataset.keys.len()),
            random: SmallRng::seed_from_u64(3),
        }
    }

    fn next(&mut self) -> &Key {
        let step = self.keys.len() / self.count;
        &self.keys[self.random.random_range(0..self.count) * step]
    }
}

/// Reads single events through the engine.
pub(super) struct Points {
    pub(super) store: Arc<dyn Store>,
    pub(super) selection: Selection,
}

#[async_trait]
impl Subject for Points {
    fn name(&self) -> String {
        format!("single events, {} different ones", self.selection.count)
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let (began, mut count) = (Instant::now(), 0);
        while began.elapsed() < span {
            for _ in 0..BATCH {
                let entry = self.store.get(self.selection.next()).await?;
                let entry = entry.context("an event is missing")?;
                ensure!(entry.value.len() == VALUE, "an event of another size");
            }
            count += BATCH;
        }
        Ok(per_second(count, began))
    }
}

/// Reads single events of the same file through SQLite alone, with a prepared statement.
pub(super) struct SqlitePoints {
    db: Connection,
    selection: Selection,
}

impl SqlitePoints {
    pub(super) fn new(file: &Path, selection: Selection) -> anyhow::Result<Self> {
        let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self { db, selection })
    }
}

#[async_trait]
impl Subject for SqlitePoints {
    fn name(&self) -> String {
        format!("SELECT of SQLite alone, {} different ones", self.selection.count)
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let mut statement =
            self.db.prepare_cached("SELECT revision, value FROM entries WHERE key = ?1")?;
        let (began, mut count) = (Instant::now(), 0);
        while began.elapsed() < span {
            for _ in 0..BATCH {
                let key = self.selection.next().as_bytes();
                let value: Vec<u8> = statement.query_row([key], |row| row.get(1))?;
                ensure!(value.len() == VALUE, "an event of another size");
            }
            count += BATCH;
        }
        Ok(per_second(count, began))
    }
}

/// Scans of consecutive events, from random starts.
pub(super) struct Scans {
    pub(super) store: Arc<dyn Store>,
    pub(super) keys: Arc<[Key]>,
    pub(super) random: SmallRng,
}

impl Scans {
    pub(super) fn new(store: &Arc<dyn Store>, dataset: &Dataset) -> Self {
        let (store, keys) = (Arc::clone(store), Arc::clone(&dataset.keys));
        Self { store, keys, random: SmallRng::seed_from_u64(4) }
    }
}

#[async_trait]
impl Subject for Scans {
    fn name(&self) -> String {
        format!("scans of {SCAN} events")
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let (began, mut count) = (Instant::now(), 0);
        let starts = self.keys.len().saturating_sub(SCAN) + 1;
        while began.elapsed() < span {
            let start = self.random.random_range(0..starts);
            let scan = Scan {
                prefix: Prefix::new("events", ["default"])?,
                after: start.checked_sub(1).map(|before| self.keys[before].clone()),
                limit: SCAN,
                max_bytes: usize::MAX,
            };
            let found = self.store.scan(scan).await?;
            ensure!(found.len() == SCAN, "{} events", found.len());
            count += 1;
        }
        Ok(per_second(count, began))
    }
}

/// Copies the same number of values in memory.
pub(super) struct Copies(Vec<Bytes>);

impl Copies {
    pub(super) fn new(dataset: &Dataset) -> Self {
        // Separate allocations, as the results of a scan.
        Self((0..SCAN).map(|_| Bytes::copy_from_slice(&dataset.values[0])).collect())
    }
}

#[async_trait]
impl Subject for Copies {
    fn name(&self) -> String {
        format!("copying {SCAN} events in memory")
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let (began, mut count) = (Instant::now(), 0);
        while began.elapsed() < span {
            let copied: Vec<Bytes> =
                self.0.iter().map(|value| Bytes::copy_from_slice(black_box(value))).collect();
            black_box(copied);
            count += 1;
        }
        Ok(per_second(count, began))
    }
}
