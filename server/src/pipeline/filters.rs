//! Applies the filters of a workflow to an event.

use sensu_engine::pipeline::{Denial, Workflow, built_in, custom};
use sensu_pipeline::RunContext;
use sensu_types::event::Event;

use super::Pipeline;
use crate::resources::definitions::Definitions;

/// The filter that denies an event, and why.
pub(super) struct Denied {
    pub(super) filter: String,
    pub(super) denial: Denial,
}

impl Pipeline {
    /// Applies the filters of a workflow, in their order, at a time in seconds since 1970-01-01 UTC.
    pub(super) async fn filter(
        &self,
        workflow: &Workflow,
        definitions: &Definitions,
        event: &Event,
        context: &RunContext,
        now: i64,
    ) -> Result<(), Denied> {
        for name in &workflow.filters {
            let decision = match built_in(name, event) {
                Some(decision) => decision,
                None => self.filter_by_name(name, definitions, event, context, now).await,
            };
            decision.map_err(|denial| Denied { filter: name.clone(), denial })?;
        }
        Ok(())
    }

    async fn filter_by_name(
        &self,
        name: &str,
        definitions: &Definitions,
        event: &Event,
        context: &RunContext,
        now: i64,
    ) -> Result<(), Denial> {
        let deny = |reason: String| Denial { expression: String::new(), reason };
        let filter = definitions
            .filters
            .get(name)
            .ok_or_else(|| deny("the filter does not exist".to_owned()))?;
        let assets = self.install(&filter.runtime_assets, definitions).await.map_err(deny)?;
        let context = RunContext { assets, ..context.clone() };
        let results = self.executor.evaluate(filter, event, &context).await;
        let results: Vec<Result<bool, String>> =
            results.into_iter().map(|result| result.map_err(|error| error.to_string())).collect();
        custom(filter, &results, now)
    }
}
