//! Checks: what agents run, how often, and who hears of the results.

pub mod hooks;
mod proxy_requests;
mod validation;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::selector::Fields;
use crate::grammar::{name, number, schema};
use crate::metric::{MetricTag, MetricThreshold};
use crate::reference::ResourceReference;
use crate::secret::Secret;
use crate::time_window::{TimeWindowRepeated, TimeWindowWhen};
use crate::{Invalid, Namespaced, ObjectMeta, Resource, WriteContext};

pub(crate) use validation::{CheckSpec, metric_format, schedule};

pub use hooks::HookList;
pub use proxy_requests::ProxyRequests;

/// A check: a command that agents with one of its subscriptions run on a schedule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct CheckConfig {
    /// The command to run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Names of the handlers that events of this check are sent to.
    pub handlers: Vec<String>,
    /// Flapping begins when the total state change reaches this, in percent. 0 for no flap detection.
    pub high_flap_threshold: u32,
    /// Seconds between two runs. Either this or `cron` is required.
    pub interval: u32,
    /// Flapping ends when the total state change falls to this, in percent. 0 for no flap detection.
    pub low_flap_threshold: u32,
    /// Whether the check runs on its schedule. A check that is not published runs only on request.
    pub publish: bool,
    /// Names of the assets that the command needs.
    #[schemars(schema_with = "schema::asset_names")]
    pub runtime_assets: Vec<String>,
    /// Agents with one of these subscriptions run the check.
    pub subscriptions: Vec<String>,
    /// The entity that results are for, if not the agent's own.
    #[schemars(schema_with = "schema::optional_name")]
    pub proxy_entity_name: String,
    /// Hooks to run in response to results, by kind of result.
    pub check_hooks: Vec<HookList>,
    /// Whether the agent writes the entity, as JSON, to the command's standard input.
    pub stdin: bool,
    /// When the check does not run. `null` when there is no such time.
    #[schemars(schema_with = "schema::nullable::<TimeWindowWhen>")]
    pub subdue: Option<TimeWindowWhen>,
    /// When the check runs, as a cron schedule of five fields, `@daily` and the like, or
    /// `@every 5m`. Either this or `interval` is required. Absent when not used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cron: String,
    /// Seconds after which a missing result is an event of its own. Greater than the interval; 0
    /// for none.
    pub ttl: i64,
    /// Seconds that the command may take. 0 for no limit.
    pub timeout: u32,
    /// Run the check for each of a number of proxy entities. Absent when not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_requests: Option<ProxyRequests>,
    /// Whether only one of the subscribed agents runs the check each time.
    pub round_robin: bool,
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
    /// Tags to add to the metrics that are read from the output. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_metric_tags: Vec<MetricTag>,
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

