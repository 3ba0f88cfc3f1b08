//! Names the parameters of a document, for comparisons.
//!
//! Redocly finds the counterpart of an item of a list by the similarity of its text. It reports a parameter whose
//! description has become much longer as removed and added. Named components are compared by name.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Where the parameters are moved to.
const COMPONENTS: &str = "components/parameters/";

/// Writes a copy of a document to a folder, with the parameters of operations as named components.
pub(crate) fn copy(document: &Path, folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let mut value: Value = serde_json::from_str(&fs::read_to_string(document)?)?;
    name_parameters(&mut value);
    let copy = folder.join(name);
    fs::write(&copy, serde_json::to_vec(&value)?)?;
    Ok(copy)
}

/// Whether a change is one of the moved parameters itself. It is also reported for the operation.
pub(crate) fn is_component(path: &str) -> bool {
    path.trim_start_matches("#/").starts_with(COMPONENTS)
}

/// The place of a change in the document itself: `paths//metrics/get/parameters/query limit`.
pub(crate) fn place(pointer: &str) -> &str {
    pointer.strip_prefix(COMPONENTS).unwrap_or(pointer)
}

/// Which parameter has the schema that a change concerns, for messages that do not contain it. Empty for other
/// changes.
pub(crate) fn subject(pointer: &str) -> String {
    let schema = pointer.strip_prefix("#/").and_then(|pointer| pointer.strip_prefix(COMPONENTS));
    let schema = schema.and_then(|name| name.split_once("/schema")).map(|(name, _)| name);
    let name =
        schema.and_then(|name| name.rsplit("~1").next()).and_then(|name| name.split_once(' '));
    name.map_or_else(String::new, |(place, name)| format!("{place} parameter `{name}`: "))
}

fn name_parameters(document: &mut Value) {
    let mut named = Map::new();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                let text = |field: &str| parameter[field].as_str().unwrap_or_default();
                let name =
                    format!("paths/{path}/{method}/parameters/{} {}", text("in"), text("name"));
                let pointer = name.replace('~', "~0").replace('/', "~1");
                let reference = json!({ "$ref": format!("#/{COMPONENTS}{pointer}") });
                named.insert(name, std::mem::replace(parameter, reference));
            }
        }
    }
    document["components"]["parameters"] = named.into();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_components() {
        let limit = json!({ "in": "query", "name": "limit" });
        let mut document = json!({ "paths": { "/x": { "get": { "parameters": [limit] } } } });
        name_parameters(&mut document);
        assert_eq!(
            document,
            json!({
                "paths": { "/x": { "get": { "parameters": [
                    { "$ref": "#/components/parameters/paths~1~1x~1get~1parameters~1query limit" },
                ] } } },
                "components": { "parameters": { "paths//x/get/parameters/query limit": limit } },
            })
        );
        assert!(is_component("#/components/parameters/x") && !is_component("#/paths/x"));
        let schema = "#/components/parameters/paths~1~1x~1get~1parameters~1query limit/schema";
        assert_eq!(subject(schema), "query parameter `limit`: ");
        assert_eq!(subject("#/components/schemas/X"), "");
        assert_eq!(place("components/parameters/paths//x"), "paths//x");
    }
}
