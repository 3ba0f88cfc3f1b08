//! Code samples for the Python package `sensu-api`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::{SERVER, body, body_schema, path, query};
use crate::openapi::Described;

/// The call of an operation by a client that logs in. `classes` are the schemas with a class of their own;
/// others are dictionaries.
pub(super) fn call(
    operation: &Described<'_>,
    id: &str,
    example: &Value,
    classes: &BTreeSet<String>,
) -> String {
    let mut imports = "from sensu_api import Client\n".to_owned();
    let mut arguments: Vec<String> =
        path(operation, example).iter().map(|(_, value)| text(value)).collect();
    if let Some(body) = body(example) {
        let literal = literal(body, 2);
        arguments.push(match body_schema(operation).filter(|schema| classes.contains(*schema)) {
            Some(schema) => {
                let _ = writeln!(imports, "from sensu_api.models import {schema}");
                format!("{schema}.model_validate({literal})")
            }
            None => literal,
        });
    }
    for (name, value) in query(operation, example) {
        arguments.push(format!("{}={}", argument(&name), literal(&value, 2)));
    }
    let group = group(operation.value["tags"][0].as_str().unwrap_or_default());
    format!(
        "{imports}\nwith Client(\"{SERVER}\", username=\"admin\", password=\"P@ssw0rd!\") as client:\n    \
         print(client.{group}.{id}({}))",
        arguments.join(", ")
    )
}

/// The attribute of the client for the operations of a tag: `cluster_roles` for `Cluster roles`.
fn group(tag: &str) -> String {
    tag.to_lowercase().replace(' ', "_")
}

/// The argument for a query parameter. `continue` is a keyword of Python.
fn argument(parameter: &str) -> String {
    let mut name = String::new();
    for letter in parameter.chars() {
        match letter {
            '-' => name.push('_'),
            letter if letter.is_uppercase() => {
                name.push('_');
                name.extend(letter.to_lowercase());
            }
            letter => name.push(letter),
        }
    }
    if name == "continue" { "var_continue".to_owned() } else { name }
}

/// A JSON value as a Python literal. Objects have one line for each field.
fn literal(value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(value) => text(value),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| literal(item, depth)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let indent = "    ".repeat(depth);
            let mut lines = String::new();
            for (name, value) in fields {
                let _ = write!(lines, "\n{indent}{}: {},", text(name), literal(value, depth + 1));
            }
            format!("{{{lines}\n{}}}", "    ".repeat(depth - 1))
        }
    }
}

/// A string literal, which JSON and Python write in the same way.
fn text(value: &str) -> String {
    Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_literals_of_python() {
        let value = json!({ "a": [true, null, 1.5], "b": { "c": "x\ny" } });
        assert_eq!(
            literal(&value, 1),
            "{\n    \"a\": [True, None, 1.5],\n    \"b\": {\n        \"c\": \"x\\ny\",\n    },\n}"
        );
        assert_eq!(argument("fieldSelector"), "field_selector");
        assert_eq!(argument("peer-addrs"), "peer_addrs");
        assert_eq!(group("Cluster role bindings"), "cluster_role_bindings");
    }
}
