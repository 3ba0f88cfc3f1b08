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
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn usage() -> Usage {
        Usage { now: NOW, connections: 3, open_requests: 0, is_scarce: false, is_stopping: false }
    }

    /// An idle connection that has been waiting for a number of seconds.
    fn idle(port: u16, seconds: u64) -> Snapshot {
        Snapshot {
            peer: SocketAddr::from(([192, 0, 2, 1], port)),
            received: 1_000,
            is_authenticated: true,
            has_sent_request: true,
            in_progress: 0,
            unwritten: 0,
            unwritten_since: None,
            last_activity: NOW - Duration::from_secs(seconds),
            last_progress: Duration::ZERO,
        }
    }

    fn silent(port: u16, seconds: u64) -> Snapshot {
        Snapshot { has_sent_request: false, ..idle(port, seconds) }
    }

    /// A connection with a response that was completed and last read some seconds ago.
    fn unwritten(port: u16, completed: u64, progress: u64) -> Snapshot {
        Snapshot {
            unwritten: 1,
            unwritten_since: Some(NOW - Duration::from_secs(completed)),
            last_progress: NOW - Duration::from_secs(progress),
            ..idle(port, 0)
        }
    }

    fn busy(port: u16, requests: u32) -> Snapshot {
        Snapshot { in_progress: requests, ..idle(port, 500) }
    }

    fn selected(usage: &Usage, connections: Vec<Snapshot>) -> Vec<(u16, CloseReason)> {
        let selected = select(&Limits::default(), usage, connections);
        let mut selected: Vec<_> =
            selected.into_iter().map(|(peer, reason)| (peer.port(), reason)).collect();
        selected.sort_by_key(|(port, _)| *port);
        selected
    }

    #[test]
    fn connections_without_requests_are_closed_after_a_time() {
        let connections =
            vec![idle(1, 119), idle(2, 120), silent(3, 29), silent(4, 30), busy(5, 1)];
        let usage = Usage { connections: 9, ..usage() };
        assert_eq!(selected(&usage, connections), [(2, CloseReason::Idle), (4, CloseReason::Idle)]);
    }

    #[test]
    fn beyond_the_limit_clients_without_credentials_lose_their_connections_first() {
        let anonymous = |one| Snapshot { is_authenticated: false, ..one };
        let connections = vec![idle(1, 9), idle(2, 9), idle(3, 9), anonymous(idle(4, 0))];
        assert_eq!(selected(&usage(), connections), [(4, CloseReason::Connections)]);
        let connections =
            vec![idle(1, 9), busy(2, 1), anonymous(busy(3, 1)), anonymous(unwritten(4, 0, 0))];
        assert_eq!(selected(&usage(), connections.clone()).len(), 1);
        let usage = Usage { connections: 1, ..usage() };
        let expected = [1, 3, 4].map(|port| (port, CloseReason::Connections));
        assert_eq!(selected(&usage, connections), expected);
    }

    #[test]
    fn beyond_the_limit_addresses_with_the_most_connections_lose_them_first() {
        let anonymous = |address: u8, one: Snapshot| Snapshot {
            peer: SocketAddr::from(([192, 0, 2, address], one.peer.port())),
            is_authenticated: false,
            ..one
        };
        let connections = vec![
            anonymous(1, busy(1, 1)),
            anonymous(1, busy(2, 1)),
            anonymous(1, busy(3, 1)),
            anonymous(2, silent(4, 1)),
            anonymous(3, idle(5, 1)),
            anonymous(3, busy(6, 1)),
            idle(7, 100),
        ];
        let closed = |limit| {
            let usage = Usage { connections: limit, ..usage() };
            let closed = selected(&usage, connections.clone());
            closed.into_iter().map(|(port, _)| port).collect::<Vec<_>>()
        };
        assert_eq!(closed(6), [1]);
        assert_eq!(closed(5), [1, 5], "two addresses have two, an idle connection is closed");
        assert_eq!(closed(4), [1, 2, 5]);
        assert_eq!(closed(3), [1, 2, 4, 5], "every address has one, a silent connection is closed");
        assert_eq!(closed(1), [1, 2, 3, 4, 5, 6]);
        assert_eq!(closed(0), [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn idle_connections_are_closed_when_the_server_stops() {
        let usage = Usage { is_stopping: true, ..usage() };
        let connections = vec![idle(1, 0), silent(2, 0), busy(3, 1)];
        assert_eq!(selected(&usage, connections), [(1, CloseReason::Idle), (2, CloseReason::Idle)]);
    }

    #[test]
    fn clients_that_do_not_read_are_closed_earlier_when_memory_is_scarce() {
        let connections = || vec![unwritten(1, 60, 4), unwritten(2, 60, 6), unwritten(3, 60, 31)];
        assert_eq!(selected(&usage(), connections()), [(3, CloseReason::Stalled)]);
        let scarce = Usage { is_scarce: true, ..usage() };
        let expected = [(2, CloseReason::Stalled), (3, CloseReason::Stalled)];
        assert_eq!(selected(&scarce, connections()), expected);
    }

    #[test]
    fn a_client_that_reads_too_slowly_is_closed() {
        let connections = vec![unwritten(1, 119, 1), unwritten(2, 120, 1)];
        assert_eq!(selected(&usage(), connections), [(2, CloseReason::Stalled)]);
    }

    #[test]
    fn beyond_the_limit_the_oldest_idle_connections_are_closed_silent_ones_first() {
        let connections = vec![busy(1, 1), idle(2, 50), idle(3, 60), silent(4, 1), silent(5, 2)];
        let expected = [(4, CloseReason::Connections), (5, CloseReason::Connections)];
        assert_eq!(selected(&usage(), connections), expected);
        let connections = vec![busy(1, 1), busy(2, 1), busy(3, 1), busy(4, 1), idle(5, 0)];
        assert_eq!(selected(&usage(), connections), [(5, CloseReason::Connections)]);
    }

    #[test]
    fn addresses_with_the_most_bytes_of_unfinished_heads_lose_the_largest() {
        let unfinished = |address: u8, port, received| Snapshot {
            peer: SocketAddr::from(([192, 0, 2, address], port)),
            received,
            is_authenticated: false,
            ..idle(port, 0)
        };
        let connections = vec![
            unfinished(1, 1, 50),
            unfinished(1, 2, 100),
            unfinished(1, 3, 1),
            unfinished(2, 4, 60),
            Snapshot { is_authenticated: true, ..unfinished(1, 5, 1_000) },
            Snapshot { in_progress: 1, ..unfinished(1, 6, 1_000) },
        ];
        let closed = |unfinished_heads| {
            let limits = Limits { unfinished_heads, ..Limits::default() };
            let closed = heads_beyond_limit(&limits, &connections);
            let mut closed: Vec<_> = closed.map(|peer| peer.port()).collect();
            closed.sort_unstable();
            closed
        };
        assert_eq!(closed(211), [0; 0]);
        assert_eq!(closed(210), [2]);
        assert_eq!(closed(110), [2, 4]);
        assert_eq!(closed(50), [1, 2, 4]);
    }

    #[test]
    fn no_more_of_a_head_is_counted_than_the_http_library_holds() {
        let connection = Snapshot { received: u64::MAX, is_authenticated: false, ..idle(1, 0) };
        assert_eq!(connection.head_bytes(), Some(Limits::HEAD_BYTES));
    }

    #[test]
    fn beyond_the_limit_the_connections_with_the_most_open_requests_are_closed() {
        let connections = vec![busy(1, 200), busy(2, 150), busy(3, 32)];
        let usage = Usage { open_requests: Limits::default().open_requests + 201, ..usage() };
        let expected = [(1, CloseReason::Requests), (2, CloseReason::Requests)];
        assert_eq!(selected(&usage, connections), expected);
    }
}
