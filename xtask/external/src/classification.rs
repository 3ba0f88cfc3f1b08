//! Self-test of `compat`: each kind of change has to be classified as major, minor or patch.

use std::fs;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::{compat, tools};

/// A change, its expected impact, and a part of its description.
struct Change {
    name: &'static str,
    apply: fn(&mut Value) -> Option<()>,
    impact: &'static str,
    text: &'static str,
}

const HEALTH: &str = "/paths/~1health/get";

const CHANGES: &[Change] = &[
    Change {
        name: "an added operation",
        apply: |document| {
            let mut other = document.pointer("/paths/~1metrics")?.clone();
            *other.pointer_mut("/get/operationId")? = "metrics_get_again".into();
            document["paths"].as_object_mut()?.insert("/metrics/again".into(), other);
            Some(())
        },
        impact: "minor",
        text: "/metrics/again",
    },
    Change {
        name: "an added optional field",
        apply: |document| {
            let fields = document.pointer_mut("/components/schemas/HookConfig/properties")?;
            let field = json!({ "type": "string", "description": "Color of the hook." });
            fields.as_object_mut()?.insert("colour".into(), field);
            Some(())
        },
        impact: "minor",
        text: "HookConfig/properties/colour",
    },
    Change {
        name: "an added optional parameter",
        apply: |document| parameter(document, "/paths/~1metrics/get", "shade", false),
        impact: "minor",
        text: "/metrics/get/parameters",
    },
    Change {
        name: "a removed field",
        apply: |document| {
            let fields = document.pointer_mut("/components/schemas/CheckConfig/properties")?;
            fields.as_object_mut()?.shift_remove("interval").map(|_| ())
        },
        impact: "major",
        text: "`interval`",
    },
    Change {
        name: "a removed operation",
        apply: |document| document["paths"].as_object_mut()?.shift_remove("/version").map(|_| ()),
        impact: "major",
        text: "`/version`",
    },
    Change {
        name: "a renamed operation",
        apply: |document| {
            *document.pointer_mut("/paths/~1ready/get/operationId")? = "ready_read".into();
            Some(())
        },
        impact: "major",
        text: "ready_read",
    },
    Change {
        name: "a narrowed list of values",
        apply: |document| {
            let action = "/components/schemas/FilterAction/enum";
            document.pointer_mut(action)?.as_array_mut()?.pop().map(|_| ())
        },
        impact: "major",
        text: "`action`",
    },
    Change {
        name: "a narrower bound",
        apply: |document| {
            let timeout = "/components/schemas/HookConfigInput/properties/timeout/maximum";
            *document.pointer_mut(timeout)? = json!(10);
            Some(())
        },
        impact: "major",
        text: "`timeout`",
    },
    Change {
        name: "an added required parameter",
        apply: |document| parameter(document, HEALTH, "colour", true),
        impact: "major",
        text: "`colour` query parameter",
    },
    Change {
        name: "a changed description",
        apply: |document| {
            document.pointer_mut(HEALTH)?["description"] = "Another description.".into();
            Some(())
        },
        impact: "patch",
        text: "/health/get",
    },
];

fn parameter(document: &mut Value, operation: &str, name: &str, required: bool) -> Option<()> {
    let operation = document.pointer_mut(operation)?.as_object_mut()?;
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    parameters.as_array_mut()?.push(json!({
        "in": "query", "name": name, "required": required, "description": "New.",
        "schema": { "type": "string" },
    }));
    Some(())
}

/// Applies all changes at once, and checks that each is classified on its own. Returns their number.
///
/// # Errors
/// With the change that is classified wrongly, or not at all.
pub(crate) fn check(valid: &Value) -> anyhow::Result<usize> {
    let mut document = valid.clone();
    for Change { name, apply, .. } in CHANGES {
        apply(&mut document).with_context(|| format!("{name}: not applicable to the document"))?;
    }
    let file = tools::fresh("classification")?.join("document.json");
    fs::write(&file, serde_json::to_vec(&document)?)?;
    let classified = compat::classified(&file)?;
    for Change { name, impact, text, .. } in CHANGES {
        if !classified.iter().any(|(found, line)| found == impact && line.contains(text)) {
            bail!("{name} is not classified as {impact}:\n{classified:#?}");
        }
    }
    let is_major = |(impact, _): &&(String, String)| impact == "major";
    // The document itself may differ from the last release.
    let major = compat::classified(&crate::committed_document())?.iter().filter(is_major).count()
        + CHANGES.iter().filter(|change| change.impact == "major").count();
    let found = classified.iter().filter(is_major).count();
    ensure!(found == major, "{found} major changes instead of {major}:\n{classified:#?}");
    Ok(CHANGES.len())
}
