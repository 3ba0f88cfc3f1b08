//! The tasks can fail: each gets a document that is wrong in one place, and has to say so.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::fuzz::Depth;
use crate::{classification, compat, fuzz, lint, proxy, tools, workflows};

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
            // The body that creates a check, and its interval in words.
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
    Alarm {
        what: "an answer whose schema asks for more",
        task: |document| fuzz::run(Some(document), Depth::Bounds),
        spoil: |document| {
            // One operation is enough, and quick.
            let paths = document["paths"].as_object_mut()?;
            paths.retain(|path, _| path == "/version");
            *document.pointer_mut(
                "/paths/~1version/get/responses/200/content/application~1json/schema",
            )? = json!({ "type": "object", "required": ["colour"] });
            Some(())
        },
        says: "Response violates schema",
    },
];

/// Sets off every alarm.
///
/// # Errors
/// If one stays silent, or goes off for another reason.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run() -> anyhow::Result<()> {
    let good: Value = serde_json::from_str(&fs::read_to_string(crate::committed_document())?)?;
    let spoilt = tools::fresh("self-test")?.join("document.json");
    for alarm in ALARMS {
        let mut document = good.clone();
        (alarm.spoil)(&mut document)
            .with_context(|| format!("{}: nothing to spoil in the document", alarm.what))?;
        fs::write(&spoilt, serde_json::to_vec(&document)?)?;
        noticed(alarm.what, (alarm.task)(spoilt.clone()), alarm.says)?;
    }
    walked()?;
    let rated = classification::prove(&good)?;
    let alarms = ALARMS.len() + 1;
    println!(
        "alarms: {alarms} of {alarms} went off; {rated} kinds of change are rated as they should"
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
fn noticed(what: &str, done: anyhow::Result<()>, says: &str) -> anyhow::Result<()> {
    match done {
        Ok(()) => bail!("{what}: nobody noticed"),
        Err(why) if !format!("{why:#}").contains(says) => {
            Err(why.context(format!("{what}: noticed for another reason")))
        }
        Err(_) => {
            println!("{what}: noticed");
            Ok(())
        }
    }
}

/// Walk-throughs that expect something else than is answered.
fn walked() -> anyhow::Result<()> {
    let good = fs::read_to_string(crate::committed_workflows())?;
    let spoilt = good.replace("$statusCode == 200", "$statusCode == 299");
    if spoilt == good {
        bail!("there is nothing to spoil in the walk-throughs");
    }
    // Beside the document that they refer to.
    let folder = tools::fresh("walked")?;
    fs::copy(crate::committed_document(), folder.join("sensu-core-v2.json"))?;
    let there = folder.join("workflows.arazzo.yaml");
    fs::write(&there, spoilt)?;
    noticed("a walk-through that ends elsewhere", workflows::run(Some(there)), " failed")
}
