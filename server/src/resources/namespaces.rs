//! What is particular about namespaces: who sees which, and when one may go (D19, D22).

use bytes::Bytes;
use sensu_store::{CommitError, Entry, Operation, Precondition, Prefix, Scan, Txn};
use sensu_types::Resource as _;
use sensu_types::namespace::Namespace;

use crate::catalog;
use crate::error::Error;
use crate::keyspace::{self, in_namespace};
use crate::resources::grant::Grant;
use crate::resources::page::{self, ListParams, Page};
use crate::resources::preconditions::Conditions;
use crate::resources::store::{render_selected, write_conflict};

/// A page of the namespaces: all, or those that are `visible`.
pub(crate) async fn list(
    grant: &Grant<Namespace>,
    visible: Option<&[String]>,
    want: &ListParams,
) -> Result<Page, Error> {
    let prefix = keyspace::whole_collection(Namespace::PLURAL)?;
    let show = |entry: &Entry| -> Result<Option<Bytes>, Error> {
        let name = entry.key.segments().nth(1).unwrap_or_default();
        let seen = visible.is_none_or(|names| names.iter().any(|visible| visible == name));
        if seen { render_selected::<Namespace>(entry, &want.selection) } else { Ok(None) }
    };
    page::read(grant.store(), &prefix, want, grant.cx().limits.response_bytes, show).await
}

/// Removes the namespace: with everything in it, or only if there is nothing.
pub(crate) async fn delete(
    grant: &Grant<Namespace>,
    cascade: bool,
    conditions: &Conditions,
) -> Result<(), Error> {
    let key = keyspace::key::<Namespace>("", grant.name()).ok_or_else(Error::not_found)?;
    let prefix = |collection| in_namespace(collection, grant.name()).ok_or_else(Error::not_found);
    let resources: Vec<Prefix> =
        catalog::namespaced().map(|kind| prefix(kind.plural)).collect::<Result<_, _>>()?;
    let stored = grant.load().await?.ok_or_else(Error::not_found)?;
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
    match grant.commit(txn).await {
        Ok(_) => Ok(()),
        Err(CommitError::Precondition(Precondition::Empty(_))) => Err(left(grant).await?),
        Err(CommitError::Precondition(_)) => Err(write_conflict()),
        Err(error) => Err(error.into()),
    }
}

/// The refusal to remove a namespace, which names what is left in it.
async fn left(grant: &Grant<Namespace>) -> Result<Error, Error> {
    let mut kinds = Vec::new();
    for kind in catalog::namespaced() {
        let prefix = in_namespace(kind.plural, grant.name()).ok_or_else(Error::not_found)?;
        let scan = Scan { prefix, after: None, limit: 1, max_bytes: usize::MAX };
        if !grant.store().scan(scan).await?.is_empty() {
            kinds.push(kind.plural);
        }
    }
    Ok(Error::Exists(format!(
        "namespace is not empty: it still holds {}; delete them first, or use ?cascade=true",
        kinds.join(", ")
    )))
}