impl Resource for CheckConfig {
    const KIND: &'static str = "CheckConfig";
    const PLURAL: &'static str = "checks";
    const SINGULAR: &'static str = "check";
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn prepare(&mut self, _context: &WriteContext<'_>, _previous: Option<&Self>) {
        self.check_hooks.iter_mut().for_each(HookList::name_the_nameless);
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("check name", &self.metadata.name)?;
        schedule(&self.cron, self.interval)?;
        if self.interval == 0 && self.cron.is_empty() {
            return Err(Invalid::new(
                "check interval must be greater than 0 or a valid cron schedule must be provided",
            ));
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
        .validate()
    }

    fn fields(&self) -> Fields<'_> {
        Fields::new()
            .list("handlers", &self.handlers)
            .flag("publish", self.publish)
            .flag("round_robin", self.round_robin)
            .list("runtime_assets", &self.runtime_assets)
            .list("subscriptions", &self.subscriptions)
            .joined("pipelines", self.pipelines.iter().map(|pipeline| pipeline.name.as_str()))
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

    fn refused(change: impl Fn(&mut CheckConfig)) -> String {
        let mut check = CheckConfig::fixture("a");
        change(&mut check);
        check.validate().expect_err("is refused").0
    }

    #[test]
    fn rules_have_the_messages_of_the_reference() {
        assert_eq!(CheckConfig::fixture("a").validate(), Ok(()));
        assert_eq!(refused(|c| c.metadata.name.clear()), "check name must not be empty");
        assert_eq!(
            refused(|c| c.cron = "@daily".into()),
            "must only specify either an interval or a cron schedule"
        );
        assert_eq!(
            refused(|c| (c.interval, c.cron) = (0, "x".into())),
            "check cron string is invalid"
        );
        assert!(refused(|c| c.interval = 0).starts_with("check interval must be greater"));
        assert_eq!(refused(|c| c.metadata.namespace.clear()), "namespace must be set");
        assert_eq!(refused(|c| c.ttl = 60), "ttl must be greater than check interval");
        assert!(refused(|c| c.runtime_assets = vec!["A".into()]).starts_with("asset's name"));
        assert_eq!(
            refused(|c| c.proxy_entity_name = "a b".into()),
            "proxy entity name cannot contain spaces or special characters"
        );
        assert_eq!(
            refused(|c| c.output_metric_format = "x".into()),
            "output metric format is not valid"
        );
        assert_eq!(
            refused(|c| (c.low_flap_threshold, c.high_flap_threshold) = (5, 5)),
            "invalid flap thresholds"
        );
        for bad in ["A", "A=", "=B", "A=B=C"] {
            assert!(refused(|c| c.env_vars = vec![bad.into()]).contains("FOO=BAR"), "{bad}");
        }
        let splay =
            |splay, splay_coverage| ProxyRequests { splay, splay_coverage, ..Default::default() };
        assert!(
            refused(|c| c.proxy_requests = Some(splay(false, 101))).contains("between 0 and 100")
        );
        assert!(refused(|c| c.proxy_requests = Some(splay(true, 0))).contains("greater than 0"));
    }

    #[test]
    fn fields_of_later_releases_are_kept_as_they_come() {
        let later = r#""metadata":{"name":"a","namespace":"default","created_by":"bob"},"max_output_size":5,"discard_output":true,"secrets":[{"name":"A","secret":"b"}],"output_metric_tags":[{"name":"a","value":"b"}],"pipelines":[{"name":"p","type":"Pipeline","api_version":"core/v2"}],"output_metric_thresholds":[{"name":"m","tags":[],"null_status":1,"thresholds":[{"min":"1","max":"","status":2}]}],"subdues":[{"begin":"2026-01-31T17:00:00Z","end":"2026-01-31T18:00:00Z","repeat":["daily"]}],"ttl_status":2,"asset_status":3}"#;
        let text = format!(r#"{{"interval":1,{later}"#);
        let check = sensu_decode::from_slice::<CheckConfig>(text.as_bytes()).unwrap();
        assert_eq!(check.unknown, [""; 0]);
        assert_eq!(check.value.validate(), Ok(()));
        let shown = serde_json::to_string(&check.value).unwrap();
        assert!(shown.ends_with(later), "{shown}");
        let both = CheckConfig { fallback_pipeline: Some(Default::default()), ..check.value };
        assert!(both.validate().unwrap_err().0.starts_with("cannot have both pipelines"));
    }

    #[test]
    fn the_wire_form_is_that_of_the_reference() {
        let text = serde_json::to_string(&CheckConfig::default()).unwrap();
        assert_eq!(
            text,
            r#"{"handlers":[],"high_flap_threshold":0,"interval":0,"low_flap_threshold":0,"publish":false,"runtime_assets":[],"subscriptions":[],"proxy_entity_name":"","check_hooks":[],"stdin":false,"subdue":null,"ttl":0,"timeout":0,"round_robin":false,"output_metric_format":"","output_metric_handlers":[],"env_vars":[],"metadata":{}}"#
        );
    }
}
