//! Fault tests of several servers on one PostgreSQL database.

mod agents;
mod consistency;
mod handlers;
mod kills;
mod maintenance;
mod migration;
mod tls;

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::{Clock, SystemClock};
use sensu_tests::process::{Process, start};
use sensu_tests_postgres::Postgres;
use tempfile::TempDir;

use crate::program;

/// A schema in a database, and a directory for files.
pub(crate) struct Fixture<'a> {
    postgres: &'a Postgres,
    schema: String,
    dir: TempDir,
}

impl<'a> Fixture<'a> {
    fn new(postgres: &'a Postgres) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self { postgres, schema: postgres.unique_schema(), dir }
    }

    /// A schema in the database that all tests share.
    pub(crate) fn shared() -> Option<Fixture<'static>> {
        Postgres::shared().map(Fixture::new)
    }

    /// The program with the database in its environment.
    pub(crate) fn program(&self) -> Command {
        let mut program = program();
        program.env("SENSU_STORE", self.postgres.url());
        program.env("SENSU_STORE_SCHEMA", &self.schema);
        program
    }

    /// Starts a server on the database.
    pub(crate) fn server(&self) -> Process {
        self.launch(self.program())
    }

    /// Starts a server whose requests time out after this number of seconds.
    fn server_with_timeout(&self, seconds: u32) -> Process {
        let mut program = self.program();
        program.env("SENSU_API_TIMEOUT", seconds.to_string());
        self.launch(program)
    }

    fn launch(&self, program: Command) -> Process {
        let unused = self.dir.path().join("unused");
        let server = Process::launch(start(program, &unused)).expect("starts");
        assert!(!unused.exists(), "the store is in the database");
        server
    }

    /// The store as an additional server sees it.
    async fn store(&self) -> PostgresStore {
        self.store_with(Arc::new(SystemClock)).await
    }

    async fn store_with(&self, clock: Arc<dyn Clock>) -> PostgresStore {
        let options = PostgresOptions {
            schema: self.schema.clone(),
            connections: 8,
            // Long enough for a busy machine: no test depends on this timeout.
            timeout: Duration::from_secs(300),
            ..PostgresOptions::default()
        };
        PostgresStore::open(&self.postgres.url(), options, clock).await.expect("opens")
    }
}
