//! Prometheus metrics of the server (D39).

mod agents;
mod pipeline;
#[cfg(test)]
mod queries;

use anyhow::Context as _;
use prometheus::core::Collector;
use prometheus::{
    Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use sensu_store::Health;
use sensu_types::event::Event;

use crate::connections::{CloseReason, Connections};
use agents::AgentMetrics;
use pipeline::PipelineMetrics;

/// Content type of [`Metrics::text`].
pub(crate) const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The media type of [`FORMAT`].
pub(crate) const MEDIA_TYPE: &str = "text/plain";

/// Buckets of the duration histogram, in seconds: from a cached read to the default deadline.
const BUCKETS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0];

/// Label of requests without an operation. A constant, so that clients cannot create series.
pub(crate) const NO_OPERATION: &str = "none";

/// The metrics of one server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    events: IntCounterVec,
    connections: ConnectionMetrics,
    store: StoreMetrics,
    /// Metrics of agents and of the scheduler.
    pub(crate) agents: AgentMetrics,
    /// The event pipeline.
    pub(crate) pipeline: PipelineMetrics,
}

/// Metrics of connections; all but the counter are set when they are read.
struct ConnectionMetrics {
    open: IntGauge,
    open_requests: IntGauge,
    buffered: IntGaugeVec,
    closed: IntCounterVec,
}

/// Metrics of the store, set when they are read.
struct StoreMetrics {
    up: IntGaugeVec,
    size: IntGauge,
    revision: IntGauge,
    commit_latency: Gauge,
    queued: IntGauge,
    last_failure: IntGauge,
    connections: IntGaugeVec,
}

impl Metrics {
    /// All metrics at zero.
    ///
    /// # Errors
    /// If two metrics have the same name: a defect that every start finds.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let registry = Registry::new();
        let requests = Opts::new(
            "sensu_server_http_requests_total",
            "Completed requests by operation, method and status. Status 499: the client closed the connection.",
        );
        let durations = HistogramOpts::new(
            "sensu_server_http_request_duration_seconds",
            "Time from the head of a request to its response, in seconds, by operation. Complete lists: to the end of the response.",
        );
        let events = Opts::new(
            "sensu_server_events_total",
            "Accepted events by check status: ok, warning, critical, unknown, or none (no check).",
        );
        let metrics = Self {
            requests: registered(
                &registry,
                IntCounterVec::new(requests, &["operation", "method", "status"]),
            )?,
            durations: registered(
                &registry,
                HistogramVec::new(durations.buckets(BUCKETS.to_vec()), &["operation"]),
            )?,
            in_flight: registered(
                &registry,
                IntGauge::new("sensu_server_http_requests_in_flight", "Requests in progress."),
            )?,
            events: registered(&registry, IntCounterVec::new(events, &["status"]))?,
            connections: ConnectionMetrics::new(&registry)?,
            store: StoreMetrics::new(&registry)?,
            agents: AgentMetrics::new(&registry)?,
            pipeline: PipelineMetrics::new(&registry)?,
            registry,
        };
        let process = prometheus::process_collector::ProcessCollector::for_self();
        metrics.registry.register(Box::new(process)).context("metrics of the process")?;
        Ok(metrics)
    }

    /// Counts a request as in progress until the guard is dropped.
    pub(crate) fn start_request(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Records a completed request. `seconds`: its duration.
    pub(crate) fn record_response(&self, operation: &str, method: &str, status: u16, seconds: f64) {
        let status = status.to_string();
        self.requests.with_label_values(&[operation, method, &status]).inc();
        self.durations.with_label_values(&[operation]).observe(seconds);
    }

    /// Records an accepted event.
    pub(crate) fn record_event(&self, event: &Event) {
        let status = match event.check.as_ref().map(|check| check.status) {
            None => "none",
            Some(0) => "ok",
            Some(1) => "warning",
            Some(2) => "critical",
            Some(_) => "unknown",
        };
        self.events.with_label_values(&[status]).inc();
    }

    /// Records a connection that the server has closed, by reason.
    pub(crate) fn record_closed_connection(&self, reason: &str) {
        self.connections.closed.with_label_values(&[reason]).inc();
    }

    /// Sets the metrics of connections.
    pub(crate) fn set_connections(&self, connections: &Connections) {
        let metrics = &self.connections;
        metrics.open.set(number(connections.count()));
        metrics.open_requests.set(number(connections.open_requests()));
        for (direction, budget) in
            [("request", &connections.requests), ("response", &connections.responses)]
        {
            metrics.buffered.with_label_values(&[direction]).set(number(budget.used()));
        }
    }

    /// All metrics, with the given state of the store, in the Prometheus text format.
    ///
    /// # Errors
    /// If a metric cannot be encoded: a defect.
    pub(crate) fn text(&self, store: &Health) -> anyhow::Result<String> {
        self.store.set(store);
        Ok(TextEncoder::new().encode_to_string(&self.registry.gather())?)
    }
}

