//! Durable writes: the engine, the limit of the disk, and a simple program.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::{Connection, params};
use sensu_store::{Key, Store};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::dataset::{Dataset, EventWriter, VALUE};
use crate::interleaved::{Subject, per_second};

/// Size of the log, in bytes. It is overwritten in a circle, because a growing file is slower to sync.
const LOG: usize = 64 << 20;

/// Writers of events, distributed over several handles of one store.
pub(super) struct Events {
    name: String,
    writers: Vec<EventWriter>,
    /// Latency of each write, in all rounds.
    latencies: Latencies,
}

/// Latencies of single writes, read after the last round.
pub(super) type Latencies = Arc<std::sync::Mutex<Vec<Duration>>>;

impl Events {
    pub(super) async fn new(
        name: &str,
        dataset: &Dataset,
        stores: &[Arc<dyn Store>],
        writers: usize,
        latencies: &Latencies,
    ) -> anyhow::Result<Self> {
        // No two writers share an event.
        let mut own = Vec::new();
        for (index, store) in stores.iter().enumerate() {
            let all = dataset.writers(store, writers).await?;
            own.extend(all.into_iter().skip(index).step_by(stores.len()));
        }
        Ok(Self { name: name.to_owned(), writers: own, latencies: Arc::clone(latencies) })
    }
}

#[async_trait]
impl Subject for Events {
    fn name(&self) -> String {
        self.name.clone()
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for mut writer in self.writers.drain(..) {
            tasks.spawn(async move {
                let mut latencies = Vec::new();
                while began.elapsed() < span {
                    let started = Instant::now();
                    writer.write().await?;
                    latencies.push(started.elapsed());
                }
                anyhow::Ok((writer, latencies))
            });
        }
        let mut count = 0;
        while let Some(joined) = tasks.join_next().await {
            let (writer, latencies) = joined??;
            count += latencies.len();
            self.writers.push(writer);
            self.latencies
                .lock()
                .map_err(|_| anyhow::anyhow!("a writer failed"))?
                .extend(latencies);
        }
        Ok(per_second(count, began))
    }
}

/// The limit of the disk: the same queue, but a group of values is only appended to a file and synced with
/// `fdatasync`.
pub(super) struct RawLog {
    writers: usize,
    value: Bytes,
    queue: mpsc::Sender<(Bytes, oneshot::Sender<()>)>,
}

impl RawLog {
    pub(super) fn new(path: &Path, writers: usize, value: Bytes) -> anyhow::Result<Self> {
        let mut file = File::create(path)?;
        file.write_all(&vec![0; LOG])?;
        file.sync_all()?;
        let (queue, jobs) = mpsc::channel(4096);
        std::thread::spawn(move || append_and_sync(&mut file, jobs));
        Ok(Self { writers, value, queue })
    }
}

fn append_and_sync(
    file: &mut File,
    mut jobs: mpsc::Receiver<(Bytes, oneshot::Sender<()>)>,
) -> std::io::Result<()> {
    file.rewind()?;
    while let Some(first) = jobs.blocking_recv() {
        let mut group = vec![first];
        while let Ok(job) = jobs.try_recv() {
            group.push(job);
        }
        if file.stream_position()? + (VALUE * group.len()) as u64 > LOG as u64 {
            file.rewind()?;
        }
        let values: Vec<&[u8]> = group.iter().map(|(value, _)| &**value).collect();
        file.write_all(&values.concat())?;
        file.sync_data()?;
        for (_, reply) in group {
            // Fails if the writer was cancelled.
            let _ = reply.send(());
        }
    }
    Ok(())
}

#[async_trait]
impl Subject for RawLog {
    fn name(&self) -> String {
        "append and fdatasync, per group".to_owned()
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..self.writers {
            let (queue, value) = (self.queue.clone(), self.value.clone());
            tasks.spawn(async move {
                let mut count = 0_usize;
                while began.elapsed() < span {
                    let (reply, replied) = oneshot::channel();
                    queue.send((value.clone(), reply)).await.context("the log failed")?;
                    replied.await.context("the log failed")?;
                    count += 1;
                }
                anyhow::Ok(count)
            });
        }
        let mut count = 0;
        while let Some(joined) = tasks.join_next().await {
            count += joined??;
        }
        Ok(per_second(count, began))
    }
}

/// A simple program with SQLite: one upsert and one sync after another.
pub(super) struct SingleStatements {
    db: Connection,
    keys: Arc<[Key]>,
    values: [Bytes; 2],
    next: usize,
    written: usize,
}

impl SingleStatements {
    pub(super) fn new(path: &Path, dataset: &Dataset) -> anyhow::Result<Self> {
        let db = Connection::open(path)?;
        let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        db.pragma_update_and_check(None, "journal_mode", "wal", mode)?;
        db.execute_batch(
            "PRAGMA synchronous = full;
             CREATE TABLE entries (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB)",
        )?;
        db.execute_batch("BEGIN")?;
        for key in &*dataset.keys {
            let row = params![key.as_bytes(), &*dataset.values[0]];
            db.prepare_cached("INSERT INTO entries (key, value) VALUES (?1, ?2)")?.execute(row)?;
        }
        db.execute_batch("COMMIT")?;
        // Empties the write-ahead log.
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let (keys, values) = (Arc::clone(&dataset.keys), dataset.values.clone());
        Ok(Self { db, keys, values, next: 0, written: 0 })
    }
}

#[async_trait]
impl Subject for SingleStatements {
    fn name(&self) -> String {
        "SQLite, one statement after another".to_owned()
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let mut statement = self.db.prepare_cached(
            "INSERT INTO entries (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?;
        let (began, mut count) = (Instant::now(), 0);
        while began.elapsed() < span {
            // A prime that is not close to a power of two spreads the writes over the file.
            self.next = (self.next + 7_919) % self.keys.len();
            self.written += 1;
            let value = &*self.values[self.written % 2];
            statement.execute(params![self.keys[self.next].as_bytes(), value])?;
            count += 1;
        }
        Ok(per_second(count, began))
    }
}
