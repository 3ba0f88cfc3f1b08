//! The way back: what the store held when the kit was offered, as one transaction.

use sensu_store::{Operation, Scan, Store, Txn};

use crate::error::Error;
use crate::keyspace;

/// What brings a store back to where it was.
pub(super) struct Restore(Vec<Operation>);

impl Restore {
    /// What brings the store back to where it is now.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn to_now(store: &dyn Store) -> Result<Self, Error> {
        let (mut restore, mut puts) = (Vec::new(), Vec::new());
        for collection in keyspace::reset_collections() {
            let prefix = keyspace::whole_collection(collection)?;
            restore.push(Operation::DeletePrefix(prefix.clone()));
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
        restore.append(&mut puts);
        Ok(Self(restore))
    }

    /// Goes back.
    pub(super) async fn run(&self, store: &dyn Store) -> Result<(), Error> {
        store.commit(Txn { operations: self.0.clone(), ..Txn::default() }).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sensu_store::{MemoryStore, SystemClock};
    use sensu_types::adhoc::AdhocRequest;
    use sensu_types::check::CheckConfig;
    use sensu_types::event::Event;
    use serde_json::json;

    use super::*;
    use crate::auth::{self, Caller};
    use crate::rbac;
    use crate::resources::preconditions::Conditions;
    use crate::resources::{checks, events};
    use crate::runtime::context::{Context, Limits};

    #[tokio::test]
    async fn every_key_of_a_used_store_has_a_row_in_the_layout() {
        let clock = Arc::new(SystemClock);
        let store = Arc::new(MemoryStore::new(clock.clone()));
        rbac::seed(store.as_ref()).await.unwrap();
        rbac::dev_users(store.as_ref(), 4).await.unwrap();
        let cx = Context::new(store.clone(), clock, Limits::default()).await.unwrap();
        let account = auth::account(store.as_ref(), "admin").await.unwrap().unwrap();
        auth::log_in(&cx, &account).await.unwrap();

        let caller = Caller::operator(&cx, "admin");
        let grant = caller.grant::<CheckConfig>("default", "c1");
        let check = json!({ "metadata": { "name": "c1" }, "command": "true", "interval": 60 });
        let check: CheckConfig = serde_json::from_value(check).unwrap();
        grant.put(check, &Conditions::default()).await.unwrap();
        checks::execute(&grant, AdhocRequest::default()).await.unwrap();
        let event = json!({
            "entity": { "metadata": { "name": "e1" }, "entity_class": "proxy" },
            "check": { "metadata": { "name": "c1" }, "interval": 60, "ttl": 90 },
        });
        let event: Event = serde_json::from_value(event).unwrap();
        let grant = caller.grant::<Event>("default", "e1/c1");
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
