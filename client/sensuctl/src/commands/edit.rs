//! `sensuctl edit`: change an object in an editor.

use std::fs;
use std::io::Write as _;
use std::process::Command as Process;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use sensu_client::CORE_V2;
use sensu_manifests::SourceFile;

use crate::api::Versioned;
use crate::cli::off;
use crate::context::{Context, setting};
use crate::output::{self, Format};
use crate::resource::{self, Resource};
use crate::serialize::{self, Notation};
use crate::{manifest, verbs};

const EDITOR: &str = "vi";

/// Its arguments.
pub(crate) fn command() -> Command {
    Command::new("edit")
        .about("Change a resource in an editor")
        .long_about(
            "Change a resource in the editor that EDITOR names, vi by default, as YAML or wrapped JSON. When the editor ends, what was changed is checked and sent.",
        )
        .after_help("Examples:\n  sensuctl edit check check-cpu\n  sensuctl edit event web-1 check-cpu\n  sensuctl edit handler --blank")
        .arg(
            Arg::new("type")
                .value_name("TYPE")
                .help("A resource, such as check or CheckConfig")
                .required(true),
        )
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .help("Its name; for an event, the entity and the check")
                .action(ArgAction::Append),
        )
        .arg(off("blank", "Begin with an empty resource, and create it").short('b'))
        .arg(output::documents_flag())
}

/// Edits it.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let kind = verbs::required(matches, "type");
    let resource = resource::find(kind).ok_or_else(|| anyhow!("invalid resource type: {kind}"))?;
    let names: Vec<_> = matches.get_many::<String>("name").into_iter().flatten().cloned().collect();
    let mut loan = match matches.get_flag("blank") {
        true => None,
        false => {
            let wanted = if resource.command == "event" { 2 } else { 1 };
            if names.len() != wanted {
                bail!("give the name, or --blank for a new one");
            }
            Some(context.get_for_update(&resource.item(context.namespace(), &names.join("/")))?)
        }
    };
    let object = match &loan {
        Some(loan) => loan.object.clone(),
        None => blank(context, resource),
    };
    let notation = match output::format(context, matches) {
        Format::Json | Format::Wrapped => Notation::Json,
        _ => Notation::Yaml,
    };
    let before = serialize::documents(&[serialize::wrap(resource, &object)], notation)?;
    let Some(after) = edited(&before, notation)? else { return Ok(()) };
    send(context, &after, loan.as_mut()).with_context(|| kept(&after, notation))
}

/// An object with nothing but the fields that can be asked for.
fn blank(context: &Context, resource: &Resource) -> serde_json::Value {
    let mut object = resource.named(context.namespace(), "");
    crate::field::place(&mut object, resource.name_at, "".into());
    for field in resource.fields {
        field.clear(&mut object);
    }
    resource.put_into(&mut object, context.namespace());
    object
}

/// The text after the editor; `None` if it is the same.
fn edited(before: &str, notation: Notation) -> Result<Option<String>> {
    let mut file = scratch(notation)?;
    file.write_all(before.as_bytes())?;
    file.flush()?;
    let editor = setting("EDITOR").unwrap_or_else(|| EDITOR.into());
    let mut words = shell_words::split(&editor).context("EDITOR cannot be read")?.into_iter();
    let program = words.next().unwrap_or_else(|| EDITOR.into());
    let ended = Process::new(&program).args(words).arg(file.path()).status();
    let ended = ended.with_context(|| format!("cannot run the editor {program:?}"))?;
    if !ended.success() {
        bail!("the editor ended with {ended}; nothing was changed");
    }
    // Editors may replace the file: read what is there by name now.
    let after = fs::read_to_string(file.path())?;
    Ok((after != before).then_some(after))
}

/// A file for an editor, which knows from its name what is in it.
fn scratch(notation: Notation) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix("sensu-resource.").suffix(notation.ending()).tempfile()
}

/// Sends what was written; the object that was read only if nobody else has changed it.
fn send(context: &Context, text: &str, mut loan: Option<&mut Versioned>) -> Result<()> {
    let documents = manifest::read(
        &[SourceFile { path: String::new(), content: text.to_owned() }],
        context.namespace(),
    )?;
    if documents.is_empty() {
        bail!("no resources were parsed");
    }
    for document in &documents {
        let address = document.address();
        match loan.as_mut().filter(|loan| loan.path == address) {
            Some(loan) => {
                loan.object = document.object.clone();
                context.put_if_unchanged(loan)?;
            }
            None => drop(context.put(&address, &document.object)?),
        }
        context.say(&format!("Updated {CORE_V2}{address}"))?;
    }
    Ok(())
}

/// Keeps a text that could not be sent, and says where.
fn kept(text: &str, notation: Notation) -> String {
    let written =
        scratch(notation).and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file));
    match written.map(tempfile::NamedTempFile::keep) {
        Ok(Ok((_, path))) => format!("not changed; your text is in {}", path.display()),
        _ => "not changed".into(),
    }
}
