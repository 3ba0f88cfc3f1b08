//! Which connections are closed: idle ones, those whose clients do not read, and, when a limit is
//! exceeded, those that can be closed at the lowest cost for other clients.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::Limits;
use crate::client_address::network;

/// Number of open requests that a connection may have when the limit for all is exceeded.
const FAIR_SHARE: u32 = 32;

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// It has sent no request for too long, or has none when the server stops.
    Idle,
    /// Its client does not read responses.
    Stalled,
    /// There are too many connections.
    Connections,
    /// Connections without an authenticated request hold too many bytes, and it holds more than others.
    UnfinishedHead,
    /// There are too many open requests, and it has more than others.
    Requests,
}

impl CloseReason {
    /// All reasons.
    pub(crate) const ALL: [Self; 5] =
        [Self::Idle, Self::Stalled, Self::Connections, Self::UnfinishedHead, Self::Requests];

    /// Whether a limit is exceeded.
    pub(crate) fn is_limit(self) -> bool {
        matches!(self, Self::Connections | Self::UnfinishedHead | Self::Requests)
    }

    /// The label in metrics.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Stalled => "stalled",
            Self::Connections => "connections",
            Self::UnfinishedHead => "unfinished_head",
            Self::Requests => "requests",
        }
    }
}

/// Which connections of an address are closed first when there are too many. Others are kept: an authenticated client
/// waits for a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Priority {
    /// No request yet.
    Silent,
    /// No open request, and none that was authenticated.
    IdleAnonymous,
    /// An open request, and none that was authenticated. If idle connections of authenticated clients were
    /// closed earlier, clients without credentials could disconnect all others.
    BusyAnonymous,
    /// No open request of an authenticated client, which can repeat a request that meets the closing.
    IdleAuthenticated,
}

/// State of one connection. Times are durations since the start of the server.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub(super) peer: SocketAddr,
    /// Number of bytes that the client has sent.
    pub(super) received: u64,
    pub(super) is_authenticated: bool,
    pub(super) has_sent_request: bool,
    pub(super) in_progress: u32,
    pub(super) unwritten: u32,
    pub(super) unwritten_since: Option<Duration>,
    pub(super) last_activity: Duration,
    pub(super) last_progress: Duration,
}

/// What all connections together use.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    pub(super) now: Duration,
    /// Maximum number of connections.
    pub(super) connections: usize,
    pub(super) open_requests: usize,
    /// Whether stalled clients are closed early.
    pub(super) is_scarce: bool,
    /// Whether the server stops, and idle connections are closed at once.
    pub(super) is_stopping: bool,
}

impl Snapshot {
    fn is_idle(&self) -> bool {
        self.in_progress == 0 && self.unwritten == 0
    }

    /// Number of bytes of an unfinished request head that the connection may hold. Clients with credentials
    /// are not counted.
    pub(super) fn head_bytes(&self) -> Option<u64> {
        (self.is_idle() && !self.is_authenticated).then(|| self.received.min(Limits::HEAD_BYTES))
    }

    fn priority(&self) -> Option<Priority> {
        match (self.is_idle(), self.is_authenticated) {
            (true, _) if !self.has_sent_request => Some(Priority::Silent),
            (true, false) => Some(Priority::IdleAnonymous),
            (false, false) => Some(Priority::BusyAnonymous),
            (true, true) => Some(Priority::IdleAuthenticated),
            (false, true) => None,
        }
    }

    fn open_requests(&self) -> u32 {
        self.in_progress.saturating_add(self.unwritten)
    }

    fn overdue(&self, limits: &Limits, usage: &Usage) -> Option<CloseReason> {
        let age = |since: Duration| usage.now.saturating_sub(since);
        if self.is_idle() {
            if usage.is_stopping {
                return Some(CloseReason::Idle);
            }
            let limit = if self.has_sent_request { limits.idle } else { limits.first_request };
            return (age(self.last_activity) >= limit).then_some(CloseReason::Idle);
        }
        let stalled = if usage.is_scarce { limits.stalled_when_scarce } else { limits.stalled };
        let since = self.unwritten_since?;
        (age(self.last_progress) >= stalled || age(since) >= limits.write)
            .then_some(CloseReason::Stalled)
    }
}

