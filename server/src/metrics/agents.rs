//! Metrics of agents and of the scheduler.

use chrono::TimeDelta;
use prometheus::{GaugeVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};
use sensu_agents::Counters;
use sensu_agents::message::MessageType;

use super::{number, registered};

/// Metrics of agents and of the scheduler. Names of checks are those of stored objects: only users who may create
/// these create series.
pub(crate) struct AgentMetrics {
    sessions: IntGaugeVec,
    opened: IntCounter,
    ended: IntCounterVec,
    received: IntCounterVec,
    sent: IntCounterVec,
    dropped: IntCounter,
    invalid: IntCounter,
    rejected: IntCounterVec,
    evicted: IntCounter,
    timed_out: IntCounter,
    run: IntGaugeVec,
    delay: GaugeVec,
}

impl AgentMetrics {
    pub(super) fn new(registry: &Registry) -> anyhow::Result<Self> {
        let counter = |name, help| registered(registry, IntCounter::new(name, help));
        let counters = |name, help, label| {
            registered(registry, IntCounterVec::new(Opts::new(name, help), &[label]))
        };
        Ok(Self {
            sessions: registered(
                registry,
                IntGaugeVec::new(
                    Opts::new(
                        "sensu_server_agent_sessions",
                        "Connected agents by their version (empty: unknown) and the encoding of their messages.",
                    ),
                    &["version", "encoding"],
                ),
            )?,
            opened: counter(
                "sensu_server_agent_sessions_opened_total",
                "Accepted connections of agents.",
            )?,
            ended: counters(
                "sensu_server_agent_sessions_ended_total",
                "Connections of agents that have ended, by reason.",
                "reason",
            )?,
            received: counters(
                "sensu_server_agent_messages_received_total",
                "Valid messages of agents by type.",
                "type",
            )?,
            sent: counters(
                "sensu_server_agent_messages_sent_total",
                "Messages to agents by type.",
                "type",
            )?,
            dropped: counter(
                "sensu_server_agent_messages_dropped_total",
                "Messages that were not sent, because the agent did not read those before.",
            )?,
            invalid: counter(
                "sensu_server_agent_messages_invalid_total",
                "Messages of agents that were ignored or rejected.",
            )?,
            rejected: counters(
                "sensu_server_agent_handshakes_rejected_total",
                "Rejected connections of agents by status.",
                "status",
            )?,
            evicted: counter(
                "sensu_server_agent_handshakes_evicted_total",
                "Connections closed because too many handshakes were incomplete.",
            )?,
            timed_out: counter(
                "sensu_server_agent_handshakes_timed_out_total",
                "Connections closed because their handshake was not complete in time.",
            )?,
            run: registered(
                registry,
                IntGaugeVec::new(
                    Opts::new(
                        "sensu_server_check_last_run_timestamp_seconds",
                        "Unix time for which the last run of a check was scheduled.",
                    ),
                    &["namespace", "check"],
                ),
            )?,
            delay: registered(
                registry,
                GaugeVec::new(
                    Opts::new(
                        "sensu_server_check_last_run_delay_seconds",
                        "Time from the scheduled time of the last run of a check to its requests, in seconds.",
                    ),
                    &["namespace", "check"],
                ),
            )?,
        })
    }

    /// Sets what the transport counts.
    pub(crate) fn set_counters(&self, counters: &Counters) {
        for kind in [MessageType::Keepalive, MessageType::Event] {
            advance(&self.received.with_label_values(&[kind.name()]), counters.received(kind));
        }
        for kind in [MessageType::CheckRequest, MessageType::EntityConfig] {
            advance(&self.sent.with_label_values(&[kind.name()]), counters.sent(kind));
        }
        advance(&self.opened, counters.opened());
        advance(&self.dropped, counters.dropped());
        advance(&self.evicted, counters.evicted());
        advance(&self.timed_out, counters.timed_out());
        for (status, count) in counters.rejected() {
            advance(&self.rejected.with_label_values(&[&status.to_string()]), count);
        }
    }

    /// Sets the number of sessions by version and encoding.
    pub(crate) fn set_sessions<'a>(
        &self,
        sessions: impl Iterator<Item = (&'a (String, &'static str), &'a usize)>,
    ) {
        self.sessions.reset();
        for ((version, encoding), count) in sessions {
            self.sessions.with_label_values(&[version.as_str(), encoding]).set(number(*count));
        }
    }

    /// Records the end of a connection.
    pub(crate) fn record_ended(&self, reason: &str) {
        self.ended.with_label_values(&[reason]).inc();
    }

    /// Records a message that was ignored or rejected.
    pub(crate) fn record_invalid(&self) {
        self.invalid.inc();
    }

    /// Records a run of a check.
    pub(crate) fn record_run(&self, namespace: &str, check: &str, run: i64, delay: TimeDelta) {
        self.run.with_label_values(&[namespace, check]).set(run);
        self.delay.with_label_values(&[namespace, check]).set(delay.as_seconds_f64());
    }

    /// Removes the series of a check that was deleted.
    pub(crate) fn remove_check(&self, namespace: &str, check: &str) {
        // A check that never ran has none.
        let _ = self.run.remove_label_values(&[namespace, check]);
        let _ = self.delay.remove_label_values(&[namespace, check]);
    }
}

/// Advances a counter to a value that is counted elsewhere.
fn advance(counter: &IntCounter, value: u64) {
    counter.inc_by(value.saturating_sub(counter.get()));
}
