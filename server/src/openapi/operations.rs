//! The table of operations: one glance shows what a change of the API did.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::{each, published};

/// The table of operations, by tag: id, method, path, and what RBAC is asked.
///
/// # Errors
/// If the document cannot be derived.
pub fn operations() -> anyhow::Result<String> {
    let mut tags: BTreeMap<String, Vec<[String; 4]>> = BTreeMap::new();
    each(&mut published()?, |operation| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let row = [
            text(&operation.value["operationId"]),
            operation.method.to_uppercase(),
            operation.path.to_owned(),
            match asked(operation.path, operation.method, operation.value) {
                Some((verb, resource)) => format!("{verb} {resource}"),
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
        for [id, method, path, asked] in rows {
            let [a, b, c] = widths;
            writeln!(table, "  {id:a$}  {method:b$}  {path:c$}  {asked}")?;
        }
        writeln!(table)?;
    }
    Ok(table)
}

/// The verb and resource that the caller's roles must allow; `None` where no role is asked.
pub(crate) fn asked<'a>(
    path: &'a str,
    method: &str,
    operation: &Value,
) -> Option<(&'static str, &'a str)> {
    let below = path.strip_prefix("/apis/core/v2/")?;
    let id = operation["operationId"].as_str().unwrap_or_default();
    let mut words = below.split('/');
    let mut resource = words.next().unwrap_or_default();
    if resource == "namespaces" {
        resource = words.nth(1).unwrap_or(resource);
    }
    let verb = match method {
        "post" => "create",
        "put" | "patch" => "update",
        "delete" => "delete",
        // As in the reference, the silences of one check or subscription are got, not listed.
        _ if id.contains("_list") && !id.starts_with("silenced_list_") => "list",
        _ if id == "silenced_list_all" => "list",
        _ => "get",
    };
    Some((verb, resource))
}
