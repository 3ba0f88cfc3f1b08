//! `sensuctl silenced list`: all entries, or those of a subscription or a check.

use anyhow::Result;
use clap::{ArgMatches, Command};
use sensu_client::encode_segment;
use serde_json::json;

use super::{CHECK, SILENCED, SUBSCRIPTION, name};
use crate::context::Context;
use crate::list_options::{ListOptions, is_all_namespaces};
use crate::output::print_list;
use crate::verbs::list;

pub(super) fn arguments(command: Command) -> Command {
    list::arguments(command.about("List silenced entries"), &SILENCED)
        .args([SUBSCRIPTION.arg(), CHECK.arg()])
}

/// The API lists the entries of a subscription or a check without selectors and in one namespace only;
/// with those flags, a field selector does the same.
pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let subscription = SUBSCRIPTION.value(matches).unwrap_or_default();
    let check = CHECK.value(matches).unwrap_or_default();
    let options = ListOptions::from_matches(matches);
    let has_options = is_all_namespaces(matches) || !options.query.is_empty();
    if has_options && !(subscription.is_empty() && check.is_empty()) {
        return list_selected(context, options, &subscription, &check, matches);
    }
    let collection = SILENCED.collection_path(Some(context.namespace()));
    let path = match (subscription.as_str(), check.as_str()) {
        ("", "") => return list::run(context, &SILENCED, matches),
        (_, "") => format!("{collection}/subscriptions/{}", encode_segment(&subscription)),
        ("", _) => format!("{collection}/checks/{}", encode_segment(&check)),
        _ => {
            let name = name(&subscription, &check);
            let entry = context.get(&SILENCED.object_path(context.namespace(), &[name]))?;
            return print_list(context, &SILENCED, &[entry], matches);
        }
    };
    list::run_at(context, &SILENCED, &path, matches)
}

fn list_selected(
    context: &Context,
    mut options: ListOptions,
    subscription: &str,
    check: &str,
    matches: &ArgMatches,
) -> Result<()> {
    for (field, value) in [("subscription", subscription), ("check", check)] {
        if !value.is_empty() {
            // Texts in selectors are quoted as in JSON.
            options.and_field(&format!("silenced.{field} == {}", json!(value)));
        }
    }
    let namespace = (!is_all_namespaces(matches)).then(|| context.namespace());
    let entries = context.list(&SILENCED.collection_path(namespace), &options)?;
    print_list(context, &SILENCED, &entries, matches)
}
