//! What `sensuctl` knows of the document: which fields each type has.

use anyhow::Context as _;
use serde_json::{Map, Value};

/// What a schema is made of, apart from texts and bounds.
const SHAPE: [&str; 6] = ["$ref", "allOf", "anyOf", "oneOf", "items", "additionalProperties"];

/// The schemas of a document without their texts: one line for each type.
///
/// # Errors
/// If the document has no schemas.
pub(crate) fn from_document(document: &str) -> anyhow::Result<String> {
    let document: Value = serde_json::from_str(document)?;
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let lines = schemas.context("there are no schemas")?.iter().map(|(name, schema)| {
        let name = Value::from(name.as_str());
        format!("{name}: {}", shape(schema))
    });
    Ok(format!("{{\n{}\n}}\n", lines.collect::<Vec<_>>().join(",\n")))
}

fn shape(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut kept = Map::new();
            if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
                let each = properties.iter().map(|(name, field)| (name.clone(), shape(field)));
                kept.insert("properties".into(), Value::Object(each.collect()));
            }
            for (name, part) in fields.iter().filter(|(name, _)| SHAPE.contains(&name.as_str())) {
                kept.insert(name.clone(), shape(part));
            }
            Value::Object(kept)
        }
        Value::Array(parts) => Value::Array(parts.iter().map(shape).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_and_texts_go() {
        let document = r##"{"components": {"schemas": {"A": {
            "type": "object", "description": "x", "required": ["items"],
            "properties": {
                "items": {"type": "array", "items": {"$ref": "#/B"}, "maxItems": 3},
                "description": {"allOf": [{"$ref": "#/C"}], "title": "y"}
            },
            "additionalProperties": false
        }}}}"##;
        let kept = concat!(
            "{\n\"A\": {\"properties\":{\"items\":{\"items\":{\"$ref\":\"#/B\"}},",
            "\"description\":{\"allOf\":[{\"$ref\":\"#/C\"}]}},\"additionalProperties\":false}\n}\n",
        );
        assert_eq!(from_document(document).expect("has schemas"), kept);
        from_document("{}").expect_err("has none");
    }
}
