//! The check of an event: its configuration when it ran, its result, and what follows from the
//! results before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::{CheckSpec, HookList, ProxyRequests, metric_format, schedule};
use crate::grammar::{name, number, schema};
use crate::metric::{MetricTag, MetricThreshold};
use crate::reference::ResourceReference;
use crate::secret::Secret;
use crate::time_window::{TimeWindowRepeated, TimeWindowWhen};
use crate::{Invalid, ObjectMeta};

/// A check that ran, and its result. Absent on events that carry only metrics.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Check {
    /// The command that ran. Absent when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Names of the handlers that the event is sent to.
    pub handlers: Vec<String>,
    /// Flapping begins when the total state change reaches this, in percent. 0 for no flap detection.
    pub high_flap_threshold: u32,
    /// Seconds between two runs. At least 1, unless `cron` is set.
    pub interval: u32,
    /// Flapping ends when the total state change falls to this, in percent. 0 for no flap detection.
    pub low_flap_threshold: u32,
    /// Whether the check runs on its schedule.
    pub publish: bool,
    /// Names of the assets that the command needs.
    #[schemars(schema_with = "schema::asset_names")]
    pub runtime_assets: Vec<String>,
    /// Agents with one of these subscriptions run the check.
    pub subscriptions: Vec<String>,
    /// The entity that the result is for, if not the agent's own.
    #[schemars(schema_with = "schema::optional_name")]
    pub proxy_entity_name: String,
    /// Hooks to run in response to results, by kind of result.
    pub check_hooks: Vec<HookList>,
    /// Whether the agent writes the entity, as JSON, to the command's standard input.
    pub stdin: bool,
    /// When the check does not run. `null` when there is no such time.
    #[schemars(schema_with = "schema::nullable::<TimeWindowWhen>")]
    pub subdue: Option<TimeWindowWhen>,
    /// When the check runs, as a cron schedule. Absent when not used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cron: String,
    /// Seconds after which a missing result is an event of its own. 0 for none.
    pub ttl: i64,
    /// Seconds that the command may take. 0 for no limit.
    pub timeout: u32,
    /// Run the check for each of a number of proxy entities. Absent when not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_requests: Option<ProxyRequests>,
    /// Whether only one of the subscribed agents runs the check each time.
    pub round_robin: bool,
    /// How long the command took, in seconds. Absent when 0.
    #[serde(skip_serializing_if = "number::is_zero", serialize_with = "number::serialize")]
    pub duration: f64,
    /// When the command ran, in seconds since 1970-01-01 UTC.
    pub executed: i64,
    /// The last 21 results in order of `executed`, this one included. Kept by the server; what is
    /// sent is ignored.
    #[schemars(schema_with = "schema::read_only::<Vec<CheckHistory>>")]
    pub history: Vec<CheckHistory>,
    /// When the run was asked for, in seconds since 1970-01-01 UTC.
    pub issued: i64,
    /// What the command wrote.
    pub output: String,
    /// `passing`, `failing` or `flapping`. Kept by the server; what is sent is ignored.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "schema::read_only::<String>")]
    pub state: String,
    /// The exit status of the command: 0 is good, 1 a warning, 2 critical, anything else unknown.
    pub status: u32,
    /// How much the status changed over the last 21 results, weighted, in percent: 0 to 100. Kept by
    /// the server; what is sent is ignored.
    #[schemars(schema_with = "schema::read_only::<u32>")]
    pub total_state_change: u32,
    /// The `timestamp` of the last event with status 0, in seconds since 1970-01-01 UTC. 0 for
    /// never. Kept by the server; what is sent is ignored.
    #[schemars(schema_with = "schema::read_only::<i64>")]
    pub last_ok: i64,
    /// How many results in a row had this status. Kept by the server; what is sent is ignored.
    #[schemars(schema_with = "schema::read_only::<i64>")]
    pub occurrences: i64,
    /// The highest count of `occurrences` since the status last changed to or from 0. Kept by the
    /// server; what is sent is ignored.
    #[schemars(schema_with = "schema::read_only::<i64>")]
    pub occurrences_watermark: i64,
    /// Names of the silenced entries that apply. Absent when none does. Kept by the server; what is
    /// sent is ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::read_only::<Vec<String>>")]
    pub silenced: Vec<String>,
    /// Results of the hooks that ran. Absent when none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    /// How to read metrics from the output: `nagios_perfdata`, `graphite_plaintext`,
    /// `opentsdb_line`, `influxdb_line`, or empty for not at all.
    #[schemars(schema_with = "metric_format")]
    pub output_metric_format: String,
    /// Names of the handlers that metrics are sent to.
    pub output_metric_handlers: Vec<String>,
    /// Environment variables of the command: `NAME=value`.
    #[schemars(schema_with = "schema::env_vars")]
    pub env_vars: Vec<String>,
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The most bytes of the output that are stored; the rest is cut off. Absent when all are.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub max_output_size: i64,
    /// Whether the agent drops the output once it has read metrics from it. Absent when not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub discard_output: bool,
    /// Secrets that the command is given. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// Whether silenced entries apply. Kept by the server, for reporters that send it; absent for
    /// those that do not: see `silenced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_silenced: Option<bool>,
    /// Tags to add to the metrics that are read from the output. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_metric_tags: Vec<MetricTag>,
    /// What scheduled the run, as the reporter says. Absent when not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scheduler: String,
    /// The name of the agent that ran the check. Absent when not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub processed_by: String,
    /// The pipelines that handle the events. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<ResourceReference>,
    /// Limits of the metrics in the output, which decide on the status. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_metric_thresholds: Vec<MetricThreshold>,
    /// More times at which the check does not run. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subdues: Vec<TimeWindowRepeated>,
    /// The fallback pipeline that handles the events: it tries one pipeline after another. Not
    /// together with `pipelines`. Absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_pipeline: Option<ResourceReference>,
    /// The status of the event for a missing result (see `ttl`). Absent for 1, a warning.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub ttl_status: u32,
    /// The status of the event when an asset cannot be had. Absent when the agent decides.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub asset_status: u32,
}

