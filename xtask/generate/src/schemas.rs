//! The schemas that `sensuctl` compiles in: the fields of each type.

use anyhow::Context as _;
use serde_json::{Map, Value};

use crate::one_type;

/// Keywords that define the structure of a schema.
const SHAPE: [&str; 6] = ["$ref", "allOf", "anyOf", "oneOf", "items", "additionalProperties"];

/// The schemas of a document without texts and bounds: one line for each type.
///
/// # Errors
/// If the document has no schemas.
pub(crate) fn from_document(document: &str) -> anyhow::Result<String> {
    let mut document: Value = serde_json::from_str(document)?;
    one_type::merge(&mut document);
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let lines = schemas.context("the document has no schemas")?.iter().map(|(name, schema)| {
        let name = Value::from(name.as_str());
        format!("{name}: {}", shape(schema))
    });
    Ok(format!("{{\n{}\n}}\n", lines.collect::<Vec<_>>().join(",\n")))
}

fn shape(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut reduced = Map::new();
            if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
                let each = properties.iter().map(|(name, field)| (name.clone(), shape(field)));
                reduced.insert("properties".into(), Value::Object(each.collect()));
            }
            for (name, part) in fields.iter().filter(|(name, _)| SHAPE.contains(&name.as_str())) {
                reduced.insert(name.clone(), shape(part));
            }
            Value::Object(reduced)
        }
        Value::Array(parts) => Value::Array(parts.iter().map(shape).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_reduced_to_their_fields() {
        let document = r##"{"components": {"schemas": {"A": {
            "type": "object", "description": "x", "required": ["items"],
            "properties": {
                "items": {"type": "array", "items": {"$ref": "#/B"}, "maxItems": 3},
                "description": {"allOf": [{"$ref": "#/C"}], "title": "y"}
            },
            "additionalProperties": false
        }}}}"##;
        let expected = concat!(
            "{\n\"A\": {\"properties\":{\"items\":{\"items\":{\"$ref\":\"#/B\"}},",
            "\"description\":{\"allOf\":[{\"$ref\":\"#/C\"}]}},\"additionalProperties\":false}\n}\n",
        );
        assert_eq!(from_document(document).expect("has schemas"), expected);
        from_document("{}").expect_err("has none");
    }
}
