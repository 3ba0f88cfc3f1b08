//! `list`: all of a namespace, or of every namespace.

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::Value;

use crate::api::ListOptions;
use crate::context::Context;
use crate::output;
use crate::resource::Resource;

/// The flags of a list.
pub(crate) fn arguments(command: Command, resource: &Resource) -> Command {
    let command = match resource.namespaced {
        true => command.arg(all_namespaces()),
        false => command,
    };
    command
        .args(selectors())
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("NUMBER")
                .value_parser(value_parser!(u32).range(1..))
                .help("At most this many"),
        )
        .arg(
            Arg::new("chunk-size")
                .long("chunk-size")
                .value_name("NUMBER")
                .value_parser(value_parser!(u32))
                .help("Ask for this many at a time; all are shown"),
        )
        .arg(output::flag())
}

/// `--label-selector` and `--field-selector`.
pub(crate) fn selectors() -> [Arg; 2] {
    let selector = |flag: &'static str, help| {
        Arg::new(flag).long(flag).value_name("SELECTOR").help(help).allow_hyphen_values(true)
    };
    [
        selector(
            "label-selector",
            "Only those whose labels fit, such as 'region == us && tier in [web]'",
        ),
        selector("field-selector", "Only those whose fields fit, such as 'check.publish == true'"),
    ]
}

/// `--all-namespaces`.
pub(crate) fn all_namespaces() -> Arg {
    Arg::new("all-namespaces")
        .long("all-namespaces")
        .action(ArgAction::SetTrue)
        .help("Of all namespaces")
}

/// What the flags say.
pub(crate) fn narrow(matches: &ArgMatches) -> ListOptions {
    let mut narrow = ListOptions::default();
    for (flag, name) in [("label-selector", "labelSelector"), ("field-selector", "fieldSelector")] {
        if let Some(selector) = matches.get_one::<String>(flag).filter(|text| !text.is_empty()) {
            narrow.query.push((name, selector.clone()));
        }
    }
    let number = |flag| matches.try_get_one::<u32>(flag).ok().flatten().copied();
    let (limit, chunk) = (number("limit"), number("chunk-size").filter(|size| *size > 0));
    if let Some(size) = [limit, chunk].into_iter().flatten().min() {
        narrow.query.push(("limit", size.to_string()));
    }
    narrow.limit = limit.map(|limit| limit as usize);
    narrow
}

/// Whether the flags ask for every namespace.
pub(crate) fn is_everywhere(matches: &ArgMatches) -> bool {
    matches.try_get_one::<bool>("all-namespaces").ok().flatten() == Some(&true)
}

/// Shows the list.
pub(crate) fn run(context: &Context, resource: &Resource, matches: &ArgMatches) -> Result<()> {
    let namespace = (!is_everywhere(matches)).then(|| context.namespace());
    at(context, resource, &resource.collection(namespace), matches)
}

/// Shows a list that is at another place; or one object there, as a list.
pub(crate) fn at(
    context: &Context,
    resource: &Resource,
    address: &str,
    matches: &ArgMatches,
) -> Result<()> {
    let is_item = address.contains("/silenced/")
        && !address.contains("/silenced/checks/")
        && !address.contains("/silenced/subscriptions/");
    let objects: Vec<Value> = match is_item {
        true => vec![context.get(address)?],
        false => context.list(address, &narrow(matches))?,
    };
    output::many(context, resource, &objects, matches)
}
