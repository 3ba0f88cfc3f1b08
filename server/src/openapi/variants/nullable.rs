//! Schemas of fields that a merge patch removes with `null`.

use serde_json::{Map, Value};

/// Makes a schema nullable. The values of an enumeration get names of their own in generated code: Go has one
/// scope for the values of all enumerations.
pub(super) fn make(schema: &mut Map<String, Value>) {
    schema.insert("nullable".into(), true.into());
    let names = schema.get("x-enum-varnames").or_else(|| schema.get("enum"));
    let Some(names) = names.and_then(Value::as_array) else { return };
    let names = names.iter().filter_map(Value::as_str);
    let names: Vec<Value> =
        names.map(|name| format!("{name}_PATCH").to_uppercase().into()).collect();
    schema.insert("x-enum-varnames".into(), names.into());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_have_names_of_their_own() {
        let mut color = json!({ "enum": ["", "red"], "x-enum-varnames": ["NONE", "RED"] });
        make(color.as_object_mut().expect("a schema"));
        assert_eq!(
            color,
            json!({ "enum": ["", "red"], "x-enum-varnames": ["NONE_PATCH", "RED_PATCH"], "nullable": true })
        );
    }
}
