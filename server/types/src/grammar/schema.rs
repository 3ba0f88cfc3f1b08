//! JSON Schemas of field values, for `#[schemars(schema_with = "...")]`: they document, beside its type,
//! what a field accepts.
//!
//! Each constraint here is also checked in a `validate`. A contract test sends values just outside of
//! each to a live server.

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Schema, SchemaObject};

use super::name;

/// A required field with a non-empty value: a text of at least one character, a list of at least one
/// item, or a number of at least 1.
pub(crate) fn required<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = inline_or_reference::<T>(generator);
    if schema.string.is_some() || schema.has_type(InstanceType::String) {
        schema.string().min_length = Some(1);
    }
    if schema.array.is_some() {
        schema.array().min_items = Some(1);
    }
    if schema.number.is_some() {
        schema.number().minimum = Some(1.0);
    }
    mark_required(schema)
}

/// Marks a field as required. Every field of a request body has a default in Rust, so schemars cannot
/// derive this; the generation of the OpenAPI document evaluates the mark.
pub(crate) fn mark_required(mut schema: SchemaObject) -> Schema {
    schema.extensions.insert("x-required".into(), true.into());
    schema.into()
}

/// A field that the server sets. Values in request bodies are ignored.
pub(crate) fn read_only<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = inline_or_reference::<T>(generator);
    schema.metadata().read_only = true;
    schema.into()
}

/// A field that responses always contain, although its default is not serialized: the server sets it. The
/// generation of the OpenAPI document evaluates the mark.
pub(crate) fn set_by_server<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = inline_or_reference::<T>(generator);
    schema.extensions.insert("x-set-by-server".into(), true.into());
    schema.into()
}

/// A value that is `null` when it is not set. The generation of the OpenAPI document evaluates the mark.
pub(crate) fn nullable<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = T::json_schema(generator).into_object();
    schema.extensions.insert("x-null".into(), true.into());
    schema.into()
}

/// Adds a named schema to the document. Returns a reference to it that allows other keywords beside it.
pub(crate) fn define(
    name: &str,
    definition: Schema,
    generator: &mut SchemaGenerator,
) -> SchemaObject {
    let reference = format!("{}{name}", generator.settings().definitions_path);
    generator.definitions_mut().insert(name.to_owned(), definition);
    let mut schema = SchemaObject::default();
    schema.subschemas().all_of = Some(vec![Schema::new_ref(reference)]);
    schema
}

/// A text that matches this pattern.
pub(crate) fn pattern(pattern: &str) -> SchemaObject {
    let mut schema = text();
    schema.string().pattern = Some(pattern.to_owned());
    schema
}

/// A list of these items.
pub(crate) fn list_of(items: SchemaObject) -> Schema {
    let mut schema =
        SchemaObject { instance_type: Some(InstanceType::Array.into()), ..SchemaObject::default() };
    schema.array().items = Some(Schema::from(items).into());
    schema.into()
}

/// A name of this format.
pub(crate) fn name(format: name::Format) -> SchemaObject {
    pattern(&format.pattern())
}

/// A name of this format, or an empty text if the URL has the name or no name is needed.
pub(crate) fn name_or_none(format: name::Format) -> Schema {
    pattern(&format!("^({})?$", format.expression)).into()
}

/// A name as [`name::plain`] accepts it, or an empty text.
pub(crate) fn optional_name(_: &mut SchemaGenerator) -> Schema {
    name_or_none(name::PLAIN)
}

/// A required name as [`name::plain`] accepts it.
pub(crate) fn required_name(_: &mut SchemaGenerator) -> Schema {
    mark_required(name(name::PLAIN))
}

/// A list of names of assets.
pub(crate) fn asset_names(_: &mut SchemaGenerator) -> Schema {
    list_of(name(name::ASSET))
}

/// A list of environment variables.
pub(crate) fn env_vars(_: &mut SchemaGenerator) -> Schema {
    list_of(pattern("^[^=]+=[^=]+$"))
}

/// A required time of a 12-hour clock.
pub(crate) fn time_of_day(_: &mut SchemaGenerator) -> Schema {
    mark_required(pattern("^ *(0?[1-9]|1[0-2]) *: *[0-5]?[0-9] *[AaPp][Mm] *$"))
}

/// A required date and time with an offset from UTC.
pub(crate) fn date_time(_: &mut SchemaGenerator) -> Schema {
    mark_required(SchemaObject { format: Some("date-time".into()), ..text() })
}

/// Any text.
pub(crate) fn text() -> SchemaObject {
    SchemaObject { instance_type: Some(InstanceType::String.into()), ..SchemaObject::default() }
}

/// The schema of a type, inline, or a reference to it that allows other keywords beside it.
fn inline_or_reference<T: JsonSchema>(generator: &mut SchemaGenerator) -> SchemaObject {
    if !T::is_referenceable() {
        return T::json_schema(generator).into_object();
    }
    let mut schema = SchemaObject::default();
    schema.subschemas().all_of = Some(vec![generator.subschema_for::<T>()]);
    schema
}
