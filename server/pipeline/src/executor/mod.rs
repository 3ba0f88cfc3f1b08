//! The entry point: evaluates filters, runs mutators and executes handlers.

mod mutators;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::Client;
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use sensu_types::filter::EventFilter;
use sensu_types::handler::{Handler, HandlerSocket};

use crate::assets::{InstalledAsset, libraries};
use crate::command::{CommandOutput, Commands, ExcessOutput};
use crate::handlers::http::HttpRequest;
use crate::handlers::{
    DEFAULT_TIMEOUT, HandlerResult, Retry, excerpt, http, send_datagram, send_stream,
};
use crate::javascript::{JavaScript, ScriptError};
use crate::outbound::{self, OutboundPolicy, Redirects};
pub use mutators::MutatorError;

/// What an [`Executor`] uses.
pub struct Settings {
    /// Evaluates filters and JavaScript mutators.
    pub javascript: JavaScript,
    /// Runs commands. `None` if commands are not allowed.
    pub commands: Option<Commands>,
    /// Addresses that handlers may connect to.
    pub outbound: OutboundPolicy,
    /// Delays between the attempts of `tcp` and `http` handlers.
    pub retry: Retry,
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

/// Evaluates filters, runs mutators and executes handlers. Cheap to clone.
#[derive(Clone)]
pub struct Executor(Arc<Inner>);

struct Inner {
    settings: Settings,
    http: Client,
}

impl Executor {
    /// An executor.
    ///
    /// # Errors
    /// If the HTTP client cannot be created, for example because there are no trusted certificates.
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let http = outbound::client(&settings.outbound, Redirects::SameMethod)?;
        Ok(Self(Arc::new(Inner { settings, http })))
    }

    /// Evaluates all expressions of a filter, in order. `action` and `when` are not considered.
    pub async fn evaluate(
        &self,
        filter: &EventFilter,
        event: &Event,
        context: &RunContext,
    ) -> Vec<Result<bool, ScriptError>> {
        let libraries = match load(&context.assets).await {
            Ok(libraries) => libraries,
            Err(error) => return vec![Err(error); filter.expressions.len()],
        };
        let previous_state = context.previous_state.as_deref();
        let javascript = &self.0.settings.javascript;
        javascript.evaluate_event(&filter.expressions, event, previous_state, &libraries).await
    }

    /// Evaluates expressions about an entity: `entity_attributes`, filters of assets.
    pub async fn evaluate_entity(
        &self,
        expressions: &[String],
        entity: &Entity,
    ) -> Vec<Result<bool, ScriptError>> {
        self.0.settings.javascript.evaluate_entity(expressions, entity).await
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
        let started = Instant::now();
        let time = limit(handler.timeout);
        let mut result = match (handler.kind.as_str(), &handler.socket, http) {
            ("pipe", _, _) => self.execute_command(handler, payload, context, time).await,
            ("tcp" | "udp", Some(socket), _) => {
                let sent = self.send(&handler.kind, socket, &payload, time).await;
                HandlerResult { failure: sent.err(), ..HandlerResult::default() }
            }
            ("tcp" | "udp", None, _) => failure("the handler has no socket"),
            ("http", _, Some(request)) => self.request(request, payload, time).await,
            ("http", _, None) => failure("the handler has no request"),
            ("grpc", _, _) => failure("handlers of type grpc (extensions) are not supported"),
            (kind, _, _) => failure(format!("unknown handler type {kind:?}")),
        };
        result.duration = started.elapsed();
        result
    }

    async fn execute_command(
        &self,
        handler: &Handler,
        payload: Bytes,
        context: &RunContext,
        time: Option<Duration>,
    ) -> HandlerResult {
        let excess = ExcessOutput::Discard;
        let run = self.run(&handler.command, &handler.env_vars, context, payload, time, excess);
        match run.await {
            Err(reason) => failure(reason),
            Ok(result) => HandlerResult {
                failure: if result.is_timed_out {
                    Some("the command timed out".into())
                } else {
                    (result.status != 0)
                        .then(|| format!("the command exited with status {}", result.status))
                },
                status: Some(result.status),
                output: excerpt(&result.output),
                duration: result.duration,
            },
        }
    }

    async fn run(
        &self,
        command: &str,
        env_vars: &[String],
        context: &RunContext,
        input: Bytes,
        time: Option<Duration>,
        excess: ExcessOutput,
    ) -> Result<CommandOutput, String> {
        let commands = self.0.settings.commands.as_ref().ok_or(crate::COMMANDS_NOT_ALLOWED)?;
        let environment = commands.environment().clone();
        let environment = environment.with(&context.assets, env_vars, &context.variables);
        let result = commands.run(command, input, &environment, time, excess).await;
        result.map_err(|error: io::Error| format!("cannot run the command: {error}"))
    }

    async fn send(
        &self,
        kind: &str,
        socket: &HandlerSocket,
        payload: &[u8],
        time: Option<Duration>,
    ) -> Result<(), String> {
        let Settings { outbound, retry, .. } = &self.0.settings;
        let limit = time.unwrap_or(DEFAULT_TIMEOUT);
        match kind {
            "tcp" => send_stream(outbound, *retry, socket, payload, limit).await,
            _ => send_datagram(outbound, socket, payload, limit).await,
        }
    }

    async fn request(
        &self,
        request: &HttpRequest,
        payload: Bytes,
        time: Option<Duration>,
    ) -> HandlerResult {
        let Inner { settings, http: client } = &*self.0;
        let limit = time.unwrap_or(DEFAULT_TIMEOUT);
        let sent =
            http::send(client, &settings.outbound, settings.retry, request, payload, limit).await;
        match sent {
            Ok(()) => HandlerResult::default(),
            Err(error) => HandlerResult { output: error.output, ..failure(error.reason) },
        }
    }
}

/// A time limit in seconds, 0 for none.
fn limit(seconds: u32) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

fn failure(reason: impl Into<String>) -> HandlerResult {
    HandlerResult { failure: Some(reason.into()), ..HandlerResult::default() }
}

/// The scripts of assets.
async fn load(assets: &[InstalledAsset]) -> Result<Vec<Arc<str>>, ScriptError> {
    let read = |error| ScriptError::Unavailable(format!("cannot read scripts of assets: {error}"));
    libraries(assets).await.map_err(read)
}

#[cfg(test)]
mod tests;
