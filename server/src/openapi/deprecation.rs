//! Deprecated operations: the mark, and the headers of their responses.

use serde_json::{Map, Value, json};

use super::facts::Operation;
use super::{each, headers};

/// Marks deprecated operations.
pub(super) fn mark(document: &mut Value, operations: &[Operation]) {
    let mut is_used = false;
    each(document, operations, |operation| {
        if operation.facts.deprecated.is_none() {
            return;
        }
        is_used = true;
        operation.value["deprecated"] = true.into();
        let responses = operation.value["responses"].as_object_mut();
        for response in responses.into_iter().flat_map(Map::values_mut) {
            // The description of a shared response does not name the headers.
            if response.get("$ref").is_none() {
                response["headers"]["Deprecation"] = headers::reference("Deprecation");
                response["headers"]["Sunset"] = headers::reference("Sunset");
            }
        }
    });
    if is_used {
        document["components"]["headers"]["Deprecation"] = json!({
            "description": "Time at which the operation was deprecated, as `@` and seconds since 1970-01-01 UTC.",
            "schema": { "type": "string" },
        });
        document["components"]["headers"]["Sunset"] = json!({
            "description": "Time after which the operation may be removed, as an HTTP date.",
            "schema": { "type": "string" },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::facts::Facts;

    #[test]
    fn deprecated_operations_are_marked() {
        let mut document = json!({
            "paths": { "/old": { "get": { "operationId": "old", "responses": { "200": {} } } } },
            "components": { "headers": {} },
        });
        let facts = Facts::public().deprecated(1, 2);
        mark(&mut document, &[Operation { id: "old".into(), path: "/old".into(), facts }]);
        let operation = &document["paths"]["/old"]["get"];
        assert_eq!(operation["deprecated"], true);
        let sunset = &operation["responses"]["200"]["headers"]["Sunset"];
        assert_eq!(*sunset, headers::reference("Sunset"));
        assert!(document["components"]["headers"]["Sunset"].is_object());
    }
}
