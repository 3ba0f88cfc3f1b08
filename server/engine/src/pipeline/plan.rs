//! The workflows that process an event: those of its pipelines, and one for each of its handlers.

use std::collections::{BTreeMap, BTreeSet};

use sensu_types::event::Event;
use sensu_types::handler::Handler;
use sensu_types::pipeline::{Pipeline, PipelineWorkflow};
use sensu_types::reference::ResourceReference;

use super::filters;

/// Name of the pipeline of workflows for handlers that an event names directly, as in Sensu Go.
pub const LEGACY_PIPELINE: &str = "legacy-pipeline";

/// Maximum number of sets inside each other. The members of the innermost are handlers.
const MAX_SETS: usize = 2;

/// Maximum number of names of handlers for one event, with those of members of sets.
const MAX_NAMES: usize = 10_000;

const NESTED: &str = "handler sets cannot be deeply nested: at most two sets inside each other";
const NO_HANDLER: &str = "the handler does not exist";

/// The handlers and pipelines of a namespace.
pub trait Definitions {
    /// The handler with a name.
    fn handler(&self, name: &str) -> Option<&Handler>;
    /// The pipeline with a name.
    fn pipeline(&self, name: &str) -> Option<&Pipeline>;
}

/// Filters, a mutator and a handler, which process an event in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Name of the pipeline; [`LEGACY_PIPELINE`] for a handler that the event names directly.
    pub pipeline: String,
    /// Name of the workflow.
    pub name: String,
    /// Names of the filters, in order.
    pub filters: Vec<String>,
    /// Name of the mutator. Empty for none.
    pub mutator: String,
    /// Name of the handler, which exists and is not a set.
    pub handler: String,
}

/// A handler or pipeline that cannot process the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Name of the pipeline; [`LEGACY_PIPELINE`] for a handler that the event names directly.
    pub pipeline: String,
    /// Name of the handler. Empty if the pipeline cannot be used.
    pub handler: String,
    /// The reason in words.
    pub reason: String,
}

/// A part of the work on an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Process the event with a workflow.
    Run(Workflow),
    /// Report that a handler or pipeline cannot be used.
    Skip(Skipped),
}

/// The steps for an event: the pipelines of its check, its own pipelines, then the handlers of its check and
/// metrics, each once and sorted by name.
#[must_use]
pub fn plan(event: &Event, definitions: &impl Definitions) -> Vec<Step> {
    let check = event.check.as_ref();
    let mut steps = Vec::new();
    let of_check = check.map(|check| check.pipelines.as_slice()).unwrap_or_default();
    for reference in of_check.iter().chain(&event.pipelines) {
        add_pipeline(reference, definitions, &mut steps);
    }
    let fallback = check.and_then(|check| check.fallback_pipeline.as_ref());
    for reference in fallback.into_iter().chain(&event.fallback_pipeline) {
        let reason = "fallback pipelines are not supported".to_owned();
        steps.push(Step::Skip(Skipped {
            pipeline: reference.name.clone(),
            handler: String::new(),
            reason,
        }));
    }
    let of_check = check.map(|check| check.handlers.as_slice()).unwrap_or_default();
    let of_metrics = event.metrics.as_ref().map(|metrics| metrics.handlers.as_slice());
    let mut expansion = Expansion { definitions, steps: BTreeMap::new(), seen: BTreeSet::new() };
    for name in of_check.iter().chain(of_metrics.unwrap_or_default()) {
        expansion.add(name, None, 0);
    }
    steps.extend(expansion.steps.into_values());
    steps
}

/// Whether a step may run a handler: there is a workflow whose built-in filters let the event pass. Custom
/// filters are not evaluated.
#[must_use]
pub fn can_reach_handler(event: &Event, steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Run(workflow) => !workflow
            .filters
            .iter()
            .any(|name| matches!(filters::built_in(name, event), Some(Err(_)))),
        Step::Skip(_) => false,
    })
}

