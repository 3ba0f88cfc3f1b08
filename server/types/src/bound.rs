//! Bounds that are enforced, as schemas: what the document says of a field beside its type.
//!
//! Each bound here has its rule in a `validate`; a test sends a value just outside each to a live server.

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{Schema, SchemaObject};
use serde_json::json;

/// A field that must be there and hold something: a text of at least one character, a list of at least
/// one item, a number greater than 0.
pub(crate) fn required<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = described::<T>(generator);
    if schema.string.is_some() || schema.has_type(schemars::schema::InstanceType::String) {
        schema.string().min_length = Some(1);
    }
    if schema.array.is_some() {
        schema.array().min_items = Some(1);
    }
    if schema.number.is_some() {
        schema.number().minimum = Some(1.0);
    }
    must_be_there(schema)
}

/// A field that the server sets, whatever is sent.
pub(crate) fn kept<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = described::<T>(generator);
    schema.metadata().read_only = true;
    schema.into()
}

/// One of these words.
pub(crate) fn one_of(words: &[&str]) -> SchemaObject {
    SchemaObject { enum_values: Some(words.iter().map(|word| json!(word)).collect()), ..text() }
}

/// A text of this form.
pub(crate) fn pattern(pattern: &str) -> SchemaObject {
    let mut schema = text();
    schema.string().pattern = Some(pattern.to_owned());
    schema
}

/// A list of such texts.
pub(crate) fn list_of(items: SchemaObject) -> Schema {
    let mut schema = SchemaObject {
        instance_type: Some(schemars::schema::InstanceType::Array.into()),
        ..SchemaObject::default()
    };
    schema.array().items = Some(Schema::from(items).into());
    schema.into()
}

/// A field that must be there. The document's steps read the mark: with the defaults that bodies have,
/// nothing else would say so.
pub(crate) fn must_be_there(mut schema: SchemaObject) -> Schema {
    schema.extensions.insert("x-required".into(), true.into());
    schema.into()
}

/// Names of most things: letters, digits, `_`, `.` and `-`. May be left empty where the name is known
/// from the URL or not needed.
pub(crate) fn name_or_nothing(_: &mut SchemaGenerator) -> Schema {
    pattern("^[A-Za-z0-9_.-]*$").into()
}

/// Names of assets.
pub(crate) fn asset_names(_: &mut SchemaGenerator) -> Schema {
    list_of(pattern("^[a-z0-9/_.-]+$"))
}

/// Environment variables.
pub(crate) fn variables(_: &mut SchemaGenerator) -> Schema {
    list_of(pattern("^[^=]+=[^=]+$"))
}

/// A time of a 12-hour clock.
pub(crate) fn clock(_: &mut SchemaGenerator) -> Schema {
    must_be_there(pattern("^ *(0?[1-9]|1[0-2]) *: *[0-5]?[0-9] *[AaPp][Mm] *$"))
}

/// A moment with its offset from UTC.
pub(crate) fn moment(_: &mut SchemaGenerator) -> Schema {
    must_be_there(SchemaObject { format: Some("date-time".into()), ..text() })
}

/// Any text.
pub(crate) fn text() -> SchemaObject {
    SchemaObject {
        instance_type: Some(schemars::schema::InstanceType::String.into()),
        ..SchemaObject::default()
    }
}

/// The schema of a type in place, or a reference to it in a form that more can be said beside.
fn described<T: JsonSchema>(generator: &mut SchemaGenerator) -> SchemaObject {
    if !T::is_referenceable() {
        return T::json_schema(generator).into_object();
    }
    let mut schema = SchemaObject::default();
    schema.subschemas().all_of = Some(vec![generator.subschema_for::<T>()]);
    schema
}
