//! What handlers did with events, and what they would do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grammar::enumeration::Enumeration;
use crate::grammar::number;

/// Outcomes of the last events of a check on an entity.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct EventOutcomes {
    /// Outcomes by event, the newest event first. At most 10, of the last 24 hours. Events that no handler
    /// could process are not among them: no handler exists, or built-in filters denied the event.
    pub events: Vec<EventOutcome>,
}

/// What the handlers of one event did.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct EventOutcome {
    /// Revision of the event. Commands receive it in the environment variable `SENSU_EVENT_REVISION`: a
    /// handler that is executed again after a failure of the server receives the same revision.
    pub revision: u64,
    /// `timestamp` of the event, in seconds since 1970-01-01 UTC.
    pub timestamp: i64,
    /// `id` of the event. Omitted if the event has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Status of the check. Omitted if 0.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub status: u32,
    /// What each handler did, in the order in which they ended.
    pub handlers: Vec<HandlerOutcome>,
}

/// What a handler did with an event.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct HandlerOutcome {
    /// Name of the pipeline; `legacy-pipeline` for a handler that check or metrics name directly.
    pub pipeline: String,
    /// Name of the workflow of the pipeline. Omitted if the pipeline cannot be used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workflow: String,
    /// Name of the handler. Omitted if the pipeline cannot be used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub handler: String,
    /// What happened.
    #[schemars(schema_with = "result")]
    pub result: String,
    /// Name of the filter that denied the event. Omitted if none did.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Expression of the filter that decided. Omitted if none did.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expression: String,
    /// Why the handler was not executed or failed. Omitted if it succeeded.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Exit status of the command. 128 and more: ended by a signal, whose number is added to 128. Omitted for
    /// handlers without a command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// The first 4,096 bytes of the output of the command. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// Duration with filters, mutator and retries, in seconds.
    #[serde(serialize_with = "number::serialize")]
    pub duration: f64,
    /// Time of the end, in seconds since 1970-01-01 UTC.
    pub completed: i64,
}

const RESULT: Enumeration = Enumeration {
    name: "HandlerResult",
    description: "What a handler did: it was executed (`executed`) or failed (`failed`), a filter denied the \
        event (`filtered`), it cannot be used (`skipped`), or the event was too old (`expired`).",
    values: &["executed", "filtered", "failed", "skipped", "expired"],
    identifiers: &[],
};

fn result(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    RESULT.schema(generator).into()
}

/// What the handlers of the stored event would do now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct EventExplanation {
    /// What each handler would do, pipelines first. Empty if the event names no handler.
    pub handlers: Vec<HandlerExplanation>,
}

/// Whether a handler would be executed for an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct HandlerExplanation {
    /// Name of the pipeline; `legacy-pipeline` for a handler that check or metrics name directly.
    pub pipeline: String,
    /// Name of the workflow of the pipeline. Omitted if the pipeline cannot be used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workflow: String,
    /// Name of the handler. Omitted if the pipeline cannot be used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub handler: String,
    /// Whether the handler would be executed.
    pub is_executed: bool,
    /// Name of the filter that denies the event. Omitted if none does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Expression of the filter that decides. Omitted if none does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expression: String,
    /// Why the handler would not be executed. Omitted if it would be.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
