//! Where a store is: in a folder, or in a PostgreSQL that several servers share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::sqlite::{Durability, SqliteOptions, SqliteStore};
use sensu_store::{Clock, Export, Store, sqlite};

/// A store in a database, instead of a folder.
#[derive(Clone, Debug, Args)]
pub(super) struct Database {
    /// Keep the store in this PostgreSQL instead of a folder:
    /// `postgres://user:password@host/database?sslmode=verify-full`. Several servers may share it.
    #[arg(long, env = "SENSU_STORE", hide_env_values = true, value_name = "URL")]
    pub store: Option<String>,
    /// Schema of the database that holds the store. Created if missing.
    #[arg(long, env = "SENSU_STORE_SCHEMA", default_value = "sensu", value_name = "NAME")]
    pub store_schema: String,
    /// Most connections that this server opens to the database for reading; one more writes.
    #[arg(long, env = "SENSU_STORE_CONNECTIONS", default_value_t = 16, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub store_connections: u32,
}

/// Where a store is.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    /// In a folder, embedded.
    Folder(PathBuf),
    /// In a database.
    Database {
        /// Its address, which may hold a password: not for people.
        url: String,
        schema: String,
        connections: usize,
    },
}

impl Location {
    /// The database that was asked for, or else the folder.
    ///
    /// # Errors
    /// If what was asked for is no PostgreSQL.
    pub(crate) fn of(folder: &Path, database: &Database) -> anyhow::Result<Self> {
        let Some(url) = &database.store else {
            return Ok(Self::Folder(folder.to_owned()));
        };
        match Self::named(url, database)? {
            Self::Folder(folder) => {
                let folder = folder.display();
                bail!("--store takes postgres://...; for the folder {folder} say --state-dir")
            }
            database @ Self::Database { .. } => Ok(database),
        }
    }

    /// What a word says: the address of a database, or the path of a folder.
    ///
    /// # Errors
    /// If it is the address of something else.
    pub(crate) fn named(word: &str, database: &Database) -> anyhow::Result<Self> {
        match word.split_once("://") {
            None => Ok(Self::Folder(PathBuf::from(word))),
            Some(("postgres" | "postgresql", _)) => {
                let connections = usize::try_from(database.store_connections).unwrap_or(1);
                let schema = database.store_schema.clone();
                Ok(Self::Database { url: word.to_owned(), schema, connections })
            }
            // The rest may hold a password.
            Some((scheme, _)) => bail!(
                "a store is in a folder or a PostgreSQL (postgres://...), and {scheme}:// is neither"
            ),
        }
    }

    /// Opens the store, creating it if it is not there.
    pub(crate) async fn open(
        &self,
        durability: Durability,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Arc<dyn Store>> {
        match self {
            Self::Folder(folder) => {
                let options = SqliteOptions { durability, ..SqliteOptions::default() };
                let (folder, shown) = (folder.clone(), folder.display());
                let open = move || SqliteStore::open(&folder, options, clock);
                let store = tokio::task::spawn_blocking(open).await?;
                let store = store.with_context(|| format!("cannot open the store in {shown}"))?;
                Ok(Arc::new(store))
            }
            Self::Database { .. } => Ok(Arc::new(self.connect(durability, true, clock).await?)),
        }
    }

    /// Opens a store that somebody has used before.
    pub(crate) async fn open_used(&self, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Store>> {
        if let Self::Folder(folder) = self
            && !folder.is_dir()
        {
            bail!("there is no folder {}", folder.display());
        }
        let store: Arc<dyn Store> = match self {
            Self::Folder(_) => self.open(Durability::Disk, clock).await?,
            Self::Database { .. } => Arc::new(self.connect(Durability::Disk, false, clock).await?),
        };
        if store.health().await.revision == 0 {
            store.close().await;
            bail!("there is no store in {}, or an empty one", self.shown());
        }
        Ok(store)
    }

    /// Makes a store of what another one holds, where there is none yet.
    pub(crate) async fn fill(&self, export: Export, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
        match self {
            Self::Folder(folder) => {
                let folder = folder.clone();
                let load = move || sqlite::maintenance::load(export, &folder);
                Ok(tokio::task::spawn_blocking(load).await??)
            }
            Self::Database { .. } => {
                let store = self.connect(Durability::Disk, true, clock).await?;
                let filled = store.load(export).await;
                store.close().await;
                Ok(filled?)
            }
        }
    }

    /// For people: without the password.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => format!("the folder {}", folder.display()),
            Self::Database { schema, .. } => format!("schema {schema} of the database"),
        }
    }

    /// Opens the store in a database, with what only that can.
    pub(crate) async fn connect(
        &self,
        durability: Durability,
        create: bool,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<PostgresStore> {
        let Self::Database { url, schema, connections } = self else {
            bail!("{} is no database", self.shown());
        };
        let (schema, connections) = (schema.clone(), *connections);
        let options = PostgresOptions {
            durability,
            schema,
            create,
            connections,
            ..PostgresOptions::default()
        };
        let store = PostgresStore::open(url, options, clock).await;
        store.context("cannot open the store that --store names")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_postgresql_has_an_address() {
        let database = |store: Option<&str>| Database {
            store: store.map(str::to_owned),
            store_schema: "sensu".into(),
            store_connections: 1,
        };
        let of = |store| Location::of(Path::new("state"), &database(store));
        assert!(matches!(of(None), Ok(Location::Folder(folder)) if folder == Path::new("state")));
        for url in ["postgres://u:secret@h/d", "postgresql://h/d"] {
            assert!(matches!(of(Some(url)), Ok(Location::Database { .. })), "{url}");
        }
        for (word, told) in [("mysql://u:secret@h/d", "mysql://"), ("other", "--state-dir")] {
            let why = of(Some(word)).unwrap_err().to_string();
            assert!(why.contains(told) && !why.contains("secret"), "{why}");
        }
        let folder = Location::named("other", &database(None));
        assert!(matches!(folder, Ok(Location::Folder(folder)) if folder == Path::new("other")));
    }
}
