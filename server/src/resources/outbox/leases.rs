//! Leases of the servers that share a store: a server that has not renewed its lease for some time has ended,
//! and others run the handlers of its entries (D51).
//!
//! A server observes whether leases change, by its own monotonic clock: clocks of servers may differ.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sensu_store::{Operation, Revision, Scan, Txn};

use crate::error::Error;
use crate::keyspace::{self, LEASES};
use crate::runtime::context::Context;

/// Time after which a server whose lease does not change has ended.
pub(crate) const LIFETIME: Duration = Duration::from_secs(5);

/// Time after which the store deletes a lease that is not renewed, in seconds.
const EXPIRY: i64 = 3600;

/// Maximum number of servers.
const SERVERS: usize = 1_000;

/// The leases of other servers, as observed by this one.
#[derive(Default)]
pub(crate) struct Leases {
    by_server: HashMap<String, Lease>,
    observed: Option<Instant>,
}

struct Lease {
    /// The transaction that wrote the lease.
    revision: Revision,
    /// When this server observed that.
    since: Instant,
}

/// Renews the lease of this server.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn renew(cx: &Context) -> Result<(), Error> {
    let Some(key) = keyspace::lease(&cx.resources.outbox.server) else { return Ok(()) };
    let expires_at = Some(cx.clock.now().saturating_add(EXPIRY));
    let operation = Operation::Put { key, value: "1".into(), flags: 0, expires_at };
    cx.resources.store.commit(Txn { operations: vec![operation], ..Txn::default() }).await?;
    Ok(())
}

/// Ends the lease of this server, so that others take its entries over at once.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn release(cx: &Context) -> Result<(), Error> {
    let Some(key) = keyspace::lease(&cx.resources.outbox.server) else { return Ok(()) };
    let operations = vec![Operation::Delete(key)];
    cx.resources.store.commit(Txn { operations, ..Txn::default() }).await?;
    Ok(())
}

impl Leases {
    /// Observes the leases. Returns whether a server has ended since the last call.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn observe(&mut self, cx: &Context, now: Instant) -> Result<bool, Error> {
        let prefix = keyspace::whole_collection(LEASES)?;
        let scan = Scan { prefix, after: None, limit: SERVERS, max_bytes: usize::MAX };
        let entries = cx.resources.store.scan(scan).await?;
        let observed = entries
            .iter()
            .filter_map(|entry| Some((entry.key.segments().nth(1)?.to_owned(), entry.revision)));
        Ok(self.update(observed, now))
    }

    fn update(&mut self, observed: impl Iterator<Item = (String, Revision)>, now: Instant) -> bool {
        let mut next = HashMap::new();
        for (server, revision) in observed {
            let known = self.by_server.get(&server).filter(|lease| lease.revision == revision);
            let since = known.map_or(now, |lease| lease.since);
            next.insert(server, Lease { revision, since });
        }
        let last = self.observed.replace(now);
        let was_running = |lease: &Lease| last.is_some_and(|last| !lease.is_over(last));
        let has_ended = self.by_server.iter().any(|(server, lease)| {
            was_running(lease) && next.get(server).is_none_or(|lease| lease.is_over(now))
        });
        self.by_server = next;
        has_ended
    }

    /// Whether a server has ended: it has no lease, or has not renewed it.
    pub(crate) fn has_ended(&self, server: &str, now: Instant) -> bool {
        self.by_server.get(server).is_none_or(|lease| lease.is_over(now))
    }
}

impl Lease {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.since) >= LIFETIME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_does_not_renew_its_lease_has_ended() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut leases = Leases::default();
        let observe = |leases: &mut Leases, seconds, servers: &[(&str, Revision)]| {
            let servers = servers.iter().map(|(name, revision)| ((*name).to_owned(), *revision));
            leases.update(servers, at(seconds))
        };
        assert!(!observe(&mut leases, 0, &[("a", 1), ("b", 2)]));
        assert!(!observe(&mut leases, 3, &[("a", 3), ("b", 2)]));
        assert!(observe(&mut leases, 5, &[("a", 4), ("b", 2)]), "b was not renewed");
        assert!(!leases.has_ended("a", at(5)) && leases.has_ended("b", at(5)));
        assert!(leases.has_ended("c", at(5)), "a server without a lease");
        assert!(!observe(&mut leases, 5, &[("a", 4), ("b", 2)]), "b had ended before");
        assert!(observe(&mut leases, 6, &[("b", 2)]), "a has released its lease");
        assert!(leases.has_ended("a", at(6)));
        assert!(!observe(&mut leases, 7, &[("b", 5)]), "b runs again");
        assert!(!leases.has_ended("b", at(7)));
    }
}
