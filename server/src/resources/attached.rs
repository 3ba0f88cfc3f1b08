//! Deletion of an object with what belongs to it: objects and records (D26).

use sensu_store::{Entry, Operation, Precondition, Store, Txn};
use sensu_types::Resource;
use sensu_types::check::CheckConfig;
use sensu_types::entity::Entity;
use sensu_types::event::Event;

use crate::error::Error;
use crate::keyspace::{self, ADHOC, parse, prefix_of};
use crate::resources::events;

/// The transaction that deletes a stored object, the objects it cascades to, and the records that belong to them,
/// unless it has changed.
///
/// # Errors
/// [`Error`] if the store fails.
pub(super) async fn deletion<T: Resource>(
    store: &dyn Store,
    entry: &Entry,
    namespace: &str,
    name: &str,
) -> Result<Txn, Error> {
    let mut txn = Txn {
        preconditions: vec![Precondition::At(entry.key.clone(), entry.revision)],
        operations: vec![Operation::Delete(entry.key.clone())],
    };
    for collection in T::CASCADES_TO {
        let owned = prefix_of::<T>(collection, namespace, name);
        txn.operations.extend(owned.map(Operation::DeletePrefix));
    }
    match T::PLURAL {
        Event::PLURAL => {
            let event: Event = parse(entry)?;
            let deadline = events::remove_deadline(store, namespace, &event).await?;
            txn.preconditions.extend(deadline.preconditions);
            txn.operations.extend(deadline.operations);
            let (entity, check) = (event.entity_name(), Some(event.check_name()));
            let outbox = keyspace::outbox_of(namespace, entity, check);
            txn.operations.extend(outbox.map(Operation::DeletePrefix));
            let outcomes = keyspace::outcomes(namespace, entity, check);
            txn.operations.extend(outcomes.map(Operation::Delete));
        }
        Entity::PLURAL => {
            txn.operations.extend(events::remove_deadlines_of(store, namespace, name).await?);
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
            txn.operations.extend(keyspace::turn(namespace, name).map(Operation::Delete));
        }
        _ => {}
    }
    Ok(txn)
}
