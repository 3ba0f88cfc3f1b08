//! Dropshot's log: warnings go to the log of the server, accepted connections to the table of connections.

use std::fmt::Arguments;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use slog::{Drain, Key, Level, Logger, Never, OwnedKVList, Record, Serializer};

use crate::connections::Connections;
use crate::limits::log_limit::LogLimit;

/// Dropshot's message for a connection that it has accepted.
const ACCEPTED: &str = "accepted connection";

/// Dropshot's message for a connection that it could not accept.
const ACCEPT_ERROR: &str = "accept error";

/// Dropshot's message for a client that has closed its connection. The access log has it as status 499.
const CANCELLED: &str = "request handling cancelled (client disconnected)";

/// A logger for Dropshot.
pub(super) fn logger(connections: &Arc<Connections>) -> Logger {
    let log = HttpLog { connections: Arc::clone(connections), limit: Mutex::default() };
    Logger::root(log.fuse(), slog::o!())
}

struct HttpLog {
    connections: Arc<Connections>,
    limit: Mutex<LogLimit>,
}

impl Drain for HttpLog {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, _values: &OwnedKVList) -> Result<(), Never> {
        if record.level().is_at_least(Level::Warning) {
            self.warn(record);
        } else if record.msg().as_str() == Some(ACCEPTED)
            && let Some(peer) = value(record, "remote_addr").and_then(|peer| peer.parse().ok())
        {
            self.connections.accepted(peer);
        }
        Ok(())
    }
}

impl HttpLog {
    fn warn(&self, record: &Record<'_>) {
        let message = record.msg().to_string();
        if message == CANCELLED {
            return;
        }
        if message == ACCEPT_ERROR {
            if self.connections.is_refusing() {
                // The listener was closed on purpose.
                return;
            }
            self.connections.wake_watchdog();
        }
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(suppressed) = limit.admit(Instant::now()) {
            let error = value(record, "error");
            tracing::warn!(target: "sensu_server::http", error, suppressed, "{message}");
        }
    }
}

/// The value with a key, as text.
fn value(record: &Record<'_>, key: &'static str) -> Option<String> {
    struct Find {
        key: &'static str,
        found: Option<String>,
    }
    impl Serializer for Find {
        fn emit_arguments(&mut self, key: Key, value: &Arguments<'_>) -> slog::Result {
            if key == self.key {
                self.found = Some(value.to_string());
            }
            Ok(())
        }
    }
    let mut find = Find { key, found: None };
    slog::KV::serialize(&record.kv(), record, &mut find).ok()?;
    find.found
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::connections::Limits;

    #[test]
    fn accepted_connections_are_recorded() {
        let connections = Connections::new(Limits::default());
        connections.set_watchdog(std::thread::current());
        let log = logger(&connections);
        let peer = SocketAddr::from(([192, 0, 2, 1], 1_000));
        slog::info!(log, "accepted connection"; "remote_addr" => %peer);
        slog::info!(log, "request completed"; "remote_addr" => %peer);
        assert_eq!(connections.count(), 1);
    }
}
