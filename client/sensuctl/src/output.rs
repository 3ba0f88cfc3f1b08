//! Output formats: `tabular`, `json`, `wrapped-json`, `yaml`, and queries.

use std::ffi::OsStr;
use std::io::{self, IsTerminal as _};

use anyhow::{Result, bail};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::args::option;
use crate::column::Column;
use crate::context::Context;
use crate::descriptor::Descriptor;
use crate::escape;
use crate::list_options::is_all_namespaces;
use crate::output_query::OutputQuery;
use crate::serialize::{ManifestFormat, json_pretty, manifests, wrap, yaml};
use crate::table;

/// Names of the formats, without queries.
pub(crate) const FORMATS: [&str; 4] = ["tabular", "json", "wrapped-json", "yaml"];

/// An output format.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// Tables and details.
    Tabular,
    /// The JSON of the API.
    Json,
    /// JSON manifests, as `create --file` reads them.
    WrappedJson,
    /// YAML manifests.
    Yaml,
    /// The result of a query on the JSON of the API.
    Query(OutputQuery),
}

impl Format {
    /// The format with this name; `Tabular` if there is none.
    pub(crate) fn named(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "wrapped-json" => Self::WrappedJson,
            "yaml" => Self::Yaml,
            _ => Self::Tabular,
        }
    }

    fn parse(text: &str) -> Result<Self> {
        if let Some(query) = OutputQuery::parse(text) {
            return Ok(Self::Query(query?));
        }
        match FORMATS.iter().any(|known| known.eq_ignore_ascii_case(text.trim())) {
            true => Ok(Self::named(text)),
            false => bail!("expected {}, jsonpath=PATH or jq=FILTER", FORMATS.join(", ")),
        }
    }
}

/// `--format` with queries, and `-o`.
pub(crate) fn format_arg() -> Arg {
    manifest_format_arg().short('o').value_parser(FormatParser).help(
        "Output format: tabular, json, wrapped-json, yaml, jsonpath=PATH or jq=FILTER [default: the configured one, or tabular]",
    )
}

/// `--format` without queries.
pub(crate) fn manifest_format_arg() -> Arg {
    option(
        "format",
        "FORMAT",
        "Output format: yaml or wrapped-json [default: the configured one, or yaml]",
    )
    .value_parser(PossibleValuesParser::new(FORMATS).map(|name| Format::named(&name)))
    .ignore_case(true)
    .hide_possible_values(true)
}

/// Parses the format with the command line, so that a malformed query fails before any request.
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
        Format::parse.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(FORMATS.iter().map(PossibleValue::new)))
    }
}

/// The format of the flag.
pub(crate) fn given_format(matches: &ArgMatches) -> Option<Format> {
    matches.try_get_one::<Format>("format").ok().flatten().cloned()
}

/// The format of the flag, or the configured one.
pub(crate) fn format(context: &Context, matches: &ArgMatches) -> Format {
    given_format(matches).unwrap_or_else(|| Format::named(context.configured_format()))
}

/// The result of a query. Bare strings keep control characters unless they would go to a terminal.
fn query_result(query: &OutputQuery, value: &Value) -> Result<String> {
    let text = query.evaluate(value)?;
    Ok(if io::stdout().is_terminal() { escape::for_terminal(&text) } else { text })
}

/// Prints one object.
pub(crate) fn print_object(
    context: &Context,
    resource: &Descriptor,
    object: &Value,
    matches: &ArgMatches,
) -> Result<()> {
    let text = match format(context, matches) {
        Format::Json => json_pretty(object)?,
        Format::Query(query) => query_result(&query, object)?,
        Format::Tabular => {
            let title = resource.name_of(object).join(" - ");
            table::details(&title, resource.details, object, context.use_colors())
        }
        Format::WrappedJson => json_pretty(&wrap(resource, object))?,
        Format::Yaml => yaml(&wrap(resource, object))?,
    };
    context.print(&text)
}

/// Prints a list of objects.
pub(crate) fn print_list(
    context: &Context,
    resource: &Descriptor,
    objects: &[Value],
    matches: &ArgMatches,
) -> Result<()> {
    let wrap_all = || objects.iter().map(|object| wrap(resource, object)).collect::<Vec<_>>();
    let text = match format(context, matches) {
        Format::Json => json_pretty(&json!(objects))?,
        Format::Query(query) => query_result(&query, &json!(objects))?,
        Format::Tabular => {
            let columns = resource.columns(is_all_namespaces(matches));
            table::table(&columns, objects, context.use_colors())
        }
        Format::WrappedJson => manifests(&wrap_all(), ManifestFormat::Json)?,
        Format::Yaml => manifests(&wrap_all(), ManifestFormat::Yaml)?,
    };
    context.print(&text)
}

/// Prints a value that is no resource, and therefore has no wrapped form.
pub(crate) fn print_value(
    context: &Context,
    columns: &[Column],
    value: &Value,
    matches: &ArgMatches,
) -> Result<()> {
    let text = match format(context, matches) {
        Format::Json | Format::WrappedJson => json_pretty(value)?,
        Format::Yaml => yaml(value)?,
        Format::Query(query) => query_result(&query, value)?,
        Format::Tabular => {
            let rows = value.as_array().map(Vec::as_slice).unwrap_or_default();
            table::table(columns, rows, context.use_colors())
        }
    };
    context.print(&text)
}
