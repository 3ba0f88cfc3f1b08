//! The table of kinds in the migration guide: what an import does with each.

use std::fmt::Write as _;

use super::changes::REASONS;
use super::{objects, unsupported};
use crate::catalog::ImportStage;

/// The table of kinds in `docs/migrate-from-sensu.md`, Markdown: imported kinds in the order of writing, then
/// those that are skipped. A test compares it with the guide.
#[must_use]
pub fn kinds_table() -> String {
    let mut kinds: Vec<_> = objects::names().filter_map(objects::find).collect();
    kinds.sort_by_key(|(kind, position, _)| (kind.import, *position));
    let mut table =
        String::from("| Type | Result | Fields that the import changes |\n|---|---|---|\n");
    for (kind, ..) in kinds {
        let (result, fields) = match kind.import {
            ImportStage::Never => ("skipped: create new ones", String::new()),
            ImportStage::Users => ("imported, disabled without a password", changed(kind.name)),
            ImportStage::Silences => ("imported, unless it has ended", changed(kind.name)),
            ImportStage::Events => {
                ("imported with its history, if it has a check", changed(kind.name))
            }
            _ => ("imported", changed(kind.name)),
        };
        row(&mut table, kind.name, result, &fields);
    }
    for (group, what) in unsupported::GROUPS {
        row(&mut table, &format!("{group}/*"), "skipped", what);
    }
    row(&mut table, "others", "skipped", "types that this server does not have");
    table
}

fn row(table: &mut String, kind: &str, result: &str, fields: &str) {
    let name = if kind == "others" { kind.to_owned() } else { format!("`{kind}`") };
    // Writing to a string cannot fail.
    let _ = writeln!(table, "| {name} | {result} | {fields} |");
}

/// The fields of a kind that can change, with the reasons.
fn changed(kind: &str) -> String {
    let of_kind = REASONS.iter().filter(|(of, ..)| *of == kind);
    let fields: Vec<String> =
        of_kind.map(|(_, field, reason)| format!("`{field}`: {reason}")).collect();
    fields.join("<br>")
}
