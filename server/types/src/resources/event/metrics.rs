//! The metrics of an event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grammar::number;
use crate::parts::metric::MetricTag;

/// Metrics that were measured on an entity.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Metrics {
    /// Names of the handlers that process the metrics.
    pub handlers: Vec<String>,
    /// Data points.
    pub points: Vec<MetricPoint>,
}

/// A data point of a metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct MetricPoint {
    /// Name of the metric. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Value of the metric.
    #[serde(serialize_with = "number::serialize")]
    pub value: f64,
    /// Time of the measurement since 1970-01-01 UTC, in seconds or in the finer unit that the handler
    /// expects.
    pub timestamp: i64,
    /// Tags of the data point.
    pub tags: Vec<MetricTag>,
}
