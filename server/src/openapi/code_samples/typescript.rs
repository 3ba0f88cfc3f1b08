//! Code samples for the npm package `sensu-api`.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{SERVER, body, path, query};
use crate::openapi::Described;

/// The call of an operation by a client that logs in.
pub(super) fn call(operation: &Described<'_>, id: &str, example: &Value) -> String {
    let mut options: Map<String, Value> = Map::new();
    let path = path(operation, example);
    if !path.is_empty() {
        let values = path.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        options.insert("path".into(), Value::Object(values.collect()));
    }
    let query = query(operation, example);
    if !query.is_empty() {
        options.insert("query".into(), query.into());
    }
    if let Some(body) = body(example) {
        options.insert("body".into(), body.clone());
    }
    let options = if options.is_empty() { String::new() } else { literal(&options.into(), 1) };
    format!(
        "import {{ Sensu }} from \"sensu-api\";\n\nconst sensu = new Sensu({{ url: \"{SERVER}\", username: \
         \"admin\", password: \"P@ssw0rd!\" }});\nconst {{ data }} = await sensu.{}({options});",
        camel_case(id)
    )
}

/// The method of an operation: `checkList` for `check_list`.
fn camel_case(id: &str) -> String {
    let mut words = id.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name + &initial.to_uppercase() + rest
    })
}

/// A JSON value as a literal. Objects have one line for each field.
fn literal(value: &Value, depth: usize) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| literal(item, depth)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let indent = "  ".repeat(depth);
            let mut lines = String::new();
            for (name, value) in fields {
                let _ = write!(lines, "\n{indent}{}: {},", key(name), literal(value, depth + 1));
            }
            format!("{{{lines}\n{}}}", "  ".repeat(depth - 1))
        }
        scalar => scalar.to_string(),
    }
}

/// A field name, quoted if it is no identifier.
fn key(name: &str) -> String {
    let is_identifier = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_identifier { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_literals_of_typescript() {
        let value = json!({ "a": [true, null], "used-by": { "c": "x" } });
        assert_eq!(
            literal(&value, 1),
            "{\n  a: [true, null],\n  \"used-by\": {\n    c: \"x\",\n  },\n}"
        );
        assert_eq!(camel_case("cluster_role_binding_list_all"), "clusterRoleBindingListAll");
    }
}
