//! Formats: `tabular`, `json`, `wrapped-json` and `yaml`.

use anyhow::{Result, anyhow};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches};
use serde_json::{Map, Value, json};

use crate::cell::Cell;
use crate::context::Context;
use crate::resource::Resource;
use crate::table;

/// The formats, by name.
pub(crate) const FORMATS: [&str; 4] = ["tabular", "json", "wrapped-json", "yaml"];

/// How objects are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Tables and lists, for people.
    Tabular,
    /// What the server sent.
    Json,
    /// With type and version, for `create --file`.
    Wrapped,
    /// The same as YAML.
    Yaml,
}

impl Format {
    /// The format with this name; `Tabular` if there is none.
    pub(crate) fn named(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "wrapped-json" => Self::Wrapped,
            "yaml" => Self::Yaml,
            _ => Self::Tabular,
        }
    }
}

/// `--format`.
pub(crate) fn flag() -> Arg {
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(FORMATS))
        .ignore_case(true)
        .hide_possible_values(true)
        .help("Output format: tabular, json, wrapped-json or yaml")
}

/// The format that the flag names.
pub(crate) fn asked(matches: &ArgMatches) -> Option<Format> {
    let name = matches.try_get_one::<String>("format").ok().flatten()?;
    Some(Format::named(name))
}

/// The format to write in: the flag's, or that of the profile.
pub(crate) fn format(context: &Context, matches: &ArgMatches) -> Format {
    asked(matches).unwrap_or_else(|| Format::named(context.preferred_format()))
}

/// Writes one object.
pub(crate) fn one(
    context: &Context,
    resource: &Resource,
    object: &Value,
    matches: &ArgMatches,
) -> Result<()> {
    let text = match format(context, matches) {
        Format::Json => pretty(object)?,
        Format::Tabular => {
            let title = match resource.command {
                "event" => resource.name_of(object).replacen('/', " - ", 1),
                _ => resource.name_of(object),
            };
            table::details(&title, resource.details, object, context.has_colours())
        }
        wrapped => documents(&[wrap(resource, object)], wrapped)?,
    };
    context.write(&text)
}

/// Writes a list of objects.
pub(crate) fn many(
    context: &Context,
    resource: &Resource,
    objects: &[Value],
    matches: &ArgMatches,
) -> Result<()> {
    let text = match format(context, matches) {
        Format::Json => pretty(&json!(objects))?,
        Format::Tabular => table::table(resource.columns, objects, context.has_colours()),
        wrapped => {
            let wrap = |object| wrap(resource, object);
            documents(&objects.iter().map(wrap).collect::<Vec<_>>(), wrapped)?
        }
    };
    context.write(&text)
}

/// Writes what is no resource: wrapped formats do not apply to it.
pub(crate) fn things(
    context: &Context,
    cells: &[Cell],
    value: &Value,
    matches: &ArgMatches,
) -> Result<()> {
    let text = match format(context, matches) {
        Format::Json | Format::Wrapped => pretty(value)?,
        Format::Yaml => yaml(value)?,
        Format::Tabular => {
            let things = value.as_array().map(Vec::as_slice).unwrap_or_default();
            table::table(cells, things, context.has_colours())
        }
    };
    context.write(&text)
}

/// An object with its type and version around it.
pub(crate) fn wrap(resource: &Resource, object: &Value) -> Value {
    let mut spec = object.as_object().cloned().unwrap_or_default();
    let metadata = spec.shift_remove("metadata").unwrap_or_else(|| json!({}));
    json!({
        "type": resource.kind,
        "api_version": "core/v2",
        "metadata": metadata,
        "spec": sorted(&Value::Object(spec)),
    })
}

/// The same with keys in the order of the alphabet, as the original writes specs.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            let pairs = keys.into_iter().map(|(key, value)| (key.clone(), sorted(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Wrapped objects, one document after the other.
pub(crate) fn documents(wrapped: &[Value], format: Format) -> Result<String> {
    let write = |document| match format {
        Format::Yaml => yaml(document),
        _ => pretty(document),
    };
    let written: Vec<String> = wrapped.iter().map(write).collect::<Result<_>>()?;
    Ok(written.join(if format == Format::Yaml { "---\n" } else { "" }))
}

/// JSON with an indent of two, and a line end.
pub(crate) fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// YAML with a line end.
pub(crate) fn yaml(value: &Value) -> Result<String> {
    let text = serde_saphyr::to_string(value).map_err(|error| anyhow!("{error}"))?;
    Ok(text.trim_end().to_owned() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource;

    #[test]
    fn wrapped_objects_say_what_they_are() {
        let check = resource::find("check").unwrap();
        let object = json!({"interval": 5, "command": "x", "metadata": {"name": "c"}});
        let wrapped = wrap(check, &object).to_string();
        assert_eq!(
            wrapped,
            r#"{"type":"CheckConfig","api_version":"core/v2","metadata":{"name":"c"},"spec":{"command":"x","interval":5}}"#
        );
    }

    #[test]
    fn yaml_keeps_texts_texts() {
        let value = json!({"a": "yes", "b": "1.0", "c": null, "d": ["x", "- y"], "e": {}, "f": []});
        let text = yaml(&value).unwrap();
        let back: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, value, "{text}");
    }
}