/// The steps for the handlers that an event names directly.
struct Expansion<'a, D> {
    definitions: &'a D,
    /// By name of the handler.
    steps: BTreeMap<String, Step>,
    /// Names that were added, with the number of sets around them. None is expanded again, and names beyond
    /// [`MAX_NAMES`] are ignored, so that the cost is limited whatever sets contain each other.
    seen: BTreeSet<(usize, String)>,
}

impl<D: Definitions> Expansion<'_, D> {
    /// Adds the handler, or the members of the set. `sets` is the number of sets around it, `set` the
    /// innermost.
    fn add(&mut self, name: &str, set: Option<&str>, sets: usize) {
        if self.seen.len() >= MAX_NAMES || !self.seen.insert((sets, name.to_owned())) {
            return;
        }
        if matches!(self.steps.get(name), Some(Step::Run(_))) {
            return;
        }
        let skip = |reason: String| {
            let handler = name.to_owned();
            Step::Skip(Skipped { pipeline: LEGACY_PIPELINE.to_owned(), handler, reason })
        };
        let definitions = self.definitions;
        let step = match definitions.handler(name) {
            None => skip(match set {
                None => NO_HANDLER.to_owned(),
                Some(set) => format!("{NO_HANDLER}; it is a member of the set {set:?}"),
            }),
            Some(handler) if handler.kind == "set" => {
                if sets < MAX_SETS {
                    for member in &handler.handlers {
                        self.add(member, Some(name), sets + 1);
                    }
                    return;
                }
                skip(NESTED.to_owned())
            }
            Some(handler) => Step::Run(Workflow {
                pipeline: LEGACY_PIPELINE.to_owned(),
                name: format!("legacy-pipeline-workflow-{name}"),
                filters: handler.filters.clone(),
                mutator: handler.mutator.clone(),
                handler: name.to_owned(),
            }),
        };
        self.steps.insert(name.to_owned(), step);
    }
}

/// Adds the workflows of a pipeline, in their order.
fn add_pipeline(
    reference: &ResourceReference,
    definitions: &impl Definitions,
    steps: &mut Vec<Step>,
) {
    let ResourceReference { name, kind, api_version } = reference;
    let skip = |handler: &str, reason: String| {
        let handler = handler.to_owned();
        Step::Skip(Skipped { pipeline: name.clone(), handler, reason })
    };
    if (api_version.as_str(), kind.as_str()) != ("core/v2", "Pipeline") {
        let reason = format!("{api_version}.{kind} is not a pipeline that this server has");
        steps.push(skip("", reason));
        return;
    }
    let Some(pipeline) = definitions.pipeline(name) else {
        steps.push(skip("", "the pipeline does not exist".to_owned()));
        return;
    };
    if pipeline.workflows.is_empty() {
        steps.push(skip("", "the pipeline has no workflows".to_owned()));
    }
    for workflow in &pipeline.workflows {
        steps.push(match workflow_of(name, workflow, definitions) {
            Ok(workflow) => Step::Run(workflow),
            Err((handler, reason)) => skip(&handler, reason),
        });
    }
}

/// The workflow, or the name of its handler and why that cannot be used.
fn workflow_of(
    pipeline: &str,
    workflow: &PipelineWorkflow,
    definitions: &impl Definitions,
) -> Result<Workflow, (String, String)> {
    let reference = workflow.handler.clone().unwrap_or_default();
    let unusable = |reason: String| Err((reference.name.clone(), reason));
    if reference.api_version != "core/v2" {
        let ResourceReference { kind, api_version, .. } = &reference;
        return unusable(format!("{api_version}.{kind} is not a handler that this server has"));
    }
    match definitions.handler(&reference.name) {
        None => return unusable(NO_HANDLER.to_owned()),
        Some(handler) if handler.kind == "set" => {
            return unusable("a workflow cannot run a handler set".to_owned());
        }
        Some(_) => {}
    }
    let mutator = workflow.mutator.as_ref().map(|mutator| mutator.name.clone());
    Ok(Workflow {
        pipeline: pipeline.to_owned(),
        name: workflow.name.clone(),
        filters: workflow.filters.iter().map(|filter| filter.name.clone()).collect(),
        mutator: mutator.unwrap_or_default(),
        handler: reference.name,
    })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
