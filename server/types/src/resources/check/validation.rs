//! The rules that a check must satisfy both as configuration and in an event.

use super::ProxyRequests;
use crate::Invalid;
use crate::grammar::combination::{Rejected, Values};
use crate::grammar::enumeration::Enumeration;
use crate::grammar::{cron, name};
use crate::invalid::Validated as _;
use crate::parts::time_window::{TimeWindowRepeated, TimeWindowWhen};

/// A check has either an interval or a cron schedule, and not both kinds of pipelines.
pub(crate) const REJECTED: Rejected = Rejected::always(&[
    &[("interval", Values::Set), ("cron", Values::Set)],
    &[("interval", Values::Unset), ("cron", Values::Unset)],
    &[("pipelines", Values::Set), ("fallback_pipeline", Values::Set)],
]);

/// Validates the schedule: not both interval and cron, and a valid cron schedule.
pub(crate) fn validate_schedule(cron: &str, interval: u32) -> Result<(), Invalid> {
    if cron.is_empty() {
        return Ok(());
    }
    if interval > 0 {
        return Err(
            Invalid::new("must only specify either an interval or a cron schedule").at("/cron")
        );
    }
    if !cron::is_schedule(cron) {
        return Err(Invalid::new("check cron string is invalid").at("/cron"));
    }
    Ok(())
}

/// The common fields of `CheckConfig` and `event::Check` that have rules.
pub(crate) struct CheckSpec<'a> {
    pub(crate) ttl: i64,
    pub(crate) interval: u32,
    pub(crate) runtime_assets: &'a [String],
    pub(crate) proxy_entity_name: &'a str,
    pub(crate) proxy_requests: Option<&'a ProxyRequests>,
    pub(crate) output_metric_format: &'a str,
    /// Low and high.
    pub(crate) flap_thresholds: (u32, u32),
    pub(crate) env_vars: &'a [String],
    pub(crate) subdues: &'a [TimeWindowRepeated],
    pub(crate) has_pipelines_and_fallback: bool,
    pub(crate) subdue: Option<&'a TimeWindowWhen>,
}

const METRIC_FORMAT: Enumeration = Enumeration {
    name: "MetricFormat",
    description: "Format of the metrics in the output of a check. Default: empty, for output without metrics.",
    values: &["", "nagios_perfdata", "graphite_plaintext", "opentsdb_line", "influxdb_line"],
    identifiers: &[
        "NONE",
        "NAGIOS_PERFDATA",
        "GRAPHITE_PLAINTEXT",
        "OPENTSDB_LINE",
        "INFLUXDB_LINE",
    ],
};

pub(crate) fn metric_format(
    generator: &mut schemars::r#gen::SchemaGenerator,
) -> schemars::schema::Schema {
    METRIC_FORMAT.schema(generator).into()
}

impl CheckSpec<'_> {
    /// Validates the fields, in the order of Sensu Go.
    pub(crate) fn validate(&self) -> Result<(), Invalid> {
        if self.ttl > 0 && self.ttl <= i64::from(self.interval) {
            return Err(Invalid::new("ttl must be greater than check interval").at("/ttl"));
        }
        for (index, asset) in self.runtime_assets.iter().enumerate() {
            crate::resources::asset::validate_name(asset)
                .map_err(|error| error.prefixed("asset's "))
                .at(format!("/runtime_assets/{index}"))?;
        }
        if !self.proxy_entity_name.is_empty() {
            name::plain("proxy entity name", self.proxy_entity_name).at("/proxy_entity_name")?;
        }
        if let Some(requests) = self.proxy_requests {
            requests.validate().at("/proxy_requests")?;
        }
        if !METRIC_FORMAT.contains(self.output_metric_format) {
            return Err(
                Invalid::new("output metric format is not valid").at("/output_metric_format")
            );
        }
        let (low, high) = self.flap_thresholds;
        if low != 0 && high != 0 && low >= high {
            return Err(Invalid::new("invalid flap thresholds").at("/low_flap_threshold"));
        }
        validate_env_vars(self.env_vars)?;
        let mut windows = self.subdues.iter().enumerate();
        windows
            .try_for_each(|(index, window)| window.validate().at(format!("/subdues/{index}")))?;
        if self.has_pipelines_and_fallback {
            let message =
                "cannot have both pipelines and fallback_pipeline defined at the same time";
            return Err(Invalid::new(message).at("/fallback_pipeline"));
        }
        self.subdue.map_or(Ok(()), TimeWindowWhen::validate).at("/subdue")
    }
}

/// Validates environment variables: `NAME=value`, with exactly one `=` and text on both sides.
fn validate_env_vars(variables: &[String]) -> Result<(), Invalid> {
    let well_formed = |variable: &String| {
        variable.split_once('=').is_some_and(|(name, value)| {
            !name.is_empty() && !value.is_empty() && !value.contains('=')
        })
    };
    match variables.iter().position(|variable| !well_formed(variable)) {
        None => Ok(()),
        Some(index) => {
            let message = "environment variables must be of the form FOO=BAR";
            Err(Invalid::new(message).at(format!("/env_vars/{index}")))
        }
    }
}
