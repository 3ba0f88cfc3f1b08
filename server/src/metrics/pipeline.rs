//! Metrics of the event pipeline.

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry};
use sensu_types::outcomes::HandlerOutcome;

use super::{BUCKETS, number, registered};

/// Why no handler processed an event.
const REASONS: [&str; 2] = ["full", "expired"];

/// Metrics of the event pipeline. Names of handlers and filters are those of stored objects: only users
/// who may create these create series.
pub(crate) struct PipelineMetrics {
    entries: IntGauge,
    oldest: IntGauge,
    dropped: IntCounterVec,
    outcomes: IntCounterVec,
    filtered: IntCounterVec,
    durations: HistogramVec,
}

impl PipelineMetrics {
    pub(super) fn new(registry: &Registry) -> anyhow::Result<Self> {
        let dropped = Opts::new(
            "sensu_server_pipeline_dropped_total",
            "Events that no handler processed, because the outbox was full or they were too old (expired).",
        );
        let outcomes = Opts::new(
            "sensu_server_pipeline_outcomes_total",
            "Outcomes of handlers: executed, filtered, failed, or skipped (the handler cannot be used).",
        );
        let filtered = Opts::new(
            "sensu_server_pipeline_filtered_total",
            "Events that a filter did not let pass to a handler.",
        );
        let durations = HistogramOpts::new(
            "sensu_server_pipeline_handler_duration_seconds",
            "Time of a handler, in seconds, with filters and mutator.",
        );
        let gauge = |name, help| registered(registry, IntGauge::new(name, help));
        let metrics = Self {
            entries: gauge(
                "sensu_server_pipeline_outbox_entries",
                "Events in the outbox, whose handlers have not all run.",
            )?,
            oldest: gauge(
                "sensu_server_pipeline_outbox_oldest_timestamp_seconds",
                "Unix time of the oldest event in the outbox. 0: none.",
            )?,
            dropped: registered(registry, IntCounterVec::new(dropped, &["reason"]))?,
            outcomes: registered(
                registry,
                IntCounterVec::new(outcomes, &["namespace", "handler", "result"]),
            )?,
            filtered: registered(registry, IntCounterVec::new(filtered, &["namespace", "filter"]))?,
            durations: registered(
                registry,
                HistogramVec::new(
                    durations.buckets(BUCKETS.iter().copied().chain([60.0]).collect()),
                    &["namespace", "handler"],
                ),
            )?,
        };
        for reason in REASONS {
            metrics.dropped.with_label_values(&[reason]);
        }
        Ok(metrics)
    }

    /// Records an event that no handler processes.
    pub(crate) fn record_dropped(&self, reason: &str) {
        self.dropped.with_label_values(&[reason]).inc();
    }

    /// Number of events that no handler processed.
    pub(crate) fn dropped(&self) -> u64 {
        REASONS.iter().map(|reason| self.dropped.with_label_values(&[reason]).get()).sum()
    }

    /// Records what a handler did.
    pub(crate) fn record_outcome(&self, namespace: &str, outcome: &HandlerOutcome) {
        let HandlerOutcome { handler, result, filter, duration, .. } = outcome;
        self.outcomes.with_label_values(&[namespace, handler, result]).inc();
        if !filter.is_empty() {
            self.filtered.with_label_values(&[namespace, filter]).inc();
        }
        if matches!(result.as_str(), "executed" | "failed") {
            self.durations.with_label_values(&[namespace, handler]).observe(*duration);
        }
    }

    /// Sets the number of entries of the outbox and the time of the oldest one, if there are any.
    pub(crate) fn set_outbox(&self, entries: usize, oldest: Option<i64>) {
        self.entries.set(number(entries));
        self.oldest.set(oldest.unwrap_or_default());
    }
}
