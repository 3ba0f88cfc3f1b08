//! The tasks can fail: each gets a document that is wrong in one place, and has to say so.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::{compat, lint, proxy, tools};

/// A task that has to fail, and words that its failure has to hold.
struct Alarm {
    what: &'static str,
    task: fn(PathBuf) -> anyhow::Result<()>,
    spoil: fn(&mut Value) -> Option<()>,
    says: &'static str,
}

const ALARMS: &[Alarm] = &[
    Alarm {
        what: "a wrong example",
        task: |document| lint::run(Some(document)),
        spoil: |document| {
            // The first answer of a list of checks, and its interval in words.
            let operation = "/paths/~1apis~1core~1v2~1namespaces~1{namespace}~1checks/post";
            let content = format!("{operation}/requestBody/content/application~1json");
            let content = document.pointer_mut(&content)?.as_object_mut()?;
            content.shift_remove("examples");
            content.insert("example".into(), json!({ "command": "x", "interval": "a minute" }));
            Some(())
        },
        says: "no-invalid-media-type-examples",
    },
    Alarm {
        what: "an operation without a description",
        task: |document| lint::run(Some(document)),
        spoil: |document| {
            let operation = document.pointer_mut("/paths/~1health/get")?.as_object_mut()?;
            operation.shift_remove("description").map(|_| ())
        },
        says: "operation-description",
    },
    Alarm {
        what: "a removed field",
        task: |document| compat::run(Some(document), false),
        spoil: |document| {
            let fields = document.pointer_mut("/components/schemas/CheckConfig/properties")?;
            fields.as_object_mut()?.shift_remove("interval").map(|_| ())
        },
        says: "a breaking change",
    },
    Alarm {
        what: "a renamed operation",
        task: |document| compat::run(Some(document), false),
        spoil: |document| {
            *document.pointer_mut("/paths/~1health/get/operationId")? = "health_read".into();
            Some(())
        },
        says: "a breaking change",
    },
    Alarm {
        what: "an answer that is not as documented",
        task: |document| proxy::look(&document),
        spoil: |document| {
            let end = "/components/schemas/Tokens/properties/expires_at/type";
            *document.pointer_mut(end)? = "boolean".into();
            Some(())
        },
        says: "VIOLATIONS",
    },
];

/// Sets off every alarm.
///
/// # Errors
/// If one stays silent, or goes off for another reason.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub fn run() -> anyhow::Result<()> {
    let good: Value = serde_json::from_str(&fs::read_to_string(super::committed())?)?;
    let spoilt = tools::fresh("alarms")?.join("document.json");
    for alarm in ALARMS {
        let mut document = good.clone();
        (alarm.spoil)(&mut document)
            .with_context(|| format!("{}: nothing to spoil in the document", alarm.what))?;
        fs::write(&spoilt, serde_json::to_vec(&document)?)?;
        match (alarm.task)(spoilt.clone()) {
            Ok(()) => bail!("{}: nobody noticed", alarm.what),
            Err(why) if !format!("{why:#}").contains(alarm.says) => {
                return Err(why.context(format!("{}: noticed for another reason", alarm.what)));
            }
            Err(_) => println!("{}: noticed", alarm.what),
        }
    }
    println!("alarms: {} of {} went off", ALARMS.len(), ALARMS.len());
    Ok(())
}
