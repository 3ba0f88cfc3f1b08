//! The examples of the document: requests of a scenario, sent to a live server, with its responses.
//!
//! `scenario.json` has a step for each operation: the request that the document shows, a body that is
//! invalid, placeholders for random parts of the response. Recording it gives `openapi/examples.json`, from
//! which the document takes its examples. The clock stands still and the store is new, so the same scenario
//! gives the same responses, and a test finds an example that the server no longer returns. Every error
//! that the document names is provoked as well (`error_cases.rs`).

mod error_cases;
mod mask;
mod operation;
mod recorder;
mod request;
mod scenario;
mod send;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use operation::{Operation, operations};
use recorder::Recorder;
pub use scenario::{Scenario, Step};

/// Runs the scenario and records the responses, as the text of `openapi/examples.json`.
///
/// # Errors
/// If a response differs from the document, or if an operation has no step.
pub fn record() -> anyhow::Result<String> {
    let document: Value = serde_json::from_str(&sensu_server::openapi_with("{}")?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let recorded = runtime.block_on(record_all(&document))?;
    Ok(serde_json::to_string_pretty(&recorded)? + "\n")
}

async fn record_all(document: &Value) -> anyhow::Result<Value> {
    let mut scenario = Scenario::read()?;
    let operations = operations(document);
    scenario.name_objects(|id| operations.get(id).map(|operation| operation.tag.as_str()));
    for id in operations.keys() {
        let has_step = scenario.steps.iter().any(|step| step.op == *id);
        ensure!(has_step, "{id} has no step in xtask/generate/src/examples/scenario.json");
    }
    let mut recorder = Recorder::start(&scenario).await?;
    let mut recorded = json!({});
    let mut steps = Vec::new();
    for step in &scenario.steps {
        let operation = operations
            .get(step.op.as_str())
            .with_context(|| format!("scenario.json has {}, the document has not", step.op))?;
        let example = recorder.record(step, operation).await.with_context(|| step.op.clone())?;
        recorded[&step.op] = example;
        steps.push((step, operation));
    }
    for step in &scenario.steps {
        if let Some(other) = &step.response_of {
            recorded[&step.op]["response"] = recorded[other]["response"].clone();
        }
    }
    recorder.provoke_server_errors(&steps).await?;
    recorder.stop().await?;
    Ok(recorded)
}
