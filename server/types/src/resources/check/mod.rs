//! Checks: commands that agents execute on a schedule.
//!
//! `CheckConfig` and the `Check` in events have about 40 fields in common, and declare each. A common
//! struct with `#[serde(flatten)]` does not work: flattened fields hide their names from the
//! deserializer, so that `sensu_decode` could no longer match names in any case, treat `null` as absent,
//! report unknown fields or find the position of an error. Moreover, Sensu's order of fields, which
//! responses keep, interleaves the common fields with those of results. The common rules are declared
//! once, in `CheckSpec`.

pub mod hooks;
mod proxy_requests;
mod validation;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::selector::{Field, fields};
use crate::grammar::{name, number, schema};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::parts::metric::{MetricTag, MetricThreshold};
use crate::parts::reference::ResourceReference;
use crate::parts::secret::Secret;
use crate::parts::time_window::{TimeWindowRepeated, TimeWindowWhen};
use crate::{Invalid, Namespaced, ObjectMeta, Resource, WriteContext};

pub(crate) use validation::{CheckSpec, REJECTED, metric_format, validate_schedule};

pub use hooks::HookList;
pub use proxy_requests::ProxyRequests;

/// A check: a command that agents execute on a schedule, and how its results are processed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct CheckConfig {
    /// Command that agents execute. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Names of the handlers that process events of the check.
    pub handlers: Vec<String>,
    /// Total state change, in percent, at which flapping begins. 0 disables flap detection.
    pub high_flap_threshold: u32,
    /// Time between two executions, in seconds. The times depend on the name of the check, and stay the same after
    /// a restart of the server. Either `interval` or `cron` is required.
    pub interval: u32,
    /// Total state change, in percent, at which flapping ends. Less than `high_flap_threshold`. 0 disables
    /// flap detection.
    pub low_flap_threshold: u32,
    /// Whether agents execute the check on its schedule. If false, they execute it only on request.
    pub publish: bool,
    /// Names of the assets that the command requires.
    #[schemars(schema_with = "schema::asset_names")]
    pub runtime_assets: Vec<String>,
    /// Subscriptions of the check: connected agents with at least one of them execute it, each once per run.
    pub subscriptions: Vec<String>,
    /// Name of the proxy entity that the results belong to. Empty for the entity of the agent.
    #[schemars(schema_with = "schema::optional_name")]
    pub proxy_entity_name: String,
    /// Hooks that the agent executes in response to results, by type of result.
    pub check_hooks: Vec<HookList>,
    /// Whether the agent writes the event, in JSON, with entity and check, to the standard input of the command.
    pub stdin: bool,
    /// Weekly times, in UTC, at which the check is not executed on its schedule. `null` if there are none.
    #[schemars(schema_with = "crate::parts::time_window::subdue")]
    pub subdue: Option<TimeWindowWhen>,
    /// Schedule in cron format: five fields (`0 8 * * mon-fri`), a macro (`@daily`), or `@every 5m`, which counts from
    /// 1970-01-01. Times are in UTC, unless the schedule begins with a time zone:
    /// `CRON_TZ=Europe/Berlin 0 8 * * *` (or `TZ=`). Either `cron` or `interval` is required. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cron: String,
    /// Time in seconds, from the arrival of a result, after which the next result is overdue and the
    /// server creates a failure event, which it repeats every `ttl` seconds until a result arrives. Suspended while the
    /// keepalive of the agent fails. Greater than `interval`. 0 disables this.
    pub ttl: i64,
    /// Time limit of the command, in seconds, which the agent enforces. 0 for no limit.
    pub timeout: u32,
    /// Executes the check once for each entity that expressions select.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_requests: Option<ProxyRequests>,
    /// Whether one of the subscribed agents, in turn by name, executes each run, instead of all. A request to
    /// execute the check goes to all.
    pub round_robin: bool,
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
    /// Tags that are added to the extracted metrics. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_metric_tags: Vec<MetricTag>,
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

