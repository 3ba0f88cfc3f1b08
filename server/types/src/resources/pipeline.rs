//! Pipelines: workflows of filters, a mutator and a handler (Sensu Go 6.5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::combination::{Rejected, Types, Values};
use crate::grammar::{name, schema};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::parts::reference::ResourceReference;
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

/// Workflows for the events of checks that refer to the pipeline in `pipelines`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Pipeline {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Workflows, executed in this order and independently of each other.
    pub workflows: Vec<PipelineWorkflow>,
}

/// Filters, mutator and handler for an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct PipelineWorkflow {
    /// Name of the workflow. Required. Same characters as in object names.
    #[schemars(schema_with = "schema::required_name")]
    pub name: String,
    /// Filters that the event must pass, in this order: `core/v2` `EventFilter`. Absent if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<ResourceReference>,
    /// Mutator applied to the event: `core/v2` `Mutator`. Absent if the event is passed on as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutator: Option<ResourceReference>,
    /// Handler of the event. Required. `core/v2` `Handler`; the commercial types `TCPStreamHandler` and
    /// `SumoLogicMetricsHandler` of `pipeline/v1` are accepted, for dumps that contain them.
    #[schemars(schema_with = "schema::required::<ResourceReference>")]
    pub handler: Option<ResourceReference>,
}

/// References are complete, and to types that can act in their role.
pub(super) const REJECTED: Rejected = Rejected::always(&[
    &[("filters", Values::NotReferencesTo(FILTERS))],
    &[("mutator", Values::NotReferencesTo(MUTATORS))],
    &[("handler", Values::NotReferencesTo(HANDLERS))],
]);

const FILTERS: Types = &[("core/v2", &["EventFilter"])];
const MUTATORS: Types = &[("core/v2", &["Mutator"])];
const HANDLERS: Types =
    &[("core/v2", &["Handler"]), ("pipeline/v1", &["SumoLogicMetricsHandler", "TCPStreamHandler"])];

impl PipelineWorkflow {
    fn validate(&self) -> Result<(), Invalid> {
        name::plain("workflow name", &self.name).at("/name")?;
        let mut filters = self.filters.iter().enumerate();
        if let Some((index, other)) = filters.find(|(_, filter)| !is_type(filter, FILTERS)) {
            return Err(incapable("filter", other).at(format!("/filters/{index}")));
        }
        if let Some(other) = self.mutator.as_ref().filter(|mutator| !is_type(mutator, MUTATORS)) {
            return Err(incapable("mutator", other).at("/mutator"));
        }
        match &self.handler {
            None => Err(Invalid::new("workflow handler must be set").at("/handler")),
            Some(handler) if is_type(handler, HANDLERS) => Ok(()),
            Some(other) => Err(incapable("handler", other).at("/handler")),
        }
    }
}

/// Whether a reference has a name and one of these types.
fn is_type(reference: &ResourceReference, types: Types) -> bool {
    let is_of_group = |(api_version, kinds): &(&str, &[&str])| {
        reference.api_version == *api_version && kinds.contains(&reference.kind.as_str())
    };
    !reference.name.is_empty() && types.iter().any(is_of_group)
}

fn incapable(role: &str, reference: &ResourceReference) -> Invalid {
    let ResourceReference { name, kind, api_version } = reference;
    Invalid::new(format!(
        "workflow {role}: resource type not capable of acting as a {role}: {api_version}.{kind} {name:?}"
    ))
}

impl Resource for Pipeline {
    const KIND: &'static str = "Pipeline";
    const PLURAL: &'static str = "pipelines";
    const SINGULAR: &'static str = "pipeline";
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("pipeline name", &self.metadata.name).at(NAME)?;
        self.metadata.require_namespace()?;
        let mut workflows = self.workflows.iter().enumerate();
        workflows.try_for_each(|(index, one)| one.validate().at(format!("/workflows/{index}")))
    }

    fn example(name: &str) -> Value {
        let handler = json!({"name": "slack", "type": "Handler", "api_version": "core/v2"});
        json!({"metadata": {"name": name}, "workflows": [{"name": "alert", "handler": handler}]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validate(workflow: Value) -> Result<(), String> {
        let pipeline = Pipeline {
            metadata: ObjectMeta::new("default", "a"),
            workflows: vec![serde_json::from_value(workflow).unwrap()],
        };
        pipeline.validate().map_err(|error| error.message)
    }

    #[test]
    fn references_have_the_type_of_their_role() {
        let reference =
            |api: &str, kind: &str| json!({"api_version": api, "type": kind, "name": "x"});
        let (filter, mutator) =
            (reference("core/v2", "EventFilter"), reference("core/v2", "Mutator"));
        let handler = reference("core/v2", "Handler");
        let full =
            json!({"name": "w", "filters": [filter], "mutator": mutator, "handler": handler});
        assert_eq!(validate(full), Ok(()));
        let commercial = reference("pipeline/v1", "TCPStreamHandler");
        assert_eq!(validate(json!({"name": "w", "handler": commercial})), Ok(()));
        for (workflow, expected) in [
            (json!({"handler": handler}), "workflow name"),
            (json!({"name": "w"}), "workflow handler must be set"),
            (
                json!({"name": "w", "handler": filter}),
                "acting as a handler: core/v2.EventFilter \"x\"",
            ),
            (json!({"name": "w", "filters": [handler], "handler": handler}), "acting as a filter"),
            (json!({"name": "w", "mutator": handler, "handler": handler}), "acting as a mutator"),
            (
                json!({"name": "w", "handler": {"type": "Handler", "api_version": "core/v2"}}),
                "handler",
            ),
        ] {
            let error = validate(workflow.clone()).unwrap_err();
            assert!(error.contains(expected), "{workflow}: {error}");
        }
    }
}
