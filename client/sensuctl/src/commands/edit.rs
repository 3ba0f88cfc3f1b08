//! `sensuctl edit`: changes an object in an editor.

use std::fs;
use std::io::Write as _;
use std::process::Command as Process;

use anyhow::{Context as _, Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use sensu_client::CORE_V2;
use sensu_manifests::SourceFile;
use serde_json::Value;
use tempfile::NamedTempFile;

use super::types::resolve_type;
use crate::api::Versioned;
use crate::args::{flag, required};
use crate::context::{Context, terminal_variable};
use crate::descriptor::Descriptor;
use crate::manifest::ReadOptions;
use crate::output::{Format, format, manifest_format_arg};
use crate::serialize::{ManifestFormat, manifests, wrap};
use crate::{manifest, pointer};

const DEFAULT_EDITOR: &str = "vi";

pub(super) fn arguments(command: Command) -> Command {
    command
        .about("Edit a resource in an editor")
        .long_about(
            "Edit a resource in the editor of the variable EDITOR [default: vi], as YAML or wrapped JSON. When the editor exits, the changed text is checked and sent. A text that is rejected is kept in a file.",
        )
        .after_help(
            "Examples:
  sensuctl edit check check-cpu
  sensuctl edit event web-1 check-cpu
  sensuctl edit handler --blank",
        )
        .arg(
            Arg::new("type")
                .value_name("TYPE")
                .help("Type of the resource, such as check or CheckConfig")
                .required(true),
        )
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .help("Name of the resource; entity and check of an event")
                .action(ArgAction::Append),
        )
        .arg(flag("blank", "Start with an empty resource, and create it").short('b'))
        .arg(manifest_format_arg())
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let resource = resolve_type(required(matches, "type"))?;
    let name: Vec<_> = matches.get_many::<String>("name").into_iter().flatten().collect();
    let mut existing = match matches.get_flag("blank") {
        true => None,
        false if name.len() != resource.name.len() => {
            bail!("the name is missing; --blank creates a new resource")
        }
        false => Some(context.get_for_update(&resource.object_path(context.namespace(), &name))?),
    };
    let object = match &existing {
        Some(existing) => existing.object.clone(),
        None => blank(context, resource),
    };
    let format = match format(context, matches) {
        Format::Json | Format::WrappedJson => ManifestFormat::Json,
        _ => ManifestFormat::Yaml,
    };
    let before = manifests(&[wrap(resource, &object)], format)?;
    let Some(after) = run_editor(&before, format)? else { return Ok(()) };
    send(context, &after, existing.as_mut()).with_context(|| keep(&after, format))
}

/// An object with an empty name and the zero values of its fields.
fn blank(context: &Context, resource: &Descriptor) -> Value {
    let mut object = resource.new_object("", &vec![String::new(); resource.name.len()]);
    for field in resource.fields {
        field.clear(&mut object);
    }
    for at in resource.namespace {
        pointer::set(&mut object, at, context.namespace().into());
    }
    object
}

/// The text after the editor; `None` if it is unchanged.
fn run_editor(before: &str, format: ManifestFormat) -> Result<Option<String>> {
    let mut file = temporary_file(format)?;
    file.write_all(before.as_bytes())?;
    file.flush()?;
    let editor = terminal_variable("EDITOR").unwrap_or_else(|| DEFAULT_EDITOR.into());
    let mut words = shell_words::split(&editor).context("cannot parse EDITOR")?.into_iter();
    let program = words.next().unwrap_or_else(|| DEFAULT_EDITOR.into());
    let status = Process::new(&program).args(words).arg(file.path()).status();
    let status = status.with_context(|| format!("cannot run the editor {program:?}"))?;
    if !status.success() {
        bail!("the editor failed with {status}; nothing was changed");
    }
    // Editors may replace the file: read the path, not the open file.
    let after = fs::read_to_string(file.path())?;
    Ok((after != before).then_some(after))
}

/// A file whose extension tells the editor the format.
fn temporary_file(format: ManifestFormat) -> std::io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix("sensu-resource.").suffix(format.extension()).tempfile()
}

/// Sends the objects of a text; the edited one only if no other client has changed it.
fn send(context: &Context, text: &str, mut existing: Option<&mut Versioned>) -> Result<()> {
    let source = SourceFile { path: String::new(), content: text.to_owned() };
    let options = ReadOptions { for_writing: true, strict: true };
    let objects = manifest::read(&[source], context.namespace(), options)?;
    for object in &objects {
        let path = object.path();
        match existing.as_mut().filter(|existing| existing.path == path) {
            Some(existing) => {
                existing.object = object.object.clone();
                context.put_if_unchanged(existing)?;
            }
            None => drop(context.put(&path, &object.object)?),
        }
        context.print_line(&format!("Updated {CORE_V2}{path}"))?;
    }
    Ok(())
}

/// Keeps a text that was not sent. Returns a message with its path.
fn keep(text: &str, format: ManifestFormat) -> String {
    let written =
        temporary_file(format).and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file));
    match written.map(NamedTempFile::keep) {
        Ok(Ok((_, path))) => format!("not changed; your text is in {}", path.display()),
        _ => "not changed".into(),
    }
}
