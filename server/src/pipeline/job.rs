//! Runs one workflow for one event: filters, mutator, handler.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sensu_engine::pipeline::Workflow;
use sensu_pipeline::{HttpRequest, RunContext, payload};
use sensu_types::event::Event;
use sensu_types::handler::Handler;
use sensu_types::outcomes::HandlerOutcome;

use super::Settings;
use crate::error::Error;
use crate::resources::definitions::Definitions;
use crate::resources::outbox::{self, OutboxEntry, Work};
use crate::runtime::context::Context;

/// Time between two attempts to read from the store, or to wait for another server.
const PAUSE: Duration = Duration::from_millis(200);

/// A workflow that processes an event.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) work: Arc<Work>,
    pub(super) workflow: Workflow,
}

impl Job {
    /// Runs the workflow. `None` if the event was deleted with its entity or namespace.
    pub(super) async fn run(&self, cx: &Context, settings: &Settings) -> Option<HandlerOutcome> {
        let entry = self.entry(cx).await?;
        let began = Instant::now();
        let mut outcome = if self.is_expired(cx, settings) {
            let reason = format!("the event is older than {} s", settings.max_age.as_secs());
            HandlerOutcome { result: "expired".to_owned(), reason, ..HandlerOutcome::default() }
        } else {
            match cx.resources.definitions_of(&self.work.namespace).await {
                Ok(definitions) => self.process(cx, &definitions, entry).await,
                Err(error) => failed(format!("the store failed: {error:?}")),
            }
        };
        outcome.pipeline.clone_from(&self.workflow.pipeline);
        outcome.workflow.clone_from(&self.workflow.name);
        outcome.handler.clone_from(&self.workflow.handler);
        (outcome.duration, outcome.completed) = (began.elapsed().as_secs_f64(), cx.clock.now());
        self.record(cx, &outcome);
        Some(outcome)
    }

    /// The outcome of a job that panicked: a defect.
    pub(super) fn panicked(&self, cx: &Context) -> HandlerOutcome {
        let outcome = HandlerOutcome {
            pipeline: self.workflow.pipeline.clone(),
            workflow: self.workflow.name.clone(),
            handler: self.workflow.handler.clone(),
            completed: cx.clock.now(),
            ..failed("the server failed; see its log".to_owned())
        };
        self.record(cx, &outcome);
        outcome
    }