/// Selects the connections to be closed.
pub(super) fn select(
    limits: &Limits,
    usage: &Usage,
    connections: Vec<Snapshot>,
) -> HashMap<SocketAddr, CloseReason> {
    let total = connections.len();
    let mut selected = HashMap::new();
    let mut remaining = Vec::with_capacity(total);
    for connection in connections {
        match connection.overdue(limits, usage) {
            Some(reason) => {
                selected.insert(connection.peer, reason);
            }
            None => remaining.push(connection),
        }
    }
    let excess = remaining.len().saturating_sub(usage.connections);
    if excess > 0 {
        let closed = beyond_limit(&remaining).into_iter().take(excess);
        selected.extend(closed.map(|peer| (peer, CloseReason::Connections)));
    }
    remaining.retain(|one| !selected.contains_key(&one.peer));
    let heads = heads_beyond_limit(limits, &remaining);
    selected.extend(heads.map(|peer| (peer, CloseReason::UnfinishedHead)));
    let mut over = usage.open_requests.saturating_sub(limits.open_requests);
    if over > 0 {
        let mut busy: Vec<&Snapshot> =
            remaining.iter().filter(|one| one.open_requests() > FAIR_SHARE).collect();
        busy.sort_by_key(|one| std::cmp::Reverse(one.open_requests()));
        for connection in busy {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(connection.open_requests() as usize);
            selected.insert(connection.peer, CloseReason::Requests);
        }
    }
    selected
}

/// The connections that can be closed when there are too many, in the order in which they are.
///
/// First those of clients without credentials: of the address with the most of them, until another address has
/// more. So a client that has just connected is not closed because others hold hundreds of connections.
fn beyond_limit(connections: &[Snapshot]) -> Vec<SocketAddr> {
    let mut closable: Vec<_> =
        connections.iter().filter_map(|one| Some((one.priority()?, one))).collect();
    closable.sort_by_key(|(priority, one)| (*priority, one.last_activity));
    let is_anonymous = |priority: Priority| priority != Priority::IdleAuthenticated;
    let mut of_address: HashMap<IpAddr, usize> = HashMap::new();
    // Those that are closed last are counted first.
    let mut ranked: Vec<_> = closable
        .into_iter()
        .rev()
        .map(|(priority, one)| {
            let count = of_address.entry(network(one.peer.ip())).or_default();
            *count += usize::from(is_anonymous(priority));
            (std::cmp::Reverse(if is_anonymous(priority) { *count } else { 0 }), one.peer)
        })
        .collect();
    ranked.reverse();
    // Stable: connections with the same count stay in the order above.
    ranked.sort_by_key(|(count, _)| *count);
    ranked.into_iter().map(|(_, peer)| peer).collect()
}

/// The connections to be closed so that unfinished heads hold at most [`Limits::unfinished_heads`]. Addresses
/// that hold the most lose connections, the largest first.
fn heads_beyond_limit(
    limits: &Limits,
    connections: &[Snapshot],
) -> impl Iterator<Item = SocketAddr> + use<> {
    let mut heads: Vec<(u64, SocketAddr)> =
        connections.iter().filter_map(|one| Some((one.head_bytes()?, one.peer))).collect();
    heads.sort_unstable_by_key(|(bytes, _)| *bytes);
    let mut of_address: HashMap<IpAddr, u64> = HashMap::new();
    let mut ranked = Vec::with_capacity(heads.len());
    for (bytes, peer) in heads {
        let sum = of_address.entry(network(peer.ip())).or_default();
        *sum += bytes;
        ranked.push((*sum, bytes, peer));
    }
    ranked.sort_by_key(|(sum, ..)| *sum);
    let (limit, mut total) = (limits.unfinished_heads, 0);
    ranked.into_iter().filter_map(move |(_, bytes, peer)| {
        total += bytes;
        (total > limit).then_some(peer)
    })
}

#[cfg(test)]
mod tests;
