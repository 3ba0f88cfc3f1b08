//! `sensuctl filter`

use serde_json::Value;

use crate::column::Column;
use crate::descriptor::{Descriptor, Noun};
use crate::field::Field;
use crate::pointer;

pub(crate) const FILTER: Descriptor = Descriptor {
    command: "filter",
    kind: "EventFilter",
    collection: "filters",
    short_name: Some("event_filter"),
    noun: Noun::a("filter", "filters"),
    fields: &[
        Field::choice(
            "action",
            "/action",
            "Action for events for which all expressions are true",
            &["allow", "deny"],
        )
        .short('a')
        .prompt("Action:")
        .default("allow"),
        // `--statements` is the flag of early releases of Sensu Go.
        Field::list("statements", "/expressions", "Same as --expressions")
            .value_name("EXPRESSION,...")
            .short('s'),
        Field::list("expressions", "/expressions", "JavaScript expressions over the event")
            .value_name("EXPRESSION,...")
            .short('e')
            .prompt("Expressions (comma separated list):"),
        Field::RUNTIME_ASSETS.help("Assets that the expressions need").prompt("Runtime Assets:"),
    ],
    columns: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Action", "/action"),
        Column::computed("Expressions", expressions),
    ],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Namespace", "/metadata/namespace"),
        Column::value("Action", "/action"),
        Column::value("Expressions", "/expressions"),
        Column::value("Runtime Assets", "/runtime_assets"),
    ],
    examples: "  sensuctl filter create hourly --action allow --expressions 'event.check.occurrences % 60 == 0'",
    ..Descriptor::NAMESPACED
};

/// `(first) && (second)`
fn expressions(filter: &Value) -> String {
    let list = pointer::list(filter, "/expressions").iter();
    let list = list.map(|expression| format!("({})", pointer::display(Some(expression))));
    list.collect::<Vec<_>>().join(" && ")
}
