//! Several servers on one PostgreSQL: one dies, the database dies, rights change, stores move.

mod agreement;
mod deaths;
mod maintenance;
mod moving;
mod tls;

use std::process::Command;
use std::sync::Arc;

use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::{Clock, SystemClock};
use sensu_tests::process::{Process, start};
use sensu_tests_postgres::Postgres;
use tempfile::TempDir;

use crate::program;

/// A database, a place in it, and a folder that no server may write to.
pub(crate) struct Place<'a> {
    postgres: &'a Postgres,
    schema: String,
    folder: TempDir,
}

impl<'a> Place<'a> {
    fn on(postgres: &'a Postgres) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { postgres, schema: postgres.schema(), folder }
    }

    /// A place of its own in the database that all tests share.
    pub(crate) fn shared() -> Option<Place<'static>> {
        Postgres::shared().map(Place::on)
    }

    /// The program, with the database in its environment, as operators have it.
    pub(crate) fn program(&self) -> Command {
        let mut program = program();
        program.env("SENSU_STORE", self.postgres.url());
        program.env("SENSU_STORE_SCHEMA", &self.schema);
        program
    }

    pub(crate) fn server(&self) -> Process {
        let unused = self.folder.path().join("unused");
        let mut program = start(self.program(), &unused);
        program.args(["--api-timeout", "5"]);
        let server = Process::launch(program).expect("starts");
        assert!(!unused.exists(), "the store is in the database");
        server
    }

    /// The store itself, beside all servers.
    async fn store(&self) -> PostgresStore {
        self.store_with(Arc::new(SystemClock)).await
    }

    async fn store_with(&self, clock: Arc<dyn Clock>) -> PostgresStore {
        let schema = self.schema.clone();
        let options = PostgresOptions { schema, connections: 8, ..PostgresOptions::default() };
        PostgresStore::open(&self.postgres.url(), options, clock).await.expect("opens")
    }
}
