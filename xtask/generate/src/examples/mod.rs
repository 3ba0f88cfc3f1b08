//! The examples of the document: a scenario that is told to a live server, and what it answered.
//!
//! `scenario.json` has a step for each operation: the request that the document shows, a body that breaks a
//! rule, what random parts of the answer are shown as. Telling it writes `openapi/examples.json`, from
//! which the document takes its examples. The clock stands still and the store is new, so the same scenario
//! has the same answers: an example that a server would not give is a stale file, which a test finds.
//! On the way every error that the document names is provoked (`error_cases.rs`), so none is made up.

mod error_cases;
mod mask;
mod recorder;
mod request;
mod scenario;

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use recorder::Recorder;
pub use scenario::{Scenario, Step};

/// Tells the scenario and writes down the answers, as the text of `openapi/examples.json`.
///
/// # Errors
/// If a step is not answered as the document says, or if an operation has no step.
pub fn record() -> anyhow::Result<String> {
    let document: Value = serde_json::from_str(&sensu_server::openapi_with("{}")?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let recorded = runtime.block_on(tell(&document))?;
    Ok(serde_json::to_string_pretty(&recorded)? + "\n")
}

async fn tell(document: &Value) -> anyhow::Result<Value> {
    let scenario = Scenario::read()?;
    let operations = operations(document);
    for id in operations.keys() {
        let has_step = scenario.steps.iter().any(|step| step.op == *id);
        ensure!(has_step, "{id} has no step in xtask/generate/src/examples/scenario.json");
    }
    let mut recorder = Recorder::start(&scenario).await?;
    let mut recorded = json!({});
    for step in &scenario.steps {
        let operation = operations
            .get(step.op.as_str())
            .with_context(|| format!("the scenario has {}, the document has not", step.op))?;
        let told = recorder.tell(step, operation).await.with_context(|| step.op.clone())?;
        recorded[&step.op] = told;
    }
    for step in &scenario.steps {
        if let Some(other) = &step.response_of {
            recorded[&step.op]["answer"] = recorded[other]["answer"].clone();
        }
    }
    let asked: Vec<(&Step, &Operation)> = scenario
        .steps
        .iter()
        .filter_map(|step| Some((step, operations.get(step.op.as_str())?)))
        .collect();
    recorder.fail(&asked).await?;
    recorder.stop().await?;
    Ok(recorded)
}

/// What a step has to know of its operation.
struct Operation {
    method: String,
    path: String,
    tag: String,
    value: Value,
    /// The code in the example of each documented error.
    codes: BTreeMap<String, Value>,
}

impl Operation {
    fn documents(&self, status: &str) -> bool {
        !self.value["responses"][status].is_null()
    }
}

fn operations(document: &Value) -> BTreeMap<&str, Operation> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, value) in item.as_object().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let operation = Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                tag: text(&value["tags"][0]),
                codes: codes(document, value),
                value: value.clone(),
            };
            found.insert(value["operationId"].as_str().unwrap_or_default(), operation);
        }
    }
    found
}

fn codes(document: &Value, operation: &Value) -> BTreeMap<String, Value> {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let code = |response: &Value| {
        let pointer = response["$ref"].as_str()?.strip_prefix('#')?;
        let shared = document.pointer(pointer)?;
        shared.pointer("/content/application~1json/example/code").cloned()
    };
    responses.filter_map(|(status, response)| Some((status.clone(), code(response)?))).collect()
}
