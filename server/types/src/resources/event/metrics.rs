//! The metrics of an event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grammar::number;
use crate::metric::MetricTag;

/// Measurements. Absent when there are none.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Metrics {
    /// Names of the handlers that they are sent to.
    pub handlers: Vec<String>,
    /// The measurements.
    pub points: Vec<MetricPoint>,
}

/// One measurement.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct MetricPoint {
    /// What was measured. Absent when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The value.
    #[serde(serialize_with = "number::serialize")]
    pub value: f64,
    /// When it was measured, in seconds since 1970-01-01 UTC or a finer unit that the handler knows.
    pub timestamp: i64,
    /// What else is known about it.
    pub tags: Vec<MetricTag>,
}
