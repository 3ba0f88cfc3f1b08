//! `sensuctl silenced list`: all of them, or those of a subscription or a check.

use anyhow::Result;
use clap::{ArgMatches, Command};
use sensu_client::encode_segment;
use serde_json::json;

use super::{FIELDS, SILENCED, name};
use crate::api::ListOptions;
use crate::context::Context;
use crate::field::Field;
use crate::{output, verbs};

/// Its flags.
pub(super) fn command() -> Command {
    verbs::list::arguments(Command::new("list").about("List the silenced entries"), &SILENCED)
        .args(FIELDS.iter().take(2).map(Field::arg))
}

/// Shows them.
pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let flag = |flag| matches.get_one::<String>(flag).cloned().unwrap_or_default();
    let (subscription, check) = (flag("subscription"), flag("check"));
    let narrow = verbs::list::narrow(matches);
    let is_narrowed = verbs::list::is_everywhere(matches) || !narrow.query.is_empty();
    if is_narrowed && !(subscription.is_empty() && check.is_empty()) {
        return narrowed(
            context,
            narrow,
            &[("subscription", subscription), ("check", check)],
            matches,
        );
    }
    let collection = SILENCED.collection(Some(context.namespace()));
    let address = match (subscription.as_str(), check.as_str()) {
        ("", "") => return verbs::list::run(context, &SILENCED, matches),
        (_, "") => format!("{collection}/subscriptions/{}", encode_segment(&subscription)),
        ("", _) => format!("{collection}/checks/{}", encode_segment(&check)),
        _ => SILENCED.item(context.namespace(), &name(&subscription, &check)),
    };
    verbs::list::at(context, &SILENCED, &address, matches)
}

/// The list with these fields, next to whatever else narrows it down.
fn narrowed(
    context: &Context,
    mut narrow: ListOptions,
    fields: &[(&str, String)],
    matches: &ArgMatches,
) -> Result<()> {
    let said = fields.iter().filter(|(_, value)| !value.is_empty());
    for (field, value) in said {
        // Values are texts of JSON in a selector, too.
        narrow.and_field(&format!("silenced.{field} == {}", json!(value)));
    }
    let namespace = (!verbs::list::is_everywhere(matches)).then(|| context.namespace());
    let entries = context.list(&SILENCED.collection(namespace), &narrow)?;
    output::many(context, &SILENCED, &entries, matches)
}
