//! Formats: `tabular`, `json`, `wrapped-json` and `yaml`; and what an expression picks.

use std::ffi::OsStr;

use anyhow::{Result, bail};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::column::Cell;
use crate::context::Context;
use crate::output_query::OutputQuery;
use crate::resource::Resource;
use crate::serialize::{Notation, documents, pretty, wrap, yaml};
use crate::table;
use crate::verbs::list::is_everywhere;

/// The formats, by name.
pub(crate) const FORMATS: [&str; 4] = ["tabular", "json", "wrapped-json", "yaml"];

/// How objects are written.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// Tables and lists, for people.
    Tabular,
    /// What the server sent.
    Json,
    /// With type and version, for `create --file`.
    Wrapped,
    /// The same as YAML.
    Yaml,
    /// What an expression picks of what the server sent.
    Query(OutputQuery),
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

    /// The format that a flag's value means.
    fn read(text: &str) -> Result<Self> {
        if let Some(pick) = OutputQuery::read(text) {
            return Ok(Self::Query(pick?));
        }
        match FORMATS.iter().any(|known| known.eq_ignore_ascii_case(text.trim())) {
            true => Ok(Self::named(text)),
            false => bail!("it is none of {}, jsonpath=PATH, jq=FILTER", FORMATS.join(", ")),
        }
    }
}

/// `--format`, and `-o` as its short form.
pub(crate) fn flag() -> Arg {
    documents_flag().short('o').value_parser(FormatParser).help(
        "Output format: tabular, json, wrapped-json, yaml, or what jsonpath=PATH or jq=FILTER picks of the JSON",
    )
}

/// `--format` for what only whole documents can be made of.
pub(crate) fn documents_flag() -> Arg {
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(FORMATS).map(|name| Format::named(&name)))
        .ignore_case(true)
        .hide_possible_values(true)
        .help("Output format: tabular, json, wrapped-json or yaml")
}

/// Reads a format, so that a wrong expression is refused before anything is done.
#[derive(Clone)]
struct FormatParser;

impl TypedValueParser for FormatParser {
    type Value = Format;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Format, clap::Error> {
        Format::read.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(FORMATS.iter().map(PossibleValue::new)))
    }
}

/// The format that the flag names.
pub(crate) fn asked(matches: &ArgMatches) -> Option<Format> {
    matches.try_get_one::<Format>("format").ok().flatten().cloned()
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
        Format::Query(pick) => pick.of(object)?,
        Format::Tabular => {
            let title = match resource.command {
                "event" => resource.name_of(object).replacen('/', " - ", 1),
                _ => resource.name_of(object),
            };
            table::details(&title, resource.details, object, context.has_colours())
        }
        Format::Wrapped => pretty(&wrap(resource, object))?,
        Format::Yaml => yaml(&wrap(resource, object))?,
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
        Format::Query(pick) => pick.of(&json!(objects))?,
        Format::Tabular => {
            let columns = columns(resource, is_everywhere(matches));
            table::table(&columns, objects, context.has_colours())
        }
        Format::Wrapped => documents(&wrapped(resource, objects), Notation::Json)?,
        Format::Yaml => documents(&wrapped(resource, objects), Notation::Yaml)?,
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
        Format::Query(pick) => pick.of(value)?,
        Format::Tabular => {
            let things = value.as_array().map(Vec::as_slice).unwrap_or_default();
            table::table(cells, things, context.has_colours())
        }
    };
    context.write(&text)
}

/// The columns of a list; of all namespaces, with the namespace after the name.
fn columns(resource: &Resource, everywhere: bool) -> Vec<Cell> {
    let mut columns = resource.columns.to_vec();
    let shows_it = columns.iter().any(|column| column.title == "Namespace");
    if everywhere && resource.namespaced && !shows_it {
        let (position, at) = match resource.command {
            "event" => (2, "/entity/metadata/namespace"),
            _ => (1, "/metadata/namespace"),
        };
        columns.insert(position, Cell::at("Namespace", at));
    }
    columns
}

fn wrapped(resource: &Resource, objects: &[Value]) -> Vec<Value> {
    objects.iter().map(|object| wrap(resource, object)).collect()
}
