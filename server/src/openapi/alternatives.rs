//! Routes that stand for several published operations; see [`Alternatives`].

use serde_json::{Map, Value};

use super::facts::{Alternative, Alternatives, Operation};

/// Publishes each route with alternatives as the operations that it stands for.
pub(super) fn publish(document: &mut Value, operations: &[Operation]) {
    for operation in operations {
        if let Some(alternatives) = operation.facts.alternatives {
            replace(document, &operation.path, alternatives);
        }
    }
}

fn replace(document: &mut Value, route: &str, alternatives: &Alternatives) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    let mut published = Map::new();
    for (path, item) in std::mem::take(paths) {
        if path != route {
            published.insert(path, item);
            continue;
        }
        for alternative in alternatives.operations {
            let path = path
                .replace(&format!("{{{}}}", alternatives.selector), alternative.segment)
                .replace(
                    &format!("{{{}}}", alternatives.variable),
                    &format!("{{{}}}", alternative.parameter.0),
                );
            published.insert(path, one(&item, alternatives, alternative));
        }
    }
    *paths = published;
    if let Some(schemas) = document.pointer_mut("/components/schemas") {
        schemas.as_object_mut().map(|schemas| schemas.shift_remove(alternatives.schema));
    }
}

fn one(item: &Value, alternatives: &Alternatives, alternative: &Alternative) -> Value {
    let mut item = item.clone();
    for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
        operation["operationId"] = alternative.id.into();
        operation["summary"] = alternative.summary.into();
        operation["description"] = alternative.description.into();
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        let Some(parameters) = parameters else { continue };
        parameters.retain(|parameter| parameter["name"] != alternatives.selector);
        for found in parameters.iter_mut().filter(|found| found["name"] == alternatives.variable) {
            let (name, description) = alternative.parameter;
            found["name"] = name.into();
            found["description"] = description.into();
        }
    }
    item
}
