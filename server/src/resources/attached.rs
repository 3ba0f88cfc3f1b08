//! Records that belong to an object and are deleted with it (D26).

use sensu_store::{Entry, Operation, Store, Txn};
use sensu_types::Resource;
use sensu_types::check::CheckConfig;
use sensu_types::entity::Entity;
use sensu_types::event::Event;

use crate::error::Error;
use crate::keyspace::{self, ADHOC, parse};
use crate::resources::events;

/// The operations that delete the records of a stored object, and their preconditions.
pub(super) async fn deletion<T: Resource>(
    store: &dyn Store,
    entry: &Entry,
    namespace: &str,
    name: &str,
) -> Result<Txn, Error> {
    let mut txn = Txn::default();
    match T::PLURAL {
        Event::PLURAL => {
            let event: Event = parse(entry)?;
            txn = events::remove_deadline(store, namespace, &event).await?;
            let (entity, check) = (event.entity_name(), Some(event.check_name()));
            let outbox = keyspace::outbox_of(namespace, entity, check);
            txn.operations.extend(outbox.map(Operation::DeletePrefix));
            let outcomes = keyspace::outcomes(namespace, entity, check);
            txn.operations.extend(outcomes.map(Operation::Delete));
        }
        Entity::PLURAL => {
            txn.operations = events::remove_deadlines_of(store, namespace, name).await?;
            let keys = keyspace::redacted_keys(namespace, name);
            txn.operations.extend(keys.map(Operation::Delete));
            let records = [
                keyspace::outbox_of(namespace, name, None),
                keyspace::outcomes_of(namespace, name),
            ];
            txn.operations.extend(records.into_iter().flatten().map(Operation::DeletePrefix));
        }
        CheckConfig::PLURAL => {
            let requests = keyspace::prefix_of::<CheckConfig>(ADHOC, namespace, name);
            txn.operations.extend(requests.map(Operation::DeletePrefix));
        }
        _ => {}
    }
    Ok(txn)
}
