//! A simple program with PostgreSQL: one connection, one statement after another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use async_trait::async_trait;
use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sensu_store::Key;
use tokio_postgres::{Client, NoTls, Statement};

use super::dataset::{Dataset, VALUE};
use crate::interleaved::{Subject, per_second};

/// A connection with its own table of the same events.
pub(super) struct Plain {
    client: Client,
    put: Statement,
    get: Statement,
    keys: Arc<[Key]>,
    values: [Bytes; 2],
    written: usize,
    random: StdRng,
}

impl Plain {
    pub(super) async fn new(url: &str, dataset: &Dataset) -> anyhow::Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client
            .batch_execute(
                "CREATE SCHEMA IF NOT EXISTS plain;
                 DROP TABLE IF EXISTS plain.entries;
                 CREATE TABLE plain.entries (key bytea PRIMARY KEY, value bytea NOT NULL)
                     WITH (toast_tuple_target = 8160);
                 ALTER TABLE plain.entries ALTER COLUMN value SET STORAGE EXTERNAL",
            )
            .await?;
        let put = "INSERT INTO plain.entries VALUES ($1, $2)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        let put = client.prepare(put).await?;
        let get = client.prepare("SELECT value FROM plain.entries WHERE key = $1").await?;
        client.batch_execute("BEGIN").await?;
        for key in &*dataset.keys {
            client.execute(&put, &[&key.as_bytes(), &&*dataset.values[0]]).await?;
        }
        client.batch_execute("COMMIT").await?;
        let (keys, values) = (Arc::clone(&dataset.keys), dataset.values.clone());
        Ok(Self { client, put, get, keys, values, written: 0, random: StdRng::seed_from_u64(5) })
    }
}

/// Upserts.
pub(super) struct PlainWrites(pub(super) Plain);

/// Reads of single events.
pub(super) struct PlainReads(pub(super) Plain);

#[async_trait]
impl Subject for PlainWrites {
    fn name(&self) -> String {
        "INSERT ... ON CONFLICT, one after another".to_owned()
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let Plain { client, put, keys, values, written, random, .. } = &mut self.0;
        let (began, mut count) = (Instant::now(), 0);
        while began.elapsed() < span {
            let key = keys[random.random_range(0..keys.len())].as_bytes();
            *written += 1;
            client.execute(&*put, &[&key, &&*values[*written % 2]]).await?;
            count += 1;
        }
        Ok(per_second(count, began))
    }
}

#[async_trait]
impl Subject for PlainReads {
    fn name(&self) -> String {
        "SELECT, one after another".to_owned()
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let Plain { client, get, keys, random, .. } = &mut self.0;
        let (began, mut count) = (Instant::now(), 0);
        while began.elapsed() < span {
            let key = keys[random.random_range(0..keys.len())].as_bytes();
            let row = client.query_one(&*get, &[&key]).await?;
            ensure!(row.try_get::<_, &[u8]>(0)?.len() == VALUE, "an event of another size");
            count += 1;
        }
        Ok(per_second(count, began))
    }
}
