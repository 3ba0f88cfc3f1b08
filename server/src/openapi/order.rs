//! The order of operations: those of a tag together; list, create, get, put, patch, delete, other
//! actions, and the list across namespaces.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::each;
use super::facts::{Action, Operation};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Sorts paths and methods.
pub(super) fn sort(document: &mut Value, operations: &[Operation]) {
    let mut ranks: BTreeMap<String, (String, u8)> = BTreeMap::new();
    each(document, operations, |operation| {
        let tag = operation.value["tags"][0].as_str().unwrap_or_default();
        ranks.insert(operation.path.to_owned(), (tag.to_owned(), rank(operation.facts.action)));
    });
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    let mut sorted: Vec<(String, Value)> = std::mem::take(paths).into_iter().collect();
    // Stable: paths of the same rank stay sorted by name.
    sorted.sort_by(|(one, _), (other, _)| ranks.get(one).cmp(&ranks.get(other)));
    for (path, item) in sorted {
        paths.insert(path, by_method(item));
    }
}

/// The position of a path with such an operation. All regular operations of a path have the same.
fn rank(action: Action) -> u8 {
    match action {
        Action::List | Action::Create => 0,
        Action::Get | Action::Put | Action::Patch | Action::Delete => 1,
        Action::Custom => 2,
        Action::ListAll => 3,
    }
}

fn by_method(mut item: Value) -> Value {
    let Some(operations) = item.as_object_mut() else { return item };
    let mut sorted = Map::new();
    for method in METHODS {
        sorted.extend(operations.shift_remove_entry(method));
    }
    // Keys that are no methods.
    sorted.append(operations);
    sorted.into()
}
