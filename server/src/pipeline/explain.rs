//! Explains what the handlers of a stored event would do, without doing it (D45).

use sensu_engine::pipeline::{Step, plan};
use sensu_pipeline::RunContext;
use sensu_types::event::Event;
use sensu_types::outcomes::{EventExplanation, HandlerExplanation};
use tokio::sync::AcquireError;

use crate::error::Error;
use crate::resources::grant::Grant;
use crate::runtime::context::Context;

/// What the handlers of an event would do now. Filters are evaluated, mutators and handlers are not run.
///
/// # Errors
/// [`Error::NotFound`] if there is no such event; [`Error::Unavailable`] if too many requests wait; [`Error`] if
/// the store fails.
pub(crate) async fn explain(cx: &Context, grant: &Grant<Event>) -> Result<EventExplanation, Error> {
    let busy = |_| Error::Unavailable("the server is busy explaining events; try again".to_owned());
    let _admitted = cx.pipeline.explanations.try_acquire().map_err(busy)?;
    let closed = |error: AcquireError| Error::Internal(error.to_string());
    let _running = cx.pipeline.explaining.acquire().await.map_err(closed)?;
    // As handlers receive it: without hidden values.
    let event: Event = serde_json::from_slice(&grant.get().await?.body)
        .map_err(|error| Error::Internal(format!("a stored event: {error}")))?;
    let definitions = cx.resources.definitions_of(grant.namespace()).await?;
    let previous = sensu_engine::previous_event(&event);
    let previous_state = previous.and_then(|event| event.check).map(|check| check.state);
    let context = RunContext { previous_state, ..RunContext::default() };
    let mut handlers = Vec::new();
    for step in plan(&event, definitions.as_ref()) {
        handlers.push(match step {
            Step::Skip(skipped) => HandlerExplanation {
                pipeline: skipped.pipeline,
                handler: skipped.handler,
                reason: skipped.reason,
                ..HandlerExplanation::default()
            },
            Step::Run(workflow) => {
                let now = cx.clock.now();
                let filtered =
                    cx.pipeline.filter(&workflow, &definitions, &event, &context, now).await;
                let explanation = HandlerExplanation {
                    pipeline: workflow.pipeline,
                    workflow: workflow.name,
                    handler: workflow.handler,
                    is_executed: filtered.is_ok(),
                    ..HandlerExplanation::default()
                };
                match filtered {
                    Ok(()) => explanation,
                    Err(denied) => HandlerExplanation {
                        filter: denied.filter,
                        expression: denied.denial.expression,
                        reason: denied.denial.reason,
                        ..explanation
                    },
                }
            }
        });
    }
    Ok(EventExplanation { handlers })
}
