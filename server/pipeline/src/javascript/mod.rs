//! Evaluates JavaScript: filter expressions, expressions about entities, and mutators.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sensu_types::entity::Entity;
use sensu_types::event::Event;

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
#[derive(Clone, Debug)]
pub struct JavaScript {}

impl JavaScript {
    /// Evaluates scripts within limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let _ = limits;
        Self {}
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
        let _ = (expressions, event, previous_state, libraries);
        Vec::new()
    }

    /// Evaluates expressions about an entity, in order, with the variable `entity`.
    pub async fn evaluate_entity(
        &self,
        expressions: &[String],
        entity: &Entity,
    ) -> Vec<Result<bool, ScriptError>> {
        let _ = (expressions, entity);
        Vec::new()
    }

    /// Runs the body of a JavaScript mutator with the variable `event`. `variables` are further global variables,
    /// `time` replaces the time limit.
    ///
    /// # Errors
    /// [`ScriptError`] if the script throws, exceeds a limit, or returns neither text nor nothing.
    pub async fn mutate(
        &self,
        body: &str,
        event: &Event,
        variables: Vec<(String, String)>,
        libraries: &[Arc<str>],
        time: Option<Duration>,
    ) -> Result<Bytes, ScriptError> {
        let _ = (body, event, variables, libraries, time);
        Ok(Bytes::new())
    }
}
