//! What the server counts and measures, in the words of Prometheus (D39).

use anyhow::Context as _;
use prometheus::core::Collector;
use prometheus::{
    Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use sensu_store::Health;
use sensu_types::event::Event;

/// The format that [`Metrics::text`] writes.
pub(crate) const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The media type of [`FORMAT`].
pub(crate) const MEDIA_TYPE: &str = "text/plain";

/// Bounds of the duration histogram, in seconds: from an answer out of memory to the deadline.
const BUCKETS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0];

/// The operation of requests that lead to none, so that strangers cannot invent series.
pub(crate) const NO_OPERATION: &str = "none";

/// Counters and gauges of one server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    events: IntCounterVec,
    store: Store,
}

/// What is measured of the store, each time somebody asks.
struct Store {
    up: IntGaugeVec,
    size: IntGauge,
    revision: IntGauge,
    commit_latency: Gauge,
    queued: IntGauge,
    last_failure: IntGauge,
    connections: IntGaugeVec,
}

impl Metrics {
    /// Everything at zero.
    ///
    /// # Errors
    /// If two of them have one name: a defect that every start would find.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let registry = Registry::new();
        let requests = Opts::new(
            "sensu_server_http_requests_total",
            "Requests answered, by operation, method and status; status 499 is a client that left.",
        );
        let durations = HistogramOpts::new(
            "sensu_server_http_request_duration_seconds",
            "Time from the first line of a request to its answer, by operation.",
        );
        let events = Opts::new(
            "sensu_server_events_total",
            "Events taken, by the status of the check: ok, warning, critical, unknown, or none.",
        );
        let metrics = Self {
            requests: kept(
                &registry,
                IntCounterVec::new(requests, &["operation", "method", "status"]),
            )?,
            durations: kept(
                &registry,
                HistogramVec::new(durations.buckets(BUCKETS.to_vec()), &["operation"]),
            )?,
            in_flight: kept(
                &registry,
                IntGauge::new("sensu_server_http_requests_in_flight", "Requests under way."),
            )?,
            events: kept(&registry, IntCounterVec::new(events, &["status"]))?,
            store: Store::new(&registry)?,
            registry,
        };
        let process = prometheus::process_collector::ProcessCollector::for_self();
        metrics.registry.register(Box::new(process)).context("metrics of the process")?;
        Ok(metrics)
    }

    /// A request that is under way until what this gives is dropped.
    pub(crate) fn began(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// A request that has been answered.
    pub(crate) fn answered(&self, operation: &str, method: &str, status: u16, seconds: f64) {
        let status = status.to_string();
        self.requests.with_label_values(&[operation, method, &status]).inc();
        self.durations.with_label_values(&[operation]).observe(seconds);
    }

    /// An event that has been taken.
    pub(crate) fn took(&self, event: &Event) {
        let status = match event.check.as_ref().map(|check| check.status) {
            None => "none",
            Some(0) => "ok",
            Some(1) => "warning",
            Some(2) => "critical",
            Some(_) => "unknown",
        };
        self.events.with_label_values(&[status]).inc();
    }

    /// Everything, with the store as it says it is now, in [`FORMAT`].
    ///
    /// # Errors
    /// If a metric cannot be written, which would be a defect of ours.
    pub(crate) fn text(&self, store: &Health) -> anyhow::Result<String> {
        self.store.measured(store);
        Ok(TextEncoder::new().encode_to_string(&self.registry.gather())?)
    }
}

impl Store {
    fn new(registry: &Registry) -> anyhow::Result<Self> {
        let up = Opts::new("sensu_server_store_up", "1 while the store accepts writes, by engine.");
        let connections = Opts::new(
            "sensu_server_store_connections",
            "Connections to the database, by state: in_use or idle; max is how many there may be.",
        );
        let number = |name, help| kept(registry, IntGauge::new(name, help));
        Ok(Self {
            up: kept(registry, IntGaugeVec::new(up, &["engine"]))?,
            size: number("sensu_server_store_size_bytes", "Size of the data on the medium.")?,
            revision: number("sensu_server_store_revision", "The last committed transaction.")?,
            commit_latency: kept(
                registry,
                Gauge::new(
                    "sensu_server_store_commit_seconds",
                    "How long the last group of transactions took to be acknowledged.",
                ),
            )?,
            queued: number("sensu_server_store_queued", "Transactions that wait for the writer.")?,
            last_failure: number(
                "sensu_server_store_last_failure_timestamp_seconds",
                "When the store last failed, over or not; 0 if it never did.",
            )?,
            connections: kept(registry, IntGaugeVec::new(connections, &["state"]))?,
        })
    }

    fn measured(&self, health: &Health) {
        self.up.with_label_values(&[health.engine]).set(i64::from(health.failure.is_none()));
        self.size.set(number(health.size_bytes));
        self.revision.set(number(health.revision));
        self.commit_latency.set(health.commit_latency.map_or(0.0, |took| took.as_secs_f64()));
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

/// A request under way.
pub(crate) struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn kept<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: prometheus::Result<C>,
) -> anyhow::Result<C> {
    let collector = collector?;
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_in_the_text() {
        let metrics = Metrics::new().unwrap();
        let under_way = metrics.began();
        metrics.answered("check_get", "GET", 404, 0.002);
        metrics.took(&Event::default());
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
        drop(under_way);
        let health = Health { failure: Some("disk".into()), ..health };
        let text = metrics.text(&health).unwrap();
        assert!(text.contains("sensu_server_http_requests_in_flight 0"));
        assert!(text.contains(r#"sensu_server_store_up{engine="memory"} 0"#));
    }
}
