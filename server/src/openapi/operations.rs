//! The table of operations, for reviews of API changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::each;
use super::facts::Operation;

/// The table of operations, by tag: id, method, path, and required permission.
///
/// # Errors
/// If the table cannot be formatted.
pub(crate) fn table(document: &mut Value, operations: &[Operation]) -> anyhow::Result<String> {
    let mut tags: BTreeMap<String, Vec<[String; 4]>> = BTreeMap::new();
    each(document, operations, |operation| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let row = [
            text(&operation.value["operationId"]),
            operation.method.to_uppercase(),
            operation.path.to_owned(),
            match operation.facts.permission.rule() {
                Some((verb, resource)) => format!("{} {resource}", verb.as_str()),
                None => "-".to_owned(),
            },
        ];
        tags.entry(text(&operation.value["tags"][0])).or_default().push(row);
    });
    let width = |column: usize| {
        tags.values().flatten().map(|row| row[column].len()).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    let mut table = String::new();
    for (tag, rows) in &tags {
        writeln!(table, "{tag}")?;
        for [id, method, path, permission] in rows {
            let [a, b, c] = widths;
            writeln!(table, "  {id:a$}  {method:b$}  {path:c$}  {permission}")?;
        }
        writeln!(table)?;
    }
    Ok(table)
}
