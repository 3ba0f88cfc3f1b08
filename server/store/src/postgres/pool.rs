//! Connections to the database: a few, shared by all reads, and one that the writer keeps.

use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts,
};

use super::address::Address;
use super::{OpenError, PostgresOptions, failure, tls};
use crate::sqlite::Durability;
use crate::{Connections, StoreError};

/// Opens connections when they are first needed and keeps them.
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
        let prepare: Box<str> = session(options).into();
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

    /// A connection, soon.
    pub(super) async fn get(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(failure::unpooled)
    }

    /// How long to wait for the database.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn connections(&self) -> Connections {
        let status = self.pool.status();
        let idle = status.available.min(status.size);
        Connections { max: status.max_size, in_use: status.size - idle, idle }
    }

    /// Refuses further work.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

/// What every connection begins with.
///
/// Each statement of a transaction sees what was committed before it (`read committed`): the writer
/// relies on that after it has waited for its turn. A server that stops in the middle of its turn
/// loses it after a while, so that the others can go on.
fn session(options: &PostgresOptions) -> String {
    let (schema, millis) = (&options.schema, options.timeout.as_millis());
    // Where the operator asks for more than the local disk (standbys, too), that stays so.
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