    /// The stored event, as soon as the store can be read and it is the turn of the event.
    async fn entry(&self, cx: &Context) -> Option<OutboxEntry> {
        loop {
            match self.next_entry(cx).await {
                Ok(Some(entry)) => return entry,
                Ok(None) => {}
                Err(error) => tracing::warn!(?error, "an event cannot be read from the outbox"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The stored event. The outer option is `None` while another server processes an earlier one.
    async fn next_entry(&self, cx: &Context) -> Result<Option<Option<OutboxEntry>>, Error> {
        if cx.resources.is_store_shared() && outbox::has_earlier(cx, &self.work).await? {
            return Ok(None);
        }
        Ok(Some(outbox::entry(cx, &self.work.key).await?))
    }

    fn is_expired(&self, cx: &Context, settings: &Settings) -> bool {
        let age = cx.clock.now().saturating_sub(self.work.created);
        u64::try_from(age).is_ok_and(|age| age > settings.max_age.as_secs())
    }

    async fn process(
        &self,
        cx: &Context,
        definitions: &Definitions,
        entry: OutboxEntry,
    ) -> HandlerOutcome {
        let OutboxEntry { event, previous_state, .. } = entry;
        let revision = self.work.revision().to_string();
        let context = RunContext {
            assets: Vec::new(),
            variables: vec![("SENSU_EVENT_REVISION".to_owned(), revision)],
            previous_state,
        };
        let now = self.work.created;
        let filtered = cx.pipeline.filter(&self.workflow, definitions, &event, &context, now).await;
        if let Err(denied) = filtered {
            return HandlerOutcome {
                result: "filtered".to_owned(),
                filter: denied.filter,
                expression: denied.denial.expression,
                reason: denied.denial.reason,
                ..HandlerOutcome::default()
            };
        }
        match self.mutate(cx, definitions, &event, &context).await {
            Ok(payload) => self.handle(cx, definitions, payload, context).await,
            Err(outcome) => outcome,
        }
    }

    async fn mutate(
        &self,
        cx: &Context,
        definitions: &Definitions,
        event: &Event,
        context: &RunContext,
    ) -> Result<Bytes, HandlerOutcome> {
        match self.workflow.mutator.as_str() {
            "" | payload::JSON => payload::json(event).map_err(|error| failed(error.to_string())),
            payload::ONLY_CHECK_OUTPUT => payload::only_check_output(event)
                .ok_or_else(|| failed("only_check_output: the event has no check".to_owned())),
            name => {
                let mutator = definitions.mutators.get(name);
                let mutator = mutator
                    .ok_or_else(|| failed(format!("the mutator {name:?} does not exist")))?;
                let assets = cx.pipeline.install(&mutator.runtime_assets, definitions).await;
                let context = RunContext { assets: assets.map_err(failed)?, ..context.clone() };
                let mutated = cx.pipeline.executor.mutate(mutator, event, &context).await;
                mutated.map_err(|error| HandlerOutcome {
                    exit_status: error.status,
                    output: error.output,
                    ..failed(format!("mutator {name:?}: {}", error.reason))
                })
            }
        }
    }

    async fn handle(
        &self,
        cx: &Context,
        definitions: &Definitions,
        payload: Bytes,
        context: RunContext,
    ) -> HandlerOutcome {
        let Some(handler) = definitions.handlers.get(&self.workflow.handler) else {
            return failed("the handler was deleted".to_owned());
        };
        let assets = match cx.pipeline.install(&handler.runtime_assets, definitions).await {
            Ok(assets) => assets,
            Err(reason) => return failed(reason),
        };
        let context = RunContext { assets, ..context };
        let request = request(handler);
        let result =
            cx.pipeline.executor.execute(handler, request.as_ref(), payload, &context).await;
        let outcome = match result.failure {
            None => HandlerOutcome { result: "executed".to_owned(), ..HandlerOutcome::default() },
            Some(reason) => failed(reason),
        };
        HandlerOutcome { exit_status: result.status, output: result.output, ..outcome }
    }

    /// Logs the outcome, and counts it.
    fn record(&self, cx: &Context, outcome: &HandlerOutcome) {
        let Work { namespace, entity, check, .. } = self.work.as_ref();
        cx.metrics.pipeline.record_outcome(namespace, outcome);
        let HandlerOutcome { handler, result, filter, reason, exit_status, duration, .. } = outcome;
        let (check, revision) = (check.as_deref().unwrap_or_default(), self.work.revision());
        let milliseconds = duration * 1000.0;
        match result.as_str() {
            "executed" | "filtered" => tracing::info!(
                namespace,
                entity,
                check,
                revision,
                handler,
                result,
                filter,
                reason,
                milliseconds,
                "event handled"
            ),
            _ => tracing::warn!(
                namespace,
                entity,
                check,
                revision,
                handler,
                result,
                reason,
                exit_status,
                milliseconds,
                "event not handled"
            ),
        }
    }
}

/// The request of a handler of type `http`.
fn request(handler: &Handler) -> Option<HttpRequest> {
    let http = handler.http.as_ref()?;
    let headers = http.headers.iter().map(|header| (header.name.clone(), header.value.clone()));
    Some(HttpRequest {
        url: http.url.clone(),
        method: http.method.clone(),
        headers: headers.collect(),
    })
}

fn failed(reason: String) -> HandlerOutcome {
    HandlerOutcome { result: "failed".to_owned(), reason, ..HandlerOutcome::default() }
}
