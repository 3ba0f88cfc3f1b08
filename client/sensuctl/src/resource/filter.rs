//! `sensuctl filter`: expressions that decide which events reach a handler.

use super::{RESOURCE, Resource};
use crate::column::{Cell, Of};
use crate::field::{FIELD, Field, RUNTIME_ASSETS, Shape, text};

/// Filters.
pub(crate) const FILTER: Resource = Resource {
    command: "filter",
    kind: "EventFilter",
    plural: "filters",
    noun: "filter",
    fields: &[
        Field {
            flag: "action",
            short: Some('a'),
            at: "/action",
            shape: Shape::Choice(&["allow", "deny"]),
            help: "What happens to events for which all expressions are true",
            question: "Action:",
            default: "allow",
            ..FIELD
        },
        Field {
            flag: "statements",
            short: Some('s'),
            at: "/expressions",
            shape: Shape::List,
            help: "JavaScript expressions about the event",
            ..FIELD
        },
        Field {
            flag: "expressions",
            short: Some('e'),
            at: "/expressions",
            shape: Shape::List,
            help: "JavaScript expressions about the event",
            question: "Expressions (comma separated list):",
            ..FIELD
        },
        Field { help: "Assets that the expressions need", ..RUNTIME_ASSETS },
    ],
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Action", "/action"),
        Cell::made("Expressions", |filter| {
            let list = filter.pointer("/expressions").and_then(|list| list.as_array());
            let list = list.map(Vec::as_slice).unwrap_or_default();
            let shown = list.iter().map(|part| format!("({})", text(Some(part))));
            shown.collect::<Vec<_>>().join(" && ")
        }),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Namespace", "/metadata/namespace"),
        Cell::at("Action", "/action"),
        Cell { title: "Expressions", of: Of::At("/expressions") },
        Cell::at("Runtime Assets", "/runtime_assets"),
    ],
    examples: "  sensuctl filter create hourly --action allow --expressions 'event.check.occurrences % 60 == 0'",
    ..RESOURCE
};
