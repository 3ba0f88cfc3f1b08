//! Thresholds: how the metrics in a check's output decide on its status.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the values of one metric decide on the status of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct MetricThreshold {
    /// The name of the metric.
    pub name: String,
    /// Only measurements with all of these tags count.
    pub tags: Vec<MetricTag>,
    /// The status if there is no such measurement.
    pub null_status: u32,
    /// The limits, each with its status.
    pub thresholds: Vec<MetricThresholdRule>,
}

/// Limits of a metric, and the status of the check beyond them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct MetricThresholdRule {
    /// The lowest good value, as text: `"0.5"`. Empty for no limit.
    pub min: String,
    /// The highest good value, as text: `"75.0"`. Empty for no limit.
    pub max: String,
    /// The status of values below `min` or above `max`.
    pub status: u32,
}

/// Something known about a measurement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct MetricTag {
    /// What.
    pub name: String,
    /// Its value.
    pub value: String,
}
