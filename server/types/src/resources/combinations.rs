//! The types with combinations of field values that are rejected.

use super::{asset, check, event, handler, mutator, pipeline, silenced};
use crate::grammar::combination::Rejected;

/// The rejected combinations of a type, by the name of its schema.
#[must_use]
pub fn rejected(schema: &str) -> Option<Rejected> {
    match schema {
        "Asset" => Some(asset::REJECTED),
        "Check" | "CheckConfig" => Some(check::REJECTED),
        "Event" => Some(event::REJECTED),
        "Handler" => Some(handler::REJECTED),
        "Mutator" => Some(mutator::REJECTED),
        "PipelineWorkflow" => Some(pipeline::REJECTED),
        "Silenced" => Some(silenced::REJECTED),
        _ => None,
    }
}
