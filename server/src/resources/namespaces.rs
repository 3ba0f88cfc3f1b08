//! Namespaces: the list depends on the caller (D19), and only empty namespaces can be deleted (D22).

use sensu_store::{CommitError, Entry, Operation, Precondition, Prefix, Scan, Txn};
use sensu_types::Resource as _;
use sensu_types::namespace::Namespace;

use crate::auth::Caller;
use crate::catalog;
use crate::error::Error;
use crate::keyspace::{self, in_namespace};
use crate::rbac::Verb;
use crate::resources::events;
use crate::resources::grant::Grant;
use crate::resources::page::{self, ListParams, Page};
use crate::resources::preconditions::Conditions;
use crate::resources::store::write_conflict;

/// A page of all namespaces if the caller may list them, otherwise of those with a binding that applies
/// to the caller. No caller is denied.
///
/// # Errors
/// As [`page::read`].
pub(crate) async fn list(caller: &Caller, params: &ListParams) -> Result<Page, Error> {
    let visible = match caller.authorize::<Namespace>(Verb::List, "", "").await {
        Ok(_) => None,
        Err(Error::Denied) => Some(caller.bound_namespaces().await?),
        Err(error) => return Err(error),
    };
    let is_visible = |entry: &Entry| -> Result<bool, Error> {
        let name = entry.key.segments().nth(1).unwrap_or_default();
        Ok(visible.as_ref().is_none_or(|names| names.contains(name)))
    };
    let prefix = keyspace::whole_collection(Namespace::PLURAL)?;
    page::read::<Namespace>(caller.cx(), &prefix, params, is_visible).await
}

/// All namespaces.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn all(grant: &Grant<Namespace>) -> Result<Vec<Namespace>, Error> {
    let prefix = keyspace::whole_collection(Namespace::PLURAL)?;
    keyspace::all(grant.store(), &prefix).await
}

/// Deletes the namespace: with all objects in it if `cascade` is set, otherwise only if it is empty.
///
/// # Errors
/// [`Error::Exists`] with the kinds of the remaining objects; [`Error::NotFound`];
/// [`Error::PreconditionFailed`]; [`Error::Unavailable`] after a write conflict.
pub(crate) async fn delete(
    grant: &Grant<Namespace>,
    cascade: bool,
    conditions: &Conditions,
) -> Result<(), Error> {
    let key = keyspace::key::<Namespace>("", grant.name()).ok_or_else(|| grant.not_found())?;
    let prefix =
        |collection| in_namespace(collection, grant.name()).ok_or_else(|| grant.not_found());
    let resources: Vec<Prefix> =
        catalog::namespaced().map(|kind| prefix(kind.plural)).collect::<Result<_, _>>()?;
    let stored = grant.load().await?.ok_or_else(|| grant.not_found())?;
    conditions.check(Some(stored.revision))?;
    let mut txn = Txn {
        preconditions: vec![Precondition::At(key.clone(), stored.revision)],
        operations: vec![Operation::Delete(key)],
    };
    if cascade {
        txn.operations.extend(resources.into_iter().map(Operation::DeletePrefix));
    } else {
        txn.preconditions.extend(resources.into_iter().map(Precondition::Empty));
    }
    for collection in keyspace::namespaced_records() {
        txn.operations.push(Operation::DeletePrefix(prefix(collection)?));
    }
    txn.operations.extend(events::remove_deadlines(grant.store(), grant.name()).await?);
    match grant.commit(txn).await {
        Ok(_) => Ok(()),
        Err(CommitError::Precondition(Precondition::Empty(_))) => Err(not_empty(grant).await?),
        Err(CommitError::Precondition(_)) => Err(write_conflict()),
        Err(error) => Err(error.into()),
    }
}

/// The error for deleting a namespace that is not empty.
async fn not_empty(grant: &Grant<Namespace>) -> Result<Error, Error> {
    let mut kinds = Vec::new();
    for kind in catalog::namespaced() {
        let prefix = in_namespace(kind.plural, grant.name()).ok_or_else(|| grant.not_found())?;
        let scan = Scan { prefix, after: None, limit: 1, max_bytes: usize::MAX };
        if !grant.store().scan(scan).await?.is_empty() {
            kinds.push(kind.plural);
        }
    }
    let message = format!(
        "namespace is not empty: it still holds {}; delete them first, or use ?cascade=true",
        kinds.join(", ")
    );
    Ok(Error::Exists(message.into()))
}
