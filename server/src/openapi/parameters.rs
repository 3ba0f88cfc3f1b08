//! Parameters: their order, bounds, and the descriptions of names.

use serde_json::{Value, json};

use super::each;
use super::facts::Operation;

/// Orders the parameters as in the URL, and completes those of the path.
pub(super) fn complete(document: &mut Value, operations: &[Operation]) {
    each(document, operations, |operation| {
        let path = operation.path.to_owned();
        let kind = operation.facts.kind;
        let parameters = operation.value.get_mut("parameters").and_then(Value::as_array_mut);
        let Some(parameters) = parameters else { return };
        parameters.sort_by_key(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            // Query parameters keep their order, after the path parameters.
            path.find(&format!("{{{name}}}")).unwrap_or(usize::MAX)
        });
        for parameter in parameters.iter_mut().filter(|parameter| parameter["in"] == "path") {
            parameter["schema"]["minLength"] = json!(1);
            if let Some(kind) = kind.filter(|_| parameter["name"] == "name") {
                parameter["description"] = format!("Name of the {}.", kind.noun).into();
            }
        }
    });
}
