//! The fields that identify an object: which bodies of a kind always contain them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::Kind;
use crate::openapi::each;
use crate::openapi::examples::success;
use crate::openapi::facts::{Action, Operation};

use super::SCHEMAS;

/// Paths to fields, such as `metadata/name`.
pub(super) type Paths = BTreeSet<String>;

/// The kinds by the names of their schemas.
pub(super) type Kinds = BTreeMap<String, &'static Kind>;

/// The kinds of the objects that successful responses to these actions contain.
pub(super) fn returned_by(
    actions: &[Action],
    document: &mut Value,
    operations: &[Operation],
) -> Kinds {
    let mut kinds = Kinds::new();
    each(document, operations, |operation| {
        let facts = operation.facts;
        let Some(kind) = facts.kind.filter(|_| actions.contains(&facts.action)) else { return };
        let responses = &operation.value["responses"];
        let content = success(responses).map(|status| &responses[&status]["content"]);
        let schema = content.and_then(|content| {
            content["application/json"]["schema"]["$ref"].as_str()?.strip_prefix(SCHEMAS)
        });
        if let Some(schema) = schema {
            kinds.insert(schema.to_owned(), kind);
        }
    });
    kinds
}

/// The fields that identify an object in a request that creates it: those of its name.
pub(super) fn in_requests(kind: &Kind) -> Paths {
    kind.name_pointers.iter().map(|pointer| pointer.trim_start_matches('/').to_owned()).collect()
}

/// The fields that identify an object in responses: those of its name and namespace.
pub(super) fn in_responses(kind: &Kind) -> Paths {
    let names = in_requests(kind);
    let namespaces = names.iter().filter(|_| kind.namespaced).filter_map(|name| {
        let metadata = name.strip_suffix("metadata/name")?;
        Some(format!("{metadata}metadata/namespace"))
    });
    namespaces.chain(names.iter().cloned()).collect()
}

/// Whether paths make a field required. The optional parts of an object, such as the check of an event,
/// stay optional although they contain a part of its name.
pub(super) fn require(paths: &Paths, field: &str) -> bool {
    paths.iter().any(|path| {
        let mut parts = path.split('/');
        parts.next() == Some(field) && parts.count() < 2
    })
}

/// The paths below a field.
pub(super) fn below(paths: &Paths, field: &str) -> Paths {
    let below = paths.iter().filter_map(|path| path.strip_prefix(field)?.strip_prefix('/'));
    below.map(str::to_owned).collect()
}
