//! Evaluates JavaScript: filter expressions, expressions about entities, and mutators.
//!
//! Scripts are not compiled in advance: QuickJS has bytecode only for modules, whose last statement has no value.

mod changes;
mod pool;
mod sandbox;
mod variables;
mod zero_values;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use serde_json::Value;

use crate::payload;
use pool::Pool;
use sandbox::{Environment, Returned};

/// Limits of evaluations.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time for one expression or mutator. Default: 1 s.
    pub time: Duration,
    /// Memory of one evaluation, in bytes. Default: 64 MiB.
    pub memory: usize,
    /// Number of evaluations at the same time. Default: 2.
    pub concurrent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(1), memory: 64 << 20, concurrent: 2 }
    }
}

/// Why an expression or a mutator has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The script is not valid or throws. Contains name and message of the exception: `TypeError: ...`.
    #[error("{0}")]
    Exception(String),
    /// The script exceeds the time limit.
    #[error("time limit of {} s exceeded", .0.as_secs_f64())]
    Time(Duration),
    /// The script exceeds the memory limit.
    #[error("memory limit exceeded")]
    Memory,
    /// The script cannot be evaluated, for example because too many earlier ones do not stop.
    #[error("{0}")]
    Unavailable(String),
}

/// Evaluates scripts on threads of its own. Cheap to clone; clones share the limit of concurrent evaluations.
///
/// Dropping the future of an evaluation cancels it.
#[derive(Clone, Debug)]
pub struct JavaScript {
    limits: Limits,
    pool: Arc<Pool>,
}

impl JavaScript {
    /// Evaluates scripts within limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, pool: Arc::new(Pool::new(limits.concurrent)) }
    }

    /// Evaluates expressions about an event, in order, with the variable `event`. `libraries` are scripts that are
    /// evaluated before each expression. `previous_state` is `check.state` of the previous event.
    pub async fn evaluate_event(
        &self,
        expressions: &[String],
        event: &Event,
        previous_state: Option<&str>,
        libraries: &[Arc<str>],
    ) -> Vec<Result<bool, ScriptError>> {
        let variable =
            variables::flat_event(event).map(|flat| variables::event(flat, event, previous_state));
        self.evaluate("event", variable, expressions, libraries).await
    }

    /// Evaluates expressions about an entity, in order, with the variable `entity`.
    pub async fn evaluate_entity(
        &self,
        expressions: &[String],
        entity: &Entity,
    ) -> Vec<Result<bool, ScriptError>> {
        self.evaluate("entity", variables::entity(entity), expressions, &[]).await
    }

    async fn evaluate(
        &self,
        name: &'static str,
        variable: serde_json::Result<Value>,
        expressions: &[String],
        libraries: &[Arc<str>],
    ) -> Vec<Result<bool, ScriptError>> {
        let failed = |error: ScriptError| vec![Err(error); expressions.len()];
        if expressions.is_empty() {
            return Vec::new();
        }
        let json = match variable.and_then(|value| serde_json::to_string(&value)) {
            Ok(json) => json,
            Err(error) => return failed(ScriptError::Unavailable(error.to_string())),
        };
        let limits = self.limits;
        let (texts, libraries) = (expressions.to_vec(), libraries.to_vec());
        let job = move |is_cancelled: &Arc<AtomicBool>| {
            let environment =
                Environment { variable: (name, &json), texts: &[], libraries: &libraries };
            let evaluate = |text| sandbox::evaluate(limits, is_cancelled, &environment, text);
            texts.iter().map(|text| evaluate(text.as_str())).collect()
        };
        let count = u32::try_from(expressions.len()).unwrap_or(u32::MAX);
        let time = limits.time.saturating_mul(count);
        match self.pool.run(time, job).await {
            Ok(results) => results,
            Err(ScriptError::Time(_)) => failed(ScriptError::Time(limits.time)),
            Err(error) => failed(error),
        }
    }

    /// Runs the body of a JavaScript mutator with the variable `event`. `variables` are further global variables,
    /// `time` replaces the time limit. Returns the text that the script returns or, if it returns nothing, the event with
    /// the changes that the script made, as [`payload::json`].
    ///
    /// # Errors
    /// [`ScriptError`] if the script throws, exceeds a limit, returns neither text nor nothing, or changes a field to a
    /// value of another type.
    pub async fn mutate(
        &self,
        body: &str,
        event: &Event,
        variables: Vec<(String, String)>,
        libraries: &[Arc<str>],
        time: Option<Duration>,
    ) -> Result<Bytes, ScriptError> {
        let limits = Limits { time: time.unwrap_or(self.limits.time), ..self.limits };
        let (body, libraries) = (body.to_owned(), libraries.to_vec());
        let original = variables::flat_event(event).map_err(unavailable)?;
        let variable = variables::event(original.clone(), event, None);
        let json = variable.to_string();
        let job = move |is_cancelled: &Arc<AtomicBool>| {
            let environment = Environment {
                variable: ("event", &json),
                texts: &variables,
                libraries: &libraries,
            };
            match sandbox::mutate(limits, is_cancelled, &environment, &body)? {
                Returned::Text(text) => Ok(Bytes::from(text)),
                Returned::Nothing { before, after } => changed(original, &before, &after),
            }
        };
        self.pool.run(limits.time, job).await?
    }
}

/// The event with the changes of a mutator.
fn changed(original: Value, before: &str, after: &str) -> Result<Bytes, ScriptError> {
    let before = serde_json::from_str(before).map_err(unavailable)?;
    let after = serde_json::from_str(after).map_err(unavailable)?;
    let event = changes::apply(original, &before, after).map_err(ScriptError::Exception)?;
    payload::json(&event).map_err(unavailable)
}

fn unavailable(error: serde_json::Error) -> ScriptError {
    ScriptError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests;
