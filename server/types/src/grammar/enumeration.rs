//! Texts of which only a few values are valid, with a named schema for each set of values.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::{Metadata, Schema, SchemaObject};
use serde_json::json;

use super::schema;

/// The valid values of a text.
#[derive(Debug)]
pub(crate) struct Enumeration {
    /// Name of the schema.
    pub(crate) name: &'static str,
    /// Description of the schema, and of every field that refers to it.
    pub(crate) description: &'static str,
    /// The valid values.
    pub(crate) values: &'static [&'static str],
    /// Names of the values in generated code, in upper case, which Ruby requires. Empty if the values
    /// themselves are identifiers.
    pub(crate) identifiers: &'static [&'static str],
}

impl Enumeration {
    /// Whether a text is one of the values.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.values.contains(&text)
    }

    /// A reference to the schema that allows other keywords beside it. Adds the schema to the document.
    pub(crate) fn schema(&self, generator: &mut SchemaGenerator) -> SchemaObject {
        schema::define(self.name, self.definition(), generator)
    }

    /// A list of these values.
    pub(crate) fn list(&self, generator: &mut SchemaGenerator) -> Schema {
        schema::list_of(self.schema(generator))
    }

    fn definition(&self) -> Schema {
        let mut definition = schema::text();
        definition.enum_values = Some(self.values.iter().map(|value| json!(value)).collect());
        definition.metadata = Some(Box::new(Metadata {
            description: Some(self.description.to_owned()),
            ..Metadata::default()
        }));
        if !self.identifiers.is_empty() {
            definition.extensions.insert("x-enum-varnames".into(), json!(self.identifiers));
        }
        definition.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_named() {
        let color = Enumeration {
            name: "Color",
            description: "A color.",
            values: &["", "red"],
            identifiers: &["none", "red"],
        };
        let mut generator = schemars::r#gen::SchemaSettings::openapi3().into_generator();
        let field = serde_json::to_value(color.schema(&mut generator)).expect("JSON");
        assert_eq!(field, json!({ "allOf": [{ "$ref": "#/components/schemas/Color" }] }));
        let definitions = serde_json::to_value(generator.definitions()).expect("JSON");
        assert_eq!(
            definitions,
            json!({ "Color": { "description": "A color.", "type": "string",
                "enum": ["", "red"], "x-enum-varnames": ["none", "red"] } })
        );
        assert!(color.contains("red") && !color.contains("green"));
    }
}
