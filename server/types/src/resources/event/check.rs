//! The check of an event: its configuration when it was executed, the result, and the state that the
//! server derives from the results so far.
//!
//! About 40 fields are declared here and in `CheckConfig`; the module `check` explains why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grammar::{name, number, schema};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::parts::metric::{MetricTag, MetricThreshold};
use crate::parts::reference::ResourceReference;
use crate::parts::secret::Secret;
use crate::parts::time_window::{TimeWindowRepeated, TimeWindowWhen};
use crate::resources::check::{
    CheckSpec, HookList, ProxyRequests, metric_format, validate_schedule,
};
use crate::{Invalid, ObjectMeta};

/// An executed check and its result.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Check {
    /// Executed command. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Names of the handlers that process the event.
    pub handlers: Vec<String>,
    /// Total state change, in percent, at which flapping begins. 0 disables flap detection.
    pub high_flap_threshold: u32,
    /// Time between two executions, in seconds. At least 1 unless `cron` is set.
    pub interval: u32,
    /// Total state change, in percent, at which flapping ends. Less than `high_flap_threshold`. 0 disables
    /// flap detection.
    pub low_flap_threshold: u32,
    /// Whether the check is executed on its schedule.
    pub publish: bool,
    /// Names of the assets that the command requires.
    #[schemars(schema_with = "schema::asset_names")]
    pub runtime_assets: Vec<String>,
    /// Subscriptions of the check: connected agents with at least one of them execute it, each once per run.
    pub subscriptions: Vec<String>,
    /// Name of the proxy entity that the result belongs to. Empty for the entity of the agent.
    #[schemars(schema_with = "schema::optional_name")]
    pub proxy_entity_name: String,
    /// Hooks that the agent executes in response to results, by type of result.
    pub check_hooks: Vec<HookList>,
    /// Whether the agent writes the event, in JSON, with entity and check, to the standard input of the command.
    pub stdin: bool,
    /// Weekly times, in UTC, at which the check is not executed on its schedule. `null` if there are none.
    #[schemars(schema_with = "crate::parts::time_window::subdue")]
    pub subdue: Option<TimeWindowWhen>,
    /// Schedule in cron format. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cron: String,
    /// Time in seconds, from the arrival of the result, after which the next result is overdue and the
    /// server creates a failure event, which it repeats every `ttl` seconds until a result arrives. Suspended while the
    /// keepalive of the agent fails. Greater than `interval`. 0 disables this. In the event of a keepalive: time without
    /// a keepalive after which the event is critical, or 0 for none.
    pub ttl: i64,
    /// Time limit of the command, in seconds, which the agent enforces. 0 for no limit. In the event of a keepalive:
    /// time without a keepalive after which the event is a warning.
    pub timeout: u32,
    /// Executes the check once for each entity that expressions select.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_requests: Option<ProxyRequests>,
    /// Whether one of the subscribed agents, in turn by name, executes each run, instead of all. A request to
    /// execute the check goes to all.
    pub round_robin: bool,
    /// Duration of the execution, in seconds. Omitted if 0.
    #[serde(skip_serializing_if = "number::is_zero", serialize_with = "number::serialize")]
    pub duration: f64,
    /// Time of the execution, in seconds since 1970-01-01 UTC.
    pub executed: i64,
    /// The last 21 results, including this one, in order of `executed`. Set by the server. The results in
    /// a request count only for an event of which nothing is stored: the last 21, without those before
    /// 1970 and in the future.
    #[schemars(schema_with = "schema::read_only::<Vec<CheckHistory>>")]
    pub history: Vec<CheckHistory>,
    /// Time of the request for the execution, in seconds since 1970-01-01 UTC. Increases with each request for the
    /// same check and proxy entity.
    pub issued: i64,
    /// Output of the command.
    pub output: String,
    /// `passing`, `failing` or `flapping`. Set by the server; ignored in requests.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "schema::read_only::<String>")]
    pub state: String,
    /// Exit status of the command: 0 is OK, 1 is a warning, 2 is critical, any other value is unknown.
    pub status: u32,
    /// Weighted share of status changes in the last 21 results, in percent, from 0 to 100. 0 until there
    /// are 21 results. Set by the server; ignored in requests.
    #[schemars(schema_with = "schema::read_only::<u32>")]
    pub total_state_change: u32,
    /// `timestamp` of the last event in state `passing`, in seconds since 1970-01-01 UTC. 0 if there was
    /// none. Set by the server; ignored in requests, except with `history`.
    #[schemars(schema_with = "schema::read_only::<i64>")]
    pub last_ok: i64,
    /// Number of consecutive results with this status. Always 1 for status 0, unless the check is flapping.
    /// Set by the server; ignored in requests, except with a `history` that does not show when the run
    /// began.
    #[schemars(schema_with = "schema::read_only::<i64>")]
    pub occurrences: i64,
    /// Highest value of `occurrences` since the status last changed from or to 0. Set by the server;
    /// ignored in requests, except as `occurrences`.
    #[schemars(schema_with = "schema::read_only::<i64>")]
    pub occurrences_watermark: i64,
    /// Names of the silenced entries that apply to the event. Set by the server; ignored in requests.
    /// Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::read_only::<Vec<String>>")]
    pub silenced: Vec<String>,
    /// Results of the executed hooks. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    /// Format of the metrics in the output: `nagios_perfdata`, `graphite_plaintext`, `opentsdb_line` or
    /// `influxdb_line`. Empty if the output contains no metrics.
    #[schemars(schema_with = "metric_format")]
    pub output_metric_format: String,
    /// Names of the handlers that process the metrics.
    pub output_metric_handlers: Vec<String>,
    /// Environment variables of the command, each `NAME=value`.
    #[schemars(schema_with = "schema::env_vars")]
    pub env_vars: Vec<String>,
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Maximum size of the stored output, in bytes. Longer output is truncated. 0 for no limit. Omitted
    /// if 0.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub max_output_size: i64,
    /// Whether the agent discards the output after extracting metrics. Omitted if false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub discard_output: bool,
    /// Secrets for environment variables of the command. The server stores them and sends none to agents. Omitted if
    /// empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// Whether silenced entries apply to the event. Set by the server if the request contains the field,
    /// whatever its value; otherwise omitted. See `silenced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_silenced: Option<bool>,
    /// Tags that are added to the extracted metrics. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_metric_tags: Vec<MetricTag>,
    /// Scheduler that requested the execution, as the client sent it. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scheduler: String,
    /// Name of the agent that executed the check. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub processed_by: String,
    /// Pipelines that process the events. Not together with `fallback_pipeline`. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<ResourceReference>,
    /// Thresholds that derive the status of the check from the extracted metrics. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_metric_thresholds: Vec<MetricThreshold>,
    /// Dated times at which the check is not executed on its schedule, in addition to `subdue`. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subdues: Vec<TimeWindowRepeated>,
    /// Fallback pipeline that processes the events: it tries pipelines in order until one succeeds. Not
    /// together with `pipelines`. Omitted if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_pipeline: Option<ResourceReference>,
    /// Status of the event for an overdue result (see `ttl`). Default: 0, which means 1 (warning). Omitted
    /// if 0.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub ttl_status: u32,
    /// Status of the event if an asset cannot be installed. Default: 0, the agent chooses. Omitted if 0.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub asset_status: u32,
}

/// A past result of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct CheckHistory {
    /// Exit status of the command.
    pub status: u32,
    /// Time of the execution, in seconds since 1970-01-01 UTC.
    pub executed: i64,
}

/// An executed hook and its result.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Hook {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Executed command. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Time limit of the command, in seconds.
    pub timeout: u32,
    /// Whether the event was written, in JSON, to the standard input of the command.
    pub stdin: bool,
    /// Duration of the execution, in seconds. Omitted if 0.
    #[serde(skip_serializing_if = "number::is_zero", serialize_with = "number::serialize")]
    pub duration: f64,
    /// Time of the execution, in seconds since 1970-01-01 UTC.
    pub executed: i64,
    /// Time of the request for the execution, in seconds since 1970-01-01 UTC.
    pub issued: i64,
    /// Output of the command. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// Exit status of the command.
    pub status: u32,
}

impl Check {
    /// Validates the check, in the order of Sensu Go.
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        name::plain("check name", &self.metadata.name).at(NAME)?;
        validate_schedule(&self.cron, self.interval)?;
        if self.interval == 0 && self.cron.is_empty() {
            return Err(
                Invalid::new("check interval must be greater than or equal to 1").at("/interval")
            );
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
