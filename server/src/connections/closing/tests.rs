//! Tests of the selection of connections to be closed.

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
    let connections = vec![idle(1, 119), idle(2, 120), silent(3, 29), silent(4, 30), busy(5, 1)];
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
