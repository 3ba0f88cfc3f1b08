//! The table of kinds in the migration guide: what an import does with each.

use std::fmt::Write as _;

use super::changes::REASONS;
use super::{objects, unsupported};
use crate::catalog::ImportStage;

const SILENCED: &str = "imported, unless it has ended; without `expire_at` (Sensu Go 5) the end is the time of the \
                        dump plus `expire`";

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
            ImportStage::Silences => (SILENCED, changed(kind.name)),
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// `UPDATE_EXPECT=1` writes the table into the guide.
    #[test]
    fn the_migration_guide_contains_the_table() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/migrate-from-sensu.md");
        let guide = std::fs::read_to_string(&file).unwrap();
        let (before, rest) = guide.split_once("<!-- table -->\n").unwrap();
        let (table, after) = rest.split_once("<!-- /table -->").unwrap();
        let expected = super::kinds_table();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let text = format!("{before}<!-- table -->\n{expected}<!-- /table -->{after}");
            std::fs::write(&file, text).unwrap();
        } else {
            assert_eq!(table, expected);
        }
    }
}
