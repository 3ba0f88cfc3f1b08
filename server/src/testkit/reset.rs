//! Reset of the store to a snapshot, in one transaction. See [`crate::keyspace::LAYOUT`] for the
//! collections that are reset.

use sensu_store::{Operation, Scan, Store, Txn};

use crate::error::Error;
use crate::keyspace;

/// The operations that restore a snapshot.
pub(super) struct Snapshot(Vec<Operation>);

impl Snapshot {
    /// Takes a snapshot.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn take(store: &dyn Store) -> Result<Self, Error> {
        let (mut operations, mut puts) = (Vec::new(), Vec::new());
        for collection in keyspace::reset_collections() {
            let prefix = keyspace::whole_collection(collection)?;
            operations.push(Operation::DeletePrefix(prefix.clone()));
            let mut after = None;
            loop {
                let prefix = prefix.clone();
                let scan = Scan { prefix, after, limit: 500, max_bytes: usize::MAX };
                let entries = store.scan(scan).await?;
                let Some(last) = entries.last() else { break };
                after = Some(last.key.clone());
                puts.extend(entries.into_iter().map(|entry| Operation::Put {
                    key: entry.key,
                    value: entry.value,
                    flags: entry.flags,
                    expires_at: entry.expires_at,
                }));
            }
        }
        operations.append(&mut puts);
        Ok(Self(operations))
    }

    /// Restores the snapshot.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn restore(&self, store: &dyn Store) -> Result<(), Error> {
        store.commit(Txn { operations: self.0.clone(), ..Txn::default() }).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use sensu_store::{MemoryStore, SystemClock};
    use sensu_types::adhoc::AdhocRequest;
    use sensu_types::check::CheckConfig;
    use sensu_types::event::Event;
    use serde_json::json;

    use super::*;
    use crate::auth::{self, Caller};
    use crate::rbac::Verb;
    use crate::resources::preconditions::Conditions;
    use crate::resources::{checks, events};
    use crate::runtime::context::{Context, Limits};
    use crate::seed;

    #[tokio::test]
    async fn every_key_of_a_used_store_has_a_row_in_the_layout() {
        let clock = Arc::new(SystemClock);
        let store = Arc::new(MemoryStore::new(clock.clone()));
        seed::defaults(store.as_ref()).await.unwrap();
        seed::dev_users(store.as_ref(), 4).await.unwrap();
        let limits = Limits { accept_dev_password: true, ..Limits::default() };
        let cx = Context::new(store.clone(), clock, limits).await.unwrap();
        // admin:P@ssw0rd!
        let header = "Basic YWRtaW46UEBzc3cwcmQh";
        auth::log_in(&cx, header, IpAddr::from([127, 0, 0, 1])).await.unwrap();

        let caller = Caller::operator(&cx, "admin");
        let grant = caller.authorize::<CheckConfig>(Verb::Update, "default", "c1").await.unwrap();
        let check = json!({ "metadata": { "name": "c1" }, "command": "true", "interval": 60 });
        let check: CheckConfig = serde_json::from_value(check).unwrap();
        grant.put(check, &Conditions::default()).await.unwrap();
        checks::execute(&grant, AdhocRequest::default()).await.unwrap();
        let event = json!({
            "entity": { "metadata": { "name": "e1" }, "entity_class": "proxy" },
            "check": { "metadata": { "name": "c1" }, "interval": 60, "ttl": 90 },
        });
        let event: Event = serde_json::from_value(event).unwrap();
        let grant = caller.authorize::<Event>(Verb::Update, "default", "e1/c1").await.unwrap();
        events::put(&grant, event, &Conditions::default()).await.unwrap();

        let scan = |prefix| Scan { prefix, after: None, limit: usize::MAX, max_bytes: usize::MAX };
        let entries = store.scan(scan(sensu_store::Prefix::all())).await.unwrap();
        for entry in &entries {
            assert!(keyspace::has_row_for(&entry.key), "{:?}", entry.key);
        }
        for collection in [
            keyspace::ADHOC,
            keyspace::CLUSTER,
            keyspace::DEADLINES,
            keyspace::DEADLINES_BY_TIME,
            keyspace::PASSWORDS,
            keyspace::SECRETS,
            keyspace::SEEDED,
            keyspace::SESSIONS,
        ] {
            let prefix = keyspace::whole_collection(collection).unwrap();
            let found = !store.scan(scan(prefix)).await.unwrap().is_empty();
            assert!(found, "the test writes nothing to {collection}");
        }
    }
}
