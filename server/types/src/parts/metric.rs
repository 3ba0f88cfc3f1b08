//! Metric tags, and thresholds that derive the status of a check from its metrics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Thresholds for one metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct MetricThreshold {
    /// Name of the metric.
    pub name: String,
    /// Tags that a point must have to be compared with the thresholds.
    pub tags: Vec<MetricTag>,
    /// Status of the check if the output contains no such point.
    pub null_status: u32,
    /// Limits, each with a status. The highest status counts.
    pub thresholds: Vec<MetricThresholdRule>,
}

/// Limits for the value of a metric, and the status of the check outside of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct MetricThresholdRule {
    /// Lowest accepted value, as a decimal number in a string: `"0.5"`. Empty for no lower limit.
    pub min: String,
    /// Highest accepted value, as a decimal number in a string: `"75.0"`. Empty for no upper limit.
    pub max: String,
    /// Status of the check if the value is below `min` or above `max`.
    pub status: u32,
}

/// A key-value pair that describes a metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct MetricTag {
    /// Name of the tag.
    pub name: String,
    /// Value of the tag.
    pub value: String,
}
