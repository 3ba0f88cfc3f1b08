//! `set-FIELD` and `remove-FIELD`: change one field of an object, for the fields with a setter.

use anyhow::Result;
use clap::{ArgMatches, Command};
use serde_json::Value;

use crate::args::{positional, required};
use crate::context::Context;
use crate::descriptor::Descriptor;
use crate::field::{Field, Setter};

const SET: &str = "set-";
const REMOVE: &str = "remove-";

/// The commands, in alphabetical order of the fields.
pub(super) fn commands(resource: &'static Descriptor) -> Vec<Command> {
    let mut fields: Vec<_> = resource.fields.iter().collect();
    fields.sort_by_key(|field| field.flag);
    fields.into_iter().flat_map(|field| field_commands(resource, field)).collect()
}

fn field_commands(resource: &Descriptor, field: &Field) -> Vec<Command> {
    let build = |prefix: &str, verb: &str| {
        let name = field.pointer.trim_start_matches('/');
        Command::new(format!("{prefix}{}", field.flag))
            .about(format!("{verb} the field {name} of {}", resource.noun.with_article()))
            .args(resource.name_arguments())
    };
    let set = || {
        build(SET, "Set").arg(positional("value", "VALUE", field.help).allow_hyphen_values(true))
    };
    match field.setter {
        Setter::None => Vec::new(),
        Setter::Set { .. } => vec![set()],
        Setter::SetAndRemove => vec![set(), build(REMOVE, "Clear")],
    }
}

/// Runs a setter; `None` if the kind has no such command.
pub(super) fn run(
    context: &Context,
    resource: &'static Descriptor,
    command: &str,
    matches: &ArgMatches,
) -> Option<Result<()>> {
    if let Some(field) = command.strip_prefix(SET).and_then(|flag| resource.field(flag)) {
        return Some(set(context, resource, field, matches));
    }
    let field = command.strip_prefix(REMOVE).and_then(|flag| resource.field(flag))?;
    Some(change(context, resource, matches, "OK", |object| {
        field.clear(object);
        Ok(())
    }))
}

fn set(
    context: &Context,
    resource: &'static Descriptor,
    field: &Field,
    matches: &ArgMatches,
) -> Result<()> {
    let excluded = match field.setter {
        Setter::Set { clears: Some(flag) } => resource.field(flag),
        _ => None,
    };
    change(context, resource, matches, "Updated", |object| {
        field.set(object, required(matches, "value"))?;
        if let Some(excluded) = excluded {
            excluded.clear(object);
        }
        Ok(())
    })
}

fn change(
    context: &Context,
    resource: &Descriptor,
    matches: &ArgMatches,
    message: &str,
    change: impl FnMut(&mut Value) -> Result<()>,
) -> Result<()> {
    let name = resource.name_from_matches(matches);
    context.change(&resource.object_path(context.namespace(), &name), change)?;
    context.print_line(message)
}