impl Resource for CheckConfig {
    const KIND: &'static str = "CheckConfig";
    const PLURAL: &'static str = "checks";
    const SINGULAR: &'static str = "check";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("cron", |check| fields::text(&check.cron)),
        Field::new("handlers", |check| fields::list(&check.handlers)),
        Field::new("interval", |check| fields::number(check.interval)),
        Field::new("pipelines", |check| {
            fields::joined(check.pipelines.iter().map(|pipeline| pipeline.name.as_str()))
        }),
        Field::new("proxy_entity_name", |check| fields::text(&check.proxy_entity_name)),
        Field::new("publish", |check| fields::flag(check.publish)),
        Field::new("round_robin", |check| fields::flag(check.round_robin)),
        Field::new("runtime_assets", |check| fields::list(&check.runtime_assets)),
        Field::new("subscriptions", |check| fields::list(&check.subscriptions)),
        Field::new("timeout", |check| fields::number(check.timeout)),
        Field::new("ttl", |check| fields::number(check.ttl)),
    ];
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn prepare(&mut self, _context: &WriteContext<'_>, _previous: Option<&Self>) {
        self.check_hooks.retain(|hooks| !hooks.is_empty());
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("check name", &self.metadata.name).at(NAME)?;
        validate_schedule(&self.cron, self.interval)?;
        if self.interval == 0 && self.cron.is_empty() {
            let message =
                "check interval must be greater than 0 or a valid cron schedule must be provided";
            return Err(Invalid::new(message).at("/interval"));
        }
        self.metadata.require_namespace()?;
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
        .validate()?;
        // Not in events: an agent that knows other types must not lose its result.
        let mut hooks = self.check_hooks.iter().enumerate();
        hooks.try_for_each(|(index, hooks)| hooks.validate().at(format!("/check_hooks/{index}")))
    }

    fn has_expressions(&self) -> bool {
        self.proxy_requests.as_ref().is_some_and(ProxyRequests::has_expressions)
    }

    fn example(name: &str) -> Value {
        json!({
            "metadata": {"name": name},
            "command": "check-cpu -w 75 -c 90",
            "interval": 60,
            "subscriptions": ["system"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(change: impl Fn(&mut CheckConfig)) -> String {
        let mut check = CheckConfig::fixture("a");
        change(&mut check);
        check.validate().expect_err("invalid").message
    }

    #[test]
    fn validation_messages_are_those_of_sensu_go() {
        assert_eq!(CheckConfig::fixture("a").validate(), Ok(()));
        assert_eq!(error(|c| c.metadata.name.clear()), "check name must not be empty");
        assert_eq!(
            error(|c| c.cron = "@daily".into()),
            "must only specify either an interval or a cron schedule"
        );
        assert_eq!(
            error(|c| (c.interval, c.cron) = (0, "x".into())),
            "check cron string is invalid"
        );
        assert!(error(|c| c.interval = 0).starts_with("check interval must be greater"));
        assert_eq!(error(|c| c.metadata.namespace.clear()), "namespace must be set");
        assert_eq!(error(|c| c.ttl = 60), "ttl must be greater than check interval");
        assert!(error(|c| c.runtime_assets = vec!["A".into()]).starts_with("asset's name"));
        assert_eq!(
            error(|c| c.proxy_entity_name = "a b".into()),
            "proxy entity name cannot contain spaces or special characters"
        );
        assert_eq!(
            error(|c| c.output_metric_format = "x".into()),
            "output metric format is not valid"
        );
        assert_eq!(
            error(|c| (c.low_flap_threshold, c.high_flap_threshold) = (5, 5)),
            "invalid flap thresholds"
        );
        for bad in ["A", "A=", "=B", "A=B=C"] {
            assert!(error(|c| c.env_vars = vec![bad.into()]).contains("FOO=BAR"), "{bad}");
        }
        let splay =
            |splay, splay_coverage| ProxyRequests { splay, splay_coverage, ..Default::default() };
        assert!(
            error(|c| c.proxy_requests = Some(splay(false, 101))).contains("between 0 and 100")
        );
        assert!(error(|c| c.proxy_requests = Some(splay(true, 0))).contains("greater than 0"));
        let hooks = HookList([("x".to_owned(), vec!["a".to_owned()])].into());
        assert!(error(|c| c.check_hooks = vec![hooks.clone()]).starts_with("\"x\" is not a type"));
    }

    #[test]
    fn fields_of_later_releases_are_stored_unchanged() {
        let later = r#""metadata":{"name":"a","namespace":"default","created_by":"bob"},"max_output_size":5,"discard_output":true,"secrets":[{"name":"A","secret":"b"}],"output_metric_tags":[{"name":"a","value":"b"}],"pipelines":[{"name":"p","type":"Pipeline","api_version":"core/v2"}],"output_metric_thresholds":[{"name":"m","tags":[],"null_status":1,"thresholds":[{"min":"1","max":"","status":2}]}],"subdues":[{"begin":"2026-01-31T17:00:00Z","end":"2026-01-31T18:00:00Z","repeat":["daily"]}],"ttl_status":2,"asset_status":3}"#;
        let text = format!(r#"{{"interval":1,{later}"#);
        let check = sensu_decode::from_slice::<CheckConfig>(text.as_bytes()).unwrap();
        assert_eq!(check.unknown, [""; 0]);
        assert_eq!(check.value.validate(), Ok(()));
        let written = serde_json::to_string(&check.value).unwrap();
        assert!(written.ends_with(later), "{written}");
        let both = CheckConfig { fallback_pipeline: Some(Default::default()), ..check.value };
        assert!(both.validate().unwrap_err().message.starts_with("cannot have both pipelines"));
    }

    #[test]
    fn the_wire_format_is_that_of_sensu_go() {
        let text = serde_json::to_string(&CheckConfig::default()).unwrap();
        assert_eq!(
            text,
            r#"{"handlers":[],"high_flap_threshold":0,"interval":0,"low_flap_threshold":0,"publish":false,"runtime_assets":[],"subscriptions":[],"proxy_entity_name":"","check_hooks":[],"stdin":false,"subdue":null,"ttl":0,"timeout":0,"round_robin":false,"output_metric_format":"","output_metric_handlers":[],"env_vars":[],"metadata":{}}"#
        );
    }
}
