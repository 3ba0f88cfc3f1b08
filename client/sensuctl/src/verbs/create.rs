//! `create`: creates one object from flags, or from answers in a terminal.

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::args::{flag, is_set, optional};
use crate::context::Context;
use crate::descriptor::Descriptor;
use crate::error::with_conflict;
use crate::field::Field;
use crate::{pointer, prompt};

const INTERACTIVE: &str = "interactive";

/// `[NAME]`, one flag per field, and `--interactive` if there are prompts or no fields.
pub(crate) fn arguments(command: Command, resource: &'static Descriptor) -> Command {
    let help = format!("Name of the {}", resource.noun.singular);
    let name = Arg::new("name").value_name("NAME").help(help);
    field_arguments(command.arg(name), resource)
}

/// The same without the name.
pub(crate) fn field_arguments(command: Command, resource: &'static Descriptor) -> Command {
    let interactive = (has_prompts(resource) || resource.fields.is_empty()).then(interactive);
    command.args(resource.fields.iter().map(Field::arg)).args(interactive)
}

/// `--interactive`, for commands that prompt without it too.
pub(crate) fn interactive() -> Arg {
    flag(INTERACTIVE, "Prompt for the values [default: in a terminal, if no flag sets one]")
}

/// `--interactive`, for commands that prompt only with it.
pub(crate) fn interactive_only() -> Arg {
    flag(INTERACTIVE, "Prompt for the values")
}

/// An argument that is required without `--interactive`.
pub(crate) fn required_unless_interactive(arg: Arg) -> Arg {
    arg.required(false).required_unless_present(INTERACTIVE)
}

/// Whether `--interactive` is set.
pub(crate) fn is_interactive_set(matches: &ArgMatches) -> bool {
    is_set(matches, INTERACTIVE)
}

fn has_prompts(resource: &Descriptor) -> bool {
    resource.fields.iter().any(|field| field.prompt.is_some())
}

/// Whether to prompt: with `--interactive`, or in a terminal if no flag of a field is given.
pub(crate) fn is_interactive(resource: &Descriptor, matches: &ArgMatches) -> bool {
    let has_flags = resource.fields.iter().any(|field| field.is_given(matches));
    is_interactive_set(matches) || (has_prompts(resource) && !has_flags && prompt::is_possible())
}

pub(crate) fn run(
    context: &Context,
    resource: &'static Descriptor,
    matches: &ArgMatches,
) -> Result<()> {
    let name = optional(matches, "name").unwrap_or_default().to_owned();
    let has_name = !name.is_empty();
    let mut object = resource.new_object(context.namespace(), &[name]);
    if is_interactive(resource, matches) {
        set_from_answers(context, resource, &mut object, matches)?;
    } else {
        set_from_flags(resource, &mut object, matches)?;
        if !has_name && prompt::is_possible() {
            let name = prompt::text(&name_prompt(resource), "", true)?;
            resource.set_name(&mut object, &[name]);
        }
    }
    if !resource.has_name(&object) {
        bail!("the name of the {} is missing", resource.noun.singular);
    }
    (resource.validate)(&object)?;
    post(context, resource, &object)?;
    context.print_line(resource.created)
}

/// Creates an object. The error for one that exists names it.
pub(crate) fn post(context: &Context, resource: &Descriptor, object: &Value) -> Result<()> {
    let namespace = resource.namespace_of(object);
    let created = context.post(&resource.collection_path(Some(&namespace)), object);
    created.map(drop).map_err(|error| {
        with_conflict(&resource.path_of(object), &resource.display_name(object), error)
    })
}

fn set_from_flags(resource: &Descriptor, object: &mut Value, matches: &ArgMatches) -> Result<()> {
    let is_missing = |field: &&Field| field.required && field.value(matches).is_none();
    let missing: Vec<_> = resource.fields.iter().filter(is_missing).collect();
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|field| format!("{:?}", field.flag)).collect();
        bail!("required flag(s) {} not set", names.join(", "));
    }
    for field in resource.fields {
        if let Some(value) = field.value(matches) {
            field.set(object, &value)?;
        }
    }
    Ok(())
}

fn set_from_answers(
    context: &Context,
    resource: &'static Descriptor,
    object: &mut Value,
    matches: &ArgMatches,
) -> Result<()> {
    let name = prompt::text(&name_prompt(resource), &resource.display_name(object), true)?;
    resource.set_name(object, &[name]);
    if let Some(at) = resource.namespace.first() {
        let namespace = prompt::text("Namespace:", context.namespace(), true)?;
        pointer::set(object, at, json!(namespace));
    }
    for field in resource.fields {
        let flag = field.value(matches);
        if let Some(prompt) = field.prompt_for(object) {
            field.set(object, &prompt::field(field, prompt, &flag.unwrap_or_default())?)?;
        } else if let Some(value) = flag {
            field.set(object, &value)?;
        }
    }
    Ok(())
}

fn name_prompt(resource: &Descriptor) -> String {
    format!("{} Name:", resource.noun.capitalized())
}
