//! The entry point: evaluates filters, runs mutators and executes handlers.

use bytes::Bytes;
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use sensu_types::filter::EventFilter;
use sensu_types::handler::Handler;
use sensu_types::mutator::Mutator;

use crate::assets::InstalledAsset;
use crate::command::Commands;
use crate::handlers::HandlerResult;
use crate::handlers::http::HttpRequest;
use crate::javascript::{JavaScript, ScriptError};
use crate::outbound::OutboundPolicy;

/// What an [`Executor`] uses.
pub struct Settings {
    /// Evaluates filters and JavaScript mutators.
    pub javascript: JavaScript,
    /// Runs commands. `None` if commands are not allowed.
    pub commands: Option<Commands>,
    /// Addresses that handlers may connect to.
    pub outbound: OutboundPolicy,
}

/// What a filter, mutator or handler receives besides the event.
#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// Installed assets, in the order of `runtime_assets`.
    pub assets: Vec<InstalledAsset>,
    /// Further environment variables of commands, as names and values: `SENSU_EVENT_REVISION`.
    pub variables: Vec<(String, String)>,
    /// `check.state` of the previous event, for `is_flapping_start` and `is_flapping_end`. `None` if there was
    /// none.
    pub previous_state: Option<String>,
}

/// Why a mutator failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct MutatorError {
    /// The reason, for operators.
    pub reason: String,
    /// Exit status of the command, 128 plus the number of the signal that ended it. `None` if no command
    /// ended.
    pub status: Option<i32>,
    /// The first [`crate::handlers::OUTPUT`] bytes of the output of the command.
    pub output: String,
}

/// Evaluates filters, runs mutators and executes handlers. Cheap to clone.
#[derive(Clone)]
pub struct Executor {}

impl Executor {
    /// An executor.
    ///
    /// # Errors
    /// If the HTTP client cannot be created, for example because there are no trusted certificates.
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        drop(settings);
        Ok(Self {})
    }

    /// Evaluates all expressions of a filter, in order. Neither `action` nor `when` is looked at.
    pub async fn evaluate(
        &self,
        filter: &EventFilter,
        event: &Event,
        context: &RunContext,
    ) -> Vec<Result<bool, ScriptError>> {
        let _ = (filter, event, context);
        Vec::new()
    }

    /// Evaluates expressions about an entity: `entity_attributes`, filters of assets.
    pub async fn evaluate_entity(
        &self,
        expressions: &[String],
        entity: &Entity,
    ) -> Vec<Result<bool, ScriptError>> {
        let _ = (expressions, entity);
        Vec::new()
    }

    /// Runs a mutator of type `pipe` or `javascript`. For `json` and `only_check_output` see [`crate::payload`].
    ///
    /// # Errors
    /// [`MutatorError`] if commands are not allowed, the command fails or exceeds a limit, or the script throws,
    /// exceeds a limit or returns neither text nor nothing.
    pub async fn mutate(
        &self,
        mutator: &Mutator,
        event: &Event,
        context: &RunContext,
    ) -> Result<Bytes, MutatorError> {
        let _ = (mutator, event, context);
        Ok(Bytes::new())
    }

    /// Executes a handler of type `pipe`, `tcp`, `udp` or `http`. Other types (`set`, `grpc`) fail as unsupported.
    /// `http` is the request of a handler of type `http`.
    pub async fn execute(
        &self,
        handler: &Handler,
        http: Option<&HttpRequest>,
        payload: Bytes,
        context: &RunContext,
    ) -> HandlerResult {
        let _ = (handler, http, payload, context);
        HandlerResult::default()
    }
}