impl ConnectionMetrics {
    fn new(registry: &Registry) -> anyhow::Result<Self> {
        let buffered = Opts::new(
            "sensu_server_http_buffered_bytes",
            "Bytes of request bodies in memory, and of response bodies that clients have not read.",
        );
        let closed = Opts::new(
            "sensu_server_connections_closed_total",
            "Connections closed by the server: idle, stalled (the client does not read), or beyond the limit of connections, of unfinished request heads (unfinished_head), or of requests.",
        );
        let metrics = Self {
            open: registered(
                registry,
                IntGauge::new("sensu_server_connections", "Open connections of clients."),
            )?,
            open_requests: registered(
                registry,
                IntGauge::new(
                    "sensu_server_http_requests_open",
                    "Requests in progress and responses that clients have not read.",
                ),
            )?,
            buffered: registered(registry, IntGaugeVec::new(buffered, &["direction"]))?,
            closed: registered(registry, IntCounterVec::new(closed, &["reason"]))?,
        };
        for reason in CloseReason::ALL {
            metrics.closed.with_label_values(&[reason.label()]);
        }
        Ok(metrics)
    }
}

impl StoreMetrics {
    fn new(registry: &Registry) -> anyhow::Result<Self> {
        let up = Opts::new(
            "sensu_server_store_up",
            "1 if the store accepts writes, 0 if not, by engine.",
        );
        let connections = Opts::new(
            "sensu_server_store_connections",
            "Database connections by state: in_use, idle, and the limit max.",
        );
        let number = |name, help| registered(registry, IntGauge::new(name, help));
        Ok(Self {
            up: registered(registry, IntGaugeVec::new(up, &["engine"]))?,
            size: number("sensu_server_store_size_bytes", "Size of the stored data in bytes.")?,
            revision: number(
                "sensu_server_store_revision",
                "Revision of the last committed transaction.",
            )?,
            commit_latency: registered(
                registry,
                Gauge::new(
                    "sensu_server_store_commit_seconds",
                    "Duration of the last group commit in seconds.",
                ),
            )?,
            queued: number("sensu_server_store_queued", "Transactions waiting for the writer.")?,
            last_failure: number(
                "sensu_server_store_last_failure_timestamp_seconds",
                "Unix time of the last store failure, resolved or not. 0: none.",
            )?,
            connections: registered(registry, IntGaugeVec::new(connections, &["state"]))?,
        })
    }

    fn set(&self, health: &Health) {
        self.up.with_label_values(&[health.engine]).set(i64::from(health.failure.is_none()));
        self.size.set(number(health.size_bytes));
        self.revision.set(number(health.revision));
        self.commit_latency.set(health.commit_latency.map_or(0.0, |latency| latency.as_secs_f64()));
        self.queued.set(number(health.queued));
        self.last_failure.set(health.last_failure.as_ref().map_or(0, |failure| failure.at));
        if let Some(connections) = &health.connections {
            self.connections.with_label_values(&["in_use"]).set(number(connections.in_use));
            self.connections.with_label_values(&["max"]).set(number(connections.max));
            self.connections.with_label_values(&["idle"]).set(number(connections.idle));
        }
    }
}

fn number<N: TryInto<i64>>(value: N) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// Guard of a request in progress.
pub(crate) struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: prometheus::Result<C>,
) -> anyhow::Result<C> {
    let collector = collector?;
    #[cfg(test)]
    queries::record(&collector);
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_values_are_exported() {
        let metrics = Metrics::new().unwrap();
        let in_flight = metrics.start_request();
        metrics.record_response("check_get", "GET", 404, 0.002);
        metrics.record_event(&Event::default());
        let health = Health { engine: "memory", revision: 7, ..Health::default() };
        let text = metrics.text(&health).unwrap();
        for line in [
            r#"sensu_server_http_requests_total{method="GET",operation="check_get",status="404"} 1"#,
            r#"sensu_server_http_request_duration_seconds_bucket{operation="check_get",le="0.0025"} 1"#,
            "sensu_server_http_requests_in_flight 1",
            r#"sensu_server_events_total{status="none"} 1"#,
            r#"sensu_server_store_up{engine="memory"} 1"#,
            "sensu_server_store_revision 7",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        drop(in_flight);
        let health = Health { failure: Some("disk".into()), ..health };
        let text = metrics.text(&health).unwrap();
        assert!(text.contains("sensu_server_http_requests_in_flight 0"));
        assert!(text.contains(r#"sensu_server_store_up{engine="memory"} 0"#));
    }
}
