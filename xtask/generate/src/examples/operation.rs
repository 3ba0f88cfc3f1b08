//! The operations of the document, as the recorder reads them.

use std::collections::BTreeMap;

use serde_json::Value;

/// An operation of the document.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) tag: String,
    pub(super) value: Value,
    /// Error code in the example of each documented status.
    codes: BTreeMap<String, Value>,
}

impl Operation {
    /// Whether the document has a response of this status.
    pub(super) fn documents(&self, status: u16) -> bool {
        !self.value["responses"][status.to_string()].is_null()
    }

    /// The error code in the example of a status.
    pub(super) fn code(&self, status: u16) -> Value {
        self.codes.get(&status.to_string()).cloned().unwrap_or_default()
    }

    /// Whether it has a query parameter of this name.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        let parameters = self.value["parameters"].as_array().into_iter().flatten();
        parameters.into_iter().any(|parameter| parameter["name"] == name)
    }

    /// Names of the path parameters, in their order.
    pub(super) fn path_parameters(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.path.split('/').filter_map(parameter)
    }
}

/// The name of the parameter that a segment of a path stands for.
pub(super) fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// All operations by their IDs.
pub(super) fn operations(document: &Value) -> BTreeMap<&str, Operation> {
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, value) in item.as_object().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let operation = Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                tag: text(&value["tags"][0]),
                codes: codes(document, value),
                value: value.clone(),
            };
            operations.insert(value["operationId"].as_str().unwrap_or_default(), operation);
        }
    }
    operations
}

fn codes(document: &Value, operation: &Value) -> BTreeMap<String, Value> {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let code = |response: &Value| {
        let pointer = response["$ref"].as_str()?.strip_prefix('#')?;
        let shared = document.pointer(pointer)?;
        shared.pointer("/content/application~1json/examples/recorded/value/code").cloned()
    };
    responses.filter_map(|(status, response)| Some((status.clone(), code(response)?))).collect()
}
