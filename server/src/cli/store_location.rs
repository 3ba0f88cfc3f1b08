//! Location of the store: a directory, or a PostgreSQL database shared by several servers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use sensu_store::Durability;
use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Clock, Export, Store, sqlite};

/// Settings of a store in PostgreSQL.
#[derive(Clone, Debug, Args)]
pub(super) struct Database {
    /// Store all data in this PostgreSQL database instead of --state-dir:
    /// `postgres://user:password@host/database?sslmode=verify-full`. Several servers may share it.
    #[arg(long, env = "SENSU_STORE", hide_env_values = true, value_name = "URL")]
    pub store: Option<String>,
    /// Database schema of the store. Created if missing.
    #[arg(long, env = "SENSU_STORE_SCHEMA", default_value = "sensu", value_name = "NAME")]
    pub store_schema: String,
    /// Maximum number of database connections for reads; writes use one more.
    #[arg(long, env = "SENSU_STORE_CONNECTIONS", default_value_t = 16, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub store_connections: u32,
}

/// Location of a store.
#[derive(Clone, Debug)]
pub(crate) enum StoreLocation {
    /// Embedded store in a directory.
    Directory(PathBuf),
    /// Store in a PostgreSQL schema.
    Database {
        /// May contain a password; never shown.
        url: String,
        schema: String,
        connections: usize,
    },
}

impl StoreLocation {
    /// The database if `--store` is set, otherwise the directory.
    ///
    /// # Errors
    /// If `--store` is not a PostgreSQL URL.
    pub(crate) fn from_settings(directory: &Path, database: &Database) -> anyhow::Result<Self> {
        let Some(url) = &database.store else {
            return Ok(Self::Directory(directory.to_owned()));
        };
        match Self::parse(url, database)? {
            Self::Directory(directory) => {
                let directory = directory.display();
                bail!("--store requires a postgres:// URL; use --state-dir for {directory}")
            }
            database @ Self::Database { .. } => Ok(database),
        }
    }

    /// Parses a PostgreSQL URL or the path of a directory.
    ///
    /// # Errors
    /// If the text is a URL of another scheme.
    pub(crate) fn parse(text: &str, database: &Database) -> anyhow::Result<Self> {
        match text.split_once("://") {
            None => Ok(Self::Directory(PathBuf::from(text))),
            Some(("postgres" | "postgresql", _)) => {
                let connections = usize::try_from(database.store_connections).unwrap_or(1);
                let schema = database.store_schema.clone();
                Ok(Self::Database { url: text.to_owned(), schema, connections })
            }
            // The rest of the URL may contain a password.
            Some((scheme, _)) => {
                bail!("a store is a directory or a postgres:// URL; {scheme}:// is not supported")
            }
        }
    }

    /// Opens the store; creates it if missing.
    pub(crate) async fn open(
        &self,
        durability: Durability,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Arc<dyn Store>> {
        match self {
            Self::Directory(directory) => {
                let options = SqliteOptions { durability, ..SqliteOptions::default() };
                let (opened, path) = (directory.clone(), directory.display());
                let open = move || SqliteStore::open(&opened, options, clock);
                let store = tokio::task::spawn_blocking(open).await?;
                let store = store.with_context(|| format!("cannot open the store in {path}"))?;
                if SqliteStore::is_accessible_to_others(directory) {
                    tracing::warn!(
                        "the directory {path} is accessible to other users and contains files of other \
                         programs; give it mode 0700"
                    );
                }
                Ok(Arc::new(store))
            }
            Self::Database { .. } => Ok(Arc::new(self.connect(durability, true, clock).await?)),
        }
    }

    /// Opens a store that exists and is not empty.
    pub(crate) async fn open_existing(
        &self,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Arc<dyn Store>> {
        if let Self::Directory(directory) = self
            && !directory.is_dir()
        {
            bail!("directory {} does not exist", directory.display());
        }
        let store: Arc<dyn Store> = match self {
            Self::Directory(_) => self.open(Durability::Disk, clock).await?,
            Self::Database { .. } => Arc::new(self.connect(Durability::Disk, false, clock).await?),
        };
        if store.health().await.revision == 0 {
            store.close().await;
            bail!("{} contains no store, or an empty one", self.display());
        }
        Ok(store)
    }

    /// Whether an error of opening the store means that a server uses the directory.
    pub(crate) fn is_in_use(error: &anyhow::Error) -> bool {
        matches!(error.downcast_ref(), Some(sqlite::OpenError::Locked(_)))
    }

    /// Creates a store with the entries of an export. The location must not contain a store.
    pub(crate) async fn fill(&self, export: Export, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
        match self {
            Self::Directory(directory) => {
                let directory = directory.clone();
                let load = move || sqlite::maintenance::load(export, &directory);
                Ok(tokio::task::spawn_blocking(load).await??)
            }
            Self::Database { .. } => {
                let store = self.connect(Durability::Disk, true, clock).await?;
                let loaded = store.load(export).await;
                store.close().await;
                Ok(loaded?)
            }
        }
    }

    /// The location as shown to operators, without the password.
    pub(crate) fn display(&self) -> String {
        match self {
            Self::Directory(directory) => format!("directory {}", directory.display()),
            Self::Database { schema, .. } => format!("schema {schema} of the database"),
        }
    }

    /// Opens the store in a database, with its engine-specific operations.
    pub(crate) async fn connect(
        &self,
        durability: Durability,
        create: bool,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<PostgresStore> {
        let Self::Database { url, schema, connections } = self else {
            bail!("{} is not a database", self.display());
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
        store.context("cannot open the store of --store")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_postgresql_urls_are_accepted() {
        let database = |store: Option<&str>| Database {
            store: store.map(str::to_owned),
            store_schema: "sensu".into(),
            store_connections: 1,
        };
        let of = |store| StoreLocation::from_settings(Path::new("state"), &database(store));
        assert!(
            matches!(of(None), Ok(StoreLocation::Directory(directory)) if directory == Path::new("state"))
        );
        for url in ["postgres://u:secret@h/d", "postgresql://h/d"] {
            assert!(matches!(of(Some(url)), Ok(StoreLocation::Database { .. })), "{url}");
        }
        for (text, expected) in [("mysql://u:secret@h/d", "mysql://"), ("other", "--state-dir")] {
            let message = of(Some(text)).unwrap_err().to_string();
            assert!(message.contains(expected) && !message.contains("secret"), "{message}");
        }
        let directory = StoreLocation::parse("other", &database(None));
        assert!(
            matches!(directory, Ok(StoreLocation::Directory(directory)) if directory == Path::new("other"))
        );
    }
}
