//! Changes of a document, and how much each asks of clients: what `compat` has to say of them.

use std::fs;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::{compat, tools};

/// A change, how it has to be rated, and words that its line has to hold.
struct Rating {
    what: &'static str,
    change: fn(&mut Value) -> Option<()>,
    impact: &'static str,
    says: &'static str,
}

const HEALTH: &str = "/paths/~1health/get";

const RATINGS: &[Rating] = &[
    Rating {
        what: "an added operation",
        change: |document| {
            let mut other = document.pointer("/paths/~1metrics")?.clone();
            *other.pointer_mut("/get/operationId")? = "metrics_get_again".into();
            document["paths"].as_object_mut()?.insert("/metrics/again".into(), other);
            Some(())
        },
        impact: "minor",
        says: "/metrics/again",
    },
    Rating {
        what: "an added field that may be left out",
        change: |document| {
            let fields = document.pointer_mut("/components/schemas/HookConfig/properties")?;
            let field = json!({ "type": "string", "description": "What the hook looks like." });
            fields.as_object_mut()?.insert("colour".into(), field);
            Some(())
        },
        impact: "minor",
        says: "HookConfig/properties/colour",
    },
    Rating {
        what: "a parameter that may be left out",
        change: |document| parameter(document, "/paths/~1metrics/get", "shade", false),
        impact: "minor",
        says: "/metrics/get/parameters",
    },
    Rating {
        what: "a removed field",
        change: |document| {
            let fields = document.pointer_mut("/components/schemas/CheckConfig/properties")?;
            fields.as_object_mut()?.shift_remove("interval").map(|_| ())
        },
        impact: "major",
        says: "`interval`",
    },
    Rating {
        what: "a removed operation",
        change: |document| document["paths"].as_object_mut()?.shift_remove("/version").map(|_| ()),
        impact: "major",
        says: "`/version`",
    },
    Rating {
        what: "a renamed operation",
        change: |document| {
            *document.pointer_mut("/paths/~1ready/get/operationId")? = "ready_read".into();
            Some(())
        },
        impact: "major",
        says: "ready_read",
    },
    Rating {
        what: "a narrowed list of values",
        change: |document| {
            let action = "/components/schemas/EventFilter/properties/action/enum";
            document.pointer_mut(action)?.as_array_mut()?.pop().map(|_| ())
        },
        impact: "major",
        says: "`action`",
    },
    Rating {
        what: "a narrower bound",
        change: |document| {
            let timeout = "/components/schemas/HookConfig/properties/timeout/maximum";
            *document.pointer_mut(timeout)? = json!(10);
            Some(())
        },
        impact: "major",
        says: "`timeout`",
    },
    Rating {
        what: "a parameter that has to be there",
        change: |document| parameter(document, HEALTH, "colour", true),
        impact: "major",
        says: "`colour` query parameter",
    },
    Rating {
        what: "other words in a description",
        change: |document| {
            document.pointer_mut(HEALTH)?["description"] = "Other words.".into();
            Some(())
        },
        impact: "patch",
        says: "/health/get",
    },
];

fn parameter(document: &mut Value, place: &str, name: &str, required: bool) -> Option<()> {
    let operation = document.pointer_mut(place)?.as_object_mut()?;
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    parameters.as_array_mut()?.push(json!({
        "in": "query", "name": name, "required": required, "description": "New.",
        "schema": { "type": "string" },
    }));
    Some(())
}

/// Makes every change at once, and wants each to be rated by itself. Answers with their number.
///
/// # Errors
/// With the change that is rated otherwise, or not at all.
pub(crate) fn prove(good: &Value) -> anyhow::Result<usize> {
    let mut document = good.clone();
    for Rating { what, change, .. } in RATINGS {
        change(&mut document).with_context(|| format!("{what}: nothing to change"))?;
    }
    let there = tools::fresh("classification")?.join("document.json");
    fs::write(&there, serde_json::to_vec(&document)?)?;
    let rated = compat::rated(&there)?;
    for Rating { what, impact, says, .. } in RATINGS {
        if !rated.iter().any(|(found, text)| found == impact && text.contains(says)) {
            bail!("{what} is not rated {impact}; all there is:\n{rated:#?}");
        }
    }
    let count = |impact: &str| rated.iter().filter(|(found, _)| found == impact).count();
    let wanted = RATINGS.iter().filter(|rating| rating.impact == "major").count();
    ensure!(count("major") == wanted, "more breaks than {wanted} changes: {rated:#?}");
    Ok(RATINGS.len())
}
