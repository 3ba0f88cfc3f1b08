//! The store that is measured: in a folder, in a PostgreSQL that is started for it, or in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use sensu_store::Durability;
use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Clock, MemoryStore, Store, SystemClock};
use sensu_tests_postgres::Postgres;

use super::Engine;

/// The location of the stores that are measured.
pub(super) struct Target {
    pub(super) engine: Engine,
    pub(super) folder: PathBuf,
    postgres: Option<Postgres>,
}

impl Target {
    pub(super) fn new(engine: Engine, folder: &Path) -> anyhow::Result<Self> {
        let postgres = match engine {
            Engine::Postgres => {
                ensure!(sensu_tests_postgres::installed(), "PostgreSQL is not installed");
                Some(Postgres::start(&["shared_buffers=1GB", "max_wal_size=4GB"]))
            }
            Engine::Sqlite | Engine::Memory => None,
        };
        Ok(Self { engine, folder: folder.to_owned(), postgres })
    }

    /// Opens the store of a name, which is empty at first. With PostgreSQL, several handles can be open at once.
    pub(super) async fn open(
        &self,
        name: &str,
        durability: Durability,
    ) -> anyhow::Result<Arc<dyn Store>> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Ok(match self.engine {
            Engine::Sqlite => {
                let options = SqliteOptions { durability, ..SqliteOptions::default() };
                Arc::new(SqliteStore::open(&self.folder.join(name), options, clock)?)
            }
            Engine::Postgres => {
                let schema = name.to_owned();
                let options = PostgresOptions { durability, schema, ..PostgresOptions::default() };
                Arc::new(PostgresStore::open(&self.url()?, options, clock).await?)
            }
            Engine::Memory => Arc::new(MemoryStore::new(clock)),
        })
    }

    /// The URL of PostgreSQL.
    pub(super) fn url(&self) -> anyhow::Result<String> {
        Ok(self.postgres.as_ref().context("no PostgreSQL")?.url())
    }

    /// The database file of an embedded store.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name).join("sensu.db")
    }

    /// Deletes an embedded store.
    pub(super) fn clear(&self, name: &str) -> anyhow::Result<()> {
        let folder = self.folder.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        Ok(())
    }
}
