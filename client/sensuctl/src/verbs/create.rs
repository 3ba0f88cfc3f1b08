//! `create`: one object, from flags or from answers.

use anyhow::{Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use crate::context::Context;
use crate::field::{Field, place};
use crate::prompt;
use crate::resource::Resource;

/// `[NAME]`, the flags of the fields, `--interactive`.
pub(crate) fn arguments(command: Command, resource: &'static Resource) -> Command {
    let command = match resource.command {
        "silenced" => command,
        _ => command.arg(Arg::new("name").value_name("NAME").help("Its name")),
    };
    let command = command.args(resource.fields.iter().map(Field::arg));
    match asks_anything(resource) {
        true => command.arg(interactive()),
        false => command,
    }
}

/// `--interactive`.
pub(crate) fn interactive() -> Arg {
    Arg::new("interactive")
        .long("interactive")
        .action(ArgAction::SetTrue)
        .help("Ask for what to set, in a terminal")
}

fn asks_anything(resource: &Resource) -> bool {
    resource.fields.iter().any(|field| !field.question.is_empty())
}

/// Whether to ask: if told to, or in a terminal without flags.
pub(crate) fn asks(resource: &Resource, matches: &ArgMatches) -> bool {
    if !asks_anything(resource) {
        return false;
    }
    let flags = resource.fields.iter().any(|field| field.was_given(matches));
    matches.get_flag("interactive") || (!flags && prompt::is_possible())
}

/// Creates it.
pub(crate) fn run(
    context: &Context,
    resource: &'static Resource,
    matches: &ArgMatches,
) -> Result<()> {
    let name = matches.get_one::<String>("name").cloned().unwrap_or_default();
    let mut object = resource.named(context.namespace(), &name);
    if asks(resource, matches) {
        questions(context, resource, &mut object, matches)?;
    } else {
        from_flags(resource, &mut object, matches)?;
        if name.is_empty() && prompt::is_possible() {
            let name = prompt::text(&name_question(resource), "", true)?;
            place(&mut object, resource.name_at, json!(name));
        }
    }
    if resource.name_of(&object).is_empty() {
        bail!("give the name of the {}", resource.noun);
    }
    (resource.refuse)(&object)?;
    let namespace = resource.namespace_of(&object);
    context.post(&resource.collection(Some(&namespace)), &object)?;
    context.say(resource.created)
}

fn from_flags(resource: &Resource, object: &mut Value, matches: &ArgMatches) -> Result<()> {
    let missing = |field: &&Field| field.required && field.given(matches).is_none();
    let missing: Vec<_> = resource.fields.iter().filter(missing).collect();
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|field| format!("{:?}", field.flag)).collect();
        bail!("required flag(s) {} not set", names.join(", "));
    }
    for field in resource.fields {
        if let Some(value) = field.given(matches) {
            field.set(object, &value)?;
        }
    }
    Ok(())
}

fn questions(
    context: &Context,
    resource: &'static Resource,
    object: &mut Value,
    matches: &ArgMatches,
) -> Result<()> {
    let name = prompt::text(&name_question(resource), &resource.name_of(object), true)?;
    place(object, resource.name_at, json!(name));
    if resource.namespaced {
        let namespace = prompt::text("Namespace:", context.namespace(), true)?;
        place(object, "/metadata/namespace", json!(namespace));
    }
    for field in resource.fields {
        if field.is_asked(object) {
            let default = field.given(matches).unwrap_or_default();
            field.set(object, &prompt::field(field, &default)?)?;
        } else if let Some(value) = field.given(matches) {
            field.set(object, &value)?;
        }
    }
    Ok(())
}

/// `Check Name:`
fn name_question(resource: &Resource) -> String {
    let (first, rest) = resource.noun.split_at(1);
    format!("{}{rest} Name:", first.to_uppercase())
}
