//! Parameters in the order of the URL, required ones first, and never empty.

use serde_json::{Value, json};

use super::each;
use super::facts::Operation;

/// Orders the parameters, and says that a path parameter is not empty.
pub(super) fn order(document: &mut Value, operations: &[Operation]) {
    each(document, operations, |operation| {
        let path = operation.path.to_owned();
        let parameters = operation.value.get_mut("parameters").and_then(Value::as_array_mut);
        let Some(parameters) = parameters else { return };
        parameters.sort_by_key(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            // Query parameters keep their order, behind everything in the path.
            path.find(&format!("{{{name}}}")).unwrap_or(usize::MAX)
        });
        for parameter in parameters {
            if parameter["in"] == "path" {
                parameter["schema"]["minLength"] = json!(1);
            }
        }
    });
}
