//! `cargo xtask self-test`: every kind of check fails when it should. Each task gets a document with one
//! fault and has to report it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::fuzz::Depth;
use crate::{classification, compat, fuzz, lint, proxy, tools, workflows};

/// A fault of the document, the task that has to find it, and a part of the error message.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) task: fn(PathBuf) -> anyhow::Result<()>,
    pub(crate) insert: fn(&mut Value) -> Option<()>,
    pub(crate) message: &'static str,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "an invalid example",
        task: |document| lint::run(Some(document)),
        insert: |document| {
            // The body of a create request, with its interval as a text.
            let operation = "/paths/~1apis~1core~1v2~1namespaces~1{namespace}~1checks/post";
            let content = format!("{operation}/requestBody/content/application~1json");
            let content = document.pointer_mut(&content)?.as_object_mut()?;
            content.shift_remove("examples");
            content.insert("example".into(), json!({ "command": "x", "interval": "a minute" }));
            Some(())
        },
        message: "no-invalid-media-type-examples",
    },
    Fault {
        name: "an operation without a description",
        task: |document| lint::run(Some(document)),
        insert: |document| {
            let operation = document.pointer_mut("/paths/~1health/get")?.as_object_mut()?;
            operation.shift_remove("description").map(|_| ())
        },
        message: "operation-description",
    },
    Fault {
        name: "a removed field",
        task: |document| compat::run(Some(document), false),
        insert: |document| {
            compat::set_last_version(document)?;
            let fields = document.pointer_mut("/components/schemas/CheckConfig/properties")?;
            fields.as_object_mut()?.shift_remove("interval").map(|_| ())
        },
        message: "a breaking change",
    },
    Fault {
        name: "a renamed operation",
        task: |document| compat::run(Some(document), false),
        insert: |document| {
            compat::set_last_version(document)?;
            *document.pointer_mut("/paths/~1health/get/operationId")? = "health_read".into();
            Some(())
        },
        message: "a breaking change",
    },
    Fault {
        name: "a response that differs from the document",
        task: |document| proxy::log_in_through(&document),
        insert: |document| {
            let end = "/components/schemas/Tokens/properties/expires_at/type";
            *document.pointer_mut(end)? = "boolean".into();
            Some(())
        },
        message: "VIOLATIONS",
    },
    Fault {
        name: "a response without a required field",
        task: |document| fuzz::run(Some(document), Depth::Bounds),
        insert: |document| {
            // One operation suffices, and saves time.
            let paths = document["paths"].as_object_mut()?;
            paths.retain(|path, _| path == "/version");
            *document.pointer_mut(
                "/paths/~1version/get/responses/200/content/application~1json/schema",
            )? = json!({ "type": "object", "required": ["colour"] });
            Some(())
        },
        message: "Response violates schema",
    },
];

/// Tests the tasks of the fast part.
///
/// # Errors
/// If a task succeeds, or fails for another reason.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run() -> anyhow::Result<()> {
    let valid = expect_failures(FAULTS)?;
    check_workflows()?;
    let classified = classification::check(&valid)?;
    let faults = FAULTS.len() + 1;
    println!(
        "self-test: {faults} of {faults} faults found, {classified} kinds of change classified"
    );
    Ok(())
}

/// Inserts each fault, and expects the error of its task. Returns the document without a fault.
///
/// # Errors
/// If a task succeeds, or fails for another reason.
pub(crate) fn expect_failures(faults: &[Fault]) -> anyhow::Result<Value> {
    let valid: Value = serde_json::from_str(&fs::read_to_string(crate::committed_document())?)?;
    let file = tools::fresh("self-test")?.join("document.json");
    for fault in faults {
        let mut document = valid.clone();
        (fault.insert)(&mut document)
            .with_context(|| format!("{}: not applicable to the document", fault.name))?;
        fs::write(&file, serde_json::to_vec(&document)?)?;
        expect_failure(fault.name, (fault.task)(file.clone()), fault.message)?;
    }
    Ok(valid)
}

#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
fn expect_failure(name: &str, result: anyhow::Result<()>, message: &str) -> anyhow::Result<()> {
    match result {
        Ok(()) => bail!("{name}: not found"),
        Err(error) if !format!("{error:#}").contains(message) => {
            Err(error.context(format!("{name}: the task failed for another reason")))
        }
        Err(_) => {
            println!("{name}: found");
            Ok(())
        }
    }
}

/// Workflows that expect another status.
fn check_workflows() -> anyhow::Result<()> {
    let valid = fs::read_to_string(crate::committed_workflows())?;
    let faulty = valid.replace("$statusCode == 200", "$statusCode == 299");
    if faulty == valid {
        bail!("no step of the workflows expects 200");
    }
    // They refer to the document beside them.
    let folder = tools::fresh("faulty-workflows")?;
    fs::copy(crate::committed_document(), folder.join("sensu-core-v2.json"))?;
    let file = folder.join("workflows.arazzo.yaml");
    fs::write(&file, faulty)?;
    expect_failure("a workflow with another status", workflows::run(Some(file)), " failed")
}