/// One result among the last ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct CheckHistory {
    /// The exit status.
    pub status: u32,
    /// When the command ran, in seconds since 1970-01-01 UTC.
    pub executed: i64,
}

/// A hook that ran in response to the result, and its own result.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Hook {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The command that ran. Absent when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Seconds that the command could take.
    pub timeout: u32,
    /// Whether the check's event was written to the command's standard input.
    pub stdin: bool,
    /// How long the command took, in seconds. Absent when 0.
    #[serde(skip_serializing_if = "number::is_zero", serialize_with = "number::serialize")]
    pub duration: f64,
    /// When the command ran, in seconds since 1970-01-01 UTC.
    pub executed: i64,
    /// When the run was asked for, in seconds since 1970-01-01 UTC.
    pub issued: i64,
    /// What the command wrote. Absent when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// The exit status of the command.
    pub status: u32,
}

impl Check {
    /// The first rule that is broken, in the reference's order.
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        name::plain("check name", &self.metadata.name)?;
        schedule(&self.cron, self.interval)?;
        if self.interval == 0 && self.cron.is_empty() {
            return Err(Invalid::new("check interval must be greater than or equal to 1"));
        }
        CheckSpec {
            ttl: self.ttl,
            interval: self.interval,
            runtime_assets: &self.runtime_assets,
            proxy_entity_name: &self.proxy_entity_name,
            proxy_requests: self.proxy_requests.as_ref(),
            output_metric_format: &self.output_metric_format,
            flap_thresholds: (self.low_flap_threshold, self.high_flap_threshold),
            env_vars: &self.env_vars,
            subdues: &self.subdues,
            has_pipelines_and_fallback: !self.pipelines.is_empty()
                && self.fallback_pipeline.is_some(),
            subdue: self.subdue.as_ref(),
        }
        .validate()
    }
}
