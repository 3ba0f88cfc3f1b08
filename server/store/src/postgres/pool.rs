//! The pool of database connections: shared by all reads, with one that the writer keeps.

use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts,
};

use super::address::Address;
use super::{OpenError, PostgresOptions, failure, tls};
use crate::{Connections, Durability, StoreError};

/// Opens connections when they are first needed and reuses them.
#[derive(Clone)]
pub(super) struct Connector {
    pool: Pool,
    timeout: Duration,
}

impl Connector {
    pub(super) fn new(address: &Address, options: &PostgresOptions) -> Result<Self, OpenError> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let config = address.config.clone();
        let manager = Manager::from_config(config, tls::connector(address)?, recycling);
        let timeout = options.timeout;
        let prepare: Box<str> = session_settings(options).into();
        let pool = Pool::builder(manager)
            .max_size(options.connections.clamp(1, 10_000) + 1)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(timeout),
                create: Some(timeout),
                recycle: Some(timeout),
            })
            .post_create(Hook::async_fn(move |client, _| {
                let prepare = prepare.clone();
                Box::pin(
                    async move { client.batch_execute(&prepare).await.map_err(HookError::Backend) },
                )
            }))
            .build()
            .map_err(|error| OpenError::Database(error.to_string()))?;
        Ok(Self { pool, timeout })
    }

    /// Returns a connection, or an error after the timeout.
    pub(super) async fn get(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(failure::pool_error)
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn connections(&self) -> Connections {
        let status = self.pool.status();
        let idle = status.available.min(status.size);
        Connections { max: status.max_size, in_use: status.size - idle, idle }
    }

    /// Rejects further calls.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

/// The first statements of every connection.
///
/// The writer depends on `read committed`: each statement after it has waited for the lock sees
/// what was committed before. The timeouts release the lock of a server that stops in the middle of
/// a group, so that the others can continue.
fn session_settings(options: &PostgresOptions) -> String {
    let (schema, millis) = (&options.schema, options.timeout.as_millis());
    // A stricter setting of the operator (wait for standbys too) is kept.
    let durability = match options.durability {
        Durability::Disk => {
            "SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') IN ('off', 'local')"
        }
        Durability::Relaxed => "SET synchronous_commit = off",
    };
    format!(
        "SET search_path = {schema};
         SET default_transaction_isolation = 'read committed';
         SET idle_in_transaction_session_timeout = {millis};
         SET lock_timeout = {millis};
         {durability}"
    )
}
