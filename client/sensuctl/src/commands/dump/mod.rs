//! `sensuctl dump`: writes the objects of several types as manifests.

mod release;
mod silences;

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use clap::builder::TypedValueParser as _;
use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use self::release::{LeftOut, Release};
use super::progress;
use super::types::{ALL, resolve_types};
use crate::args::{flag, option, optional};
use crate::context::Context;
use crate::error::is_not_found;
use crate::list_options::{ListOptions, all_namespaces, is_all_namespaces, selectors};
use crate::output::{Format, format, manifest_format_arg};
use crate::resource::dumped;
use crate::serialize::{self, ManifestFormat};
use crate::time;

pub(super) fn arguments(command: Command) -> Command {
    command
        .about("Export resources of several types")
        .long_about(
            "Export resources of several types to a file or standard output, as YAML or wrapped JSON that `sensuctl create --file` reads. Passwords and API keys are not exported: the server does not show them.

--for writes what the `sensuctl create` of a release of Sensu Go accepts: types and fields that the release does not have are left out and reported, and so are users, because Sensu Go does not create them without passwords. Silenced entries get the time that remains, so that they end at the same time.",
        )
        .after_help(
            "Examples:
  sensuctl dump all --all-namespaces --file backup.yaml
  sensuctl dump check,handler --format wrapped-json
  sensuctl dump all --omit event,entity
  sensuctl dump all --all-namespaces --for 5.21 --file sensu-go.yaml",
        )
        .arg(
            Arg::new("types")
                .value_name("TYPE,...")
                .help("Types to export, such as check,handler, or all"),
        )
        .arg(option("omit", "TYPE,...", "Types to leave out").short('o'))
        .arg(
            flag("list-types", "Print the types that all stands for, and exit")
                .visible_alias("types")
                .exclusive(true),
        )
        .arg(
            option("for", "RELEASE", "Release of Sensu Go that is to read the dump, such as 5.0 or 6.4 [default: this server]")
                .value_parser(clap::builder::NonEmptyStringValueParser::new().try_map(|text| Release::parse(&text))),
        )
        .arg(all_namespaces())
        .arg(option("file", "FILE", "File to write [default: standard output]").short('f'))
        .args(selectors())
        .arg(manifest_format_arg())
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    if matches.get_flag("list-types") {
        let types: Vec<_> = dumped().iter().map(|resource| resource.command).collect();
        return context.print_line(&types.join("\n"));
    }
    let types = optional(matches, "types")
        .ok_or_else(|| anyhow!("the types are missing: all, or check,handler,..."))?;
    let mut resources = resolve_types(types, dumped)?;
    if let Some(omitted) = optional(matches, "omit") {
        let omitted = resolve_types(omitted, dumped)?;
        resources.retain(|resource| !omitted.iter().any(|other| other.kind == resource.kind));
    }
    let release = matches.get_one::<Release>("for").copied();
    let mut left_out = Vec::new();
    resources.retain(|resource| match release.and_then(|to| to.reason_to_omit(resource)) {
        Some(reason) => {
            left_out.push(format!("{}: {reason}", resource.kind));
            false
        }
        None => true,
    });
    let mut left_out_fields = LeftOut::new();
    let manifest_format = match format(context, matches) {
        Format::WrappedJson => ManifestFormat::Json,
        _ => ManifestFormat::Yaml,
    };
    let namespace = (!is_all_namespaces(matches)).then(|| context.namespace());
    let options = ListOptions::from_matches(matches);
    let progress = progress::bar(resources.len());
    let mut wrapped = Vec::new();
    for resource in resources {
        progress.set_message(resource.command);
        let path = resource.collection_path(namespace);
        let listed = match resource.is_singleton() {
            true => context.get(&path).map(|object| vec![object]),
            false => context.list(&path, &options),
        };
        let mut objects = match listed {
            // Backends of other releases do not have all types: no extensions since 6.0, no pipelines
            // before 6.5.
            Err(error) if is_not_found(&error) && types == ALL => Vec::new(),
            result => result.with_context(|| format!("cannot list {}", resource.noun.plural))?,
        };
        if resource.kind == "Silenced" {
            set_remaining_times(context, &mut objects, release)?;
        }
        if let Some(release) = release {
            release.remove_extensions(resource.kind, &mut objects, &mut left_out_fields);
            for object in &mut objects {
                release.remove_newer_fields(resource.kind, object, &mut left_out_fields);
            }
        }
        wrapped.extend(objects.iter().map(|object| serialize::wrap(resource, object)));
        progress.inc(1);
    }
    progress.finish_and_clear();
    left_out.extend(left_out_fields.iter().map(|(field, count)| format!("{field} ({count})")));
    for text in left_out {
        writeln!(io::stderr(), "left out: {text}")?;
    }
    let text = serialize::manifests(&wrapped, manifest_format)?;
    match optional(matches, "file") {
        Some(file) => replace(Path::new(file), &text),
        None => context.print(&text),
    }
}

/// Adapts silenced entries to a target without `expire_at`, and those of a source without it: `expire`
/// of releases before 6.2 is the remaining time.
fn set_remaining_times(
    context: &Context,
    entries: &mut Vec<Value>,
    target: Option<Release>,
) -> Result<()> {
    let is_released = context.is_released_backend()?;
    let needs_expire = target.is_some_and(|release| !release.has_expire_at());
    entries.retain_mut(|entry| {
        let is_remaining = is_released && entry.get("expire_at").is_none();
        match needs_expire || is_remaining {
            true => silences::set_remaining_time(entry, time::now(), is_remaining, !needs_expire),
            false => true,
        }
    });
    Ok(())
}

/// Replaces a file at once: a dump that fails leaves the old file unchanged.
fn replace(path: &Path, text: &str) -> Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let file = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")));
    let written = file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(drop).with_context(|| format!("cannot write {}", path.display()))
}
