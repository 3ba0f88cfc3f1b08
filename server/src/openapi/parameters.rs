//! Parameters: their order, bounds and defaults, and the descriptions that depend on the kind.

use sensu_types::name;
use sensu_types::selector::pattern;
use serde_json::{Value, json};

use super::each;
use super::facts::Operation;
use crate::catalog::Kind;
use crate::resources::page::TOKEN_PATTERN;

/// Orders the parameters as in the URL, and completes those of the path.
pub(super) fn complete(document: &mut Value, operations: &[Operation]) {
    each(document, operations, |operation| {
        let path = operation.path.to_owned();
        let may_create = ["post", "put"].contains(&operation.method);
        let kind = operation.facts.kind;
        let parameters = operation.value.get_mut("parameters").and_then(Value::as_array_mut);
        let Some(parameters) = parameters else { return };
        parameters.sort_by_key(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            // Query parameters keep their order, after the path parameters.
            path.find(&format!("{{{name}}}")).unwrap_or(usize::MAX)
        });
        if kind.is_some_and(|kind| !kind.has_labels) {
            parameters.retain(|parameter| parameter["name"] != "labelSelector");
        }
        for parameter in parameters {
            if parameter["in"] == "path" {
                parameter["schema"]["minLength"] = json!(1);
            }
            match (kind, parameter["name"].as_str()) {
                (Some(Kind { noun, names, .. }), Some("name")) => {
                    parameter["description"] =
                        format!("Name of the {noun}: {}.", names.description).into();
                    if may_create {
                        parameter["schema"]["pattern"] = names.pattern().into();
                    }
                }
                // Other operations accept every name: a namespace that cannot exist has no objects (D7).
                (_, Some("namespace" | "entity" | "check" | "hook")) if may_create => {
                    parameter["schema"]["pattern"] = name::PLAIN.pattern().into();
                }
                (_, Some("labelSelector")) => {
                    parameter["schema"]["pattern"] = pattern::labels().into();
                }
                (Some(kind), Some("fieldSelector")) => {
                    let fields = (kind.selectable_fields)().join("`, `");
                    let text = parameter["description"].as_str().unwrap_or_default();
                    parameter["description"] = format!("{text} Fields: `{fields}`.").into();
                    parameter["schema"]["pattern"] = (kind.field_selectors)().into();
                }
                (_, Some("continue")) => {
                    parameter["schema"]["pattern"] = TOKEN_PATTERN.into();
                }
                (_, Some("limit")) => parameter["schema"]["default"] = json!(0),
                (_, Some("strict" | "dryRun" | "cascade")) => {
                    parameter["schema"]["default"] = json!(false);
                }
                _ => {}
            }
        }
    });
}
