//! Excludes combinations of values that validation rejects.
//!
//! `anyOf` and `oneOf` turn a type into a union in generated clients, and openapi-generator generates a class for
//! each schema below `not`. So the document in OpenAPI 3.0 has the extension `x-not`, which is `not` in 3.1.

use sensu_types::combination::{Combination, Types, Values};
use sensu_types::combinations;
use serde_json::{Map, Value, json};

use super::SCHEMAS;
use super::derive::Role;

/// A `not` that only OpenAPI 3.1 has.
pub(in crate::openapi) const EXTENSION: &str = "x-not";

/// Adds the combinations that a type rejects in requests to its schema.
pub(super) fn exclude(schema: &mut Map<String, Value>, base: &str, role: Role, all: &Schemas) {
    let Some(rejected) = combinations::rejected(base) else { return };
    if role != Role::Create && !rejected.name_fields.is_empty() {
        return;
    }
    let each = rejected.combinations.iter();
    let mut violations: Vec<Value> = each.map(|one| violation(one, base, all)).collect();
    let violation = match violations.len() {
        0 | 1 => violations.pop(),
        _ => Some(json!({ "anyOf": violations })),
    };
    if let Some(violation) = violation {
        schema.insert(EXTENSION.into(), violation);
    }
}

/// The fields that the name of an object consists of.
pub(super) fn name_fields(base: &str) -> &'static [&'static str] {
    combinations::rejected(base).map_or(&[], |rejected| rejected.name_fields)
}

/// Schemas by name.
pub(super) type Schemas = Map<String, Value>;

/// A schema of the objects with a combination.
fn violation(combination: Combination, base: &str, all: &Schemas) -> Value {
    let mut schema = json!({});
    for (path, values) in combination {
        let parts: Vec<&str> = path.split('/').collect();
        let (constraint, is_present) = constraint(*values, kind(base, &parts, all));
        let mut object = &mut schema;
        for part in parts {
            if is_present {
                let required = object["required"].take();
                let mut required = required.as_array().cloned().unwrap_or_default();
                required.push(part.into());
                object["required"] = required.into();
            }
            object = &mut object["properties"][part];
        }
        *object = constraint;
    }
    schema
}

/// Type of values, as far as it determines which of them are empty.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    List,
    Object,
}

/// The schema of values of a field, and whether the field must be present.
fn constraint(values: Values, kind: Kind) -> (Value, bool) {
    match (values, kind) {
        (Values::Unset, Kind::Text) => (json!({ "enum": [""] }), false),
        (Values::Unset, Kind::Number) => (json!({ "enum": [0] }), false),
        (Values::Unset, Kind::List) => (json!({ "maxItems": 0 }), false),
        (Values::Unset, Kind::Object) => (json!({ "enum": [null] }), false),
        (Values::Set, Kind::Text) => (json!({ "minLength": 1 }), true),
        (Values::Set, Kind::Number) => (json!({ "minimum": 1 }), true),
        (Values::Set, Kind::List) => (json!({ "minItems": 1 }), true),
        (Values::Set, Kind::Object) => (json!({}), true),
        (Values::OneOf(texts), _) => (json!({ "enum": texts }), true),
        (Values::UnsetOr(texts), _) => {
            let all: Vec<&str> = [""].iter().chain(texts).copied().collect();
            (json!({ "enum": all }), false)
        }
        (Values::NotReferencesTo(types), Kind::List) => {
            (json!({ "not": { "items": references(types) } }), true)
        }
        (Values::NotReferencesTo(types), _) => (json!({ "not": references(types) }), true),
    }
}

/// The schema of references to types.
fn references(types: Types) -> Value {
    let each = types.iter().map(|(api_version, kinds)| {
        json!({
            "required": ["name", "type", "api_version"],
            "properties": {
                "name": { "minLength": 1 },
                "type": { "enum": kinds },
                "api_version": { "enum": [api_version] },
            },
        })
    });
    let mut all: Vec<Value> = each.collect();
    match all.len() {
        1 => all.remove(0),
        _ => json!({ "anyOf": all }),
    }
}

/// The type of a field.
fn kind(base: &str, path: &[&str], all: &Schemas) -> Kind {
    let mut schema = &all[base];
    for part in path {
        schema = resolve(&schema["properties"][*part], all);
    }
    match schema["type"].as_str() {
        Some("string") => Kind::Text,
        Some("integer" | "number") => Kind::Number,
        Some("array") => Kind::List,
        _ => Kind::Object,
    }
}

/// The schema that a property refers to, or its own.
fn resolve<'a>(property: &'a Value, all: &'a Schemas) -> &'a Value {
    let places = [&property["$ref"], &property["allOf"][0]["$ref"]];
    let reference = places.into_iter().find_map(Value::as_str);
    reference.and_then(|name| all.get(name.strip_prefix(SCHEMAS)?)).unwrap_or(property)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_excluded() {
        let all = json!({
            "Event": { "properties": {
                "check": { "$ref": "#/components/schemas/Check" },
                "metrics": { "type": "object" },
                "metadata": { "allOf": [{ "$ref": "#/components/schemas/Meta" }] },
            } },
            "Check": { "properties": {} },
            "Meta": { "properties": { "name": { "type": "string" } } },
        });
        let all = all.as_object().expect("schemas");
        let mut schema = Map::new();
        exclude(&mut schema, "Event", Role::Input, all);
        let none = json!({ "enum": [null] });
        let named = json!({ "required": ["name"], "properties": { "name": { "minLength": 1 } } });
        assert_eq!(
            Value::from(schema)[EXTENSION]["anyOf"],
            json!([
                { "properties": { "check": none, "metrics": none } },
                { "required": ["metadata"], "properties": { "metadata": named } },
            ])
        );
    }
}
