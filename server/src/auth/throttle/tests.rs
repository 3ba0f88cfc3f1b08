//! Tests of the limits.

use futures::FutureExt as _;
use sensu_store::ManualClock;

use super::*;

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

/// Attempts until one is rejected: their number, and the delay of the rejected one.
fn admitted(mut attempt: impl FnMut() -> Result<(), Error>) -> (u32, u64) {
    let mut count = 0;
    loop {
        match attempt() {
            Ok(()) => count += 1,
            Err(Error::Throttled(delay)) => return (count, delay),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn try_admit<'a>(
    throttle: &'a Throttle,
    user: &str,
    address: IpAddr,
    now: i64,
) -> Result<Attempt<'a>, Error> {
    throttle.try_admit(user, address, now).map_err(Error::from)
}

/// A failed attempt.
fn fail(throttle: &Throttle, user: &str, address: IpAddr, now: i64) -> Result<(), Error> {
    try_admit(throttle, user, address, now).map(drop)
}

/// A successful attempt.
fn succeed(throttle: &Throttle, user: &str, address: IpAddr, now: i64) -> Result<(), Error> {
    try_admit(throttle, user, address, now).map(|attempt| attempt.succeed(now))
}

#[test]
fn failures_of_a_user_from_an_address_are_delayed_there_only() {
    let throttle = Throttle::new();
    let mut now = 1_000;
    assert_eq!(admitted(|| fail(&throttle, "bob", address(1), now)), (10, 60));
    for _ in 0..200 {
        // The client continues, one failure per minute.
        now += 60;
        assert_eq!(admitted(|| fail(&throttle, "bob", address(1), now)), (1, 60));
        for (user, from) in [("bob", address(2)), ("alice", address(1)), ("alice", address(2))] {
            assert_eq!(succeed(&throttle, user, from, now), Ok(()), "{user} {from}");
        }
    }
}

#[test]
fn parallel_attempts_are_counted_when_they_are_admitted() {
    let throttle = Throttle::new();
    let attempts: Vec<_> =
        (0..600).filter_map(|_| try_admit(&throttle, "bob", address(1), 0).ok()).collect();
    assert_eq!(attempts.len(), 10);
    // They may yet succeed, so the next attempt is worthwhile soon.
    assert_eq!(fail(&throttle, "bob", address(1), 0), Err(Error::Throttled(1)));
    drop(attempts);
    assert_eq!(fail(&throttle, "bob", address(1), 0), Err(Error::Throttled(60)));
}

/// Attempts that wait for ten others.
macro_rules! waiting {
    ($throttle:expr, $clock:expr, $count:expr) => {{
        let admit = |_| Box::pin($throttle.admit("bob", address(1), &$clock));
        let mut waiting: Vec<_> = (0..$count).map(admit).collect();
        assert!(waiting.iter_mut().all(|attempt| attempt.as_mut().now_or_never().is_none()));
        waiting
    }};
}

#[tokio::test]
async fn attempts_wait_for_others_that_may_succeed() {
    let (throttle, clock) = (Throttle::new(), ManualClock::at(0));
    let others: Vec<_> =
        (0..10).map(|_| throttle.try_admit("bob", address(1), 0).unwrap()).collect();
    let waiting = waiting!(throttle, clock, 100);
    let full = throttle.admit("bob", address(1), &clock).now_or_never();
    assert_eq!(full.unwrap().err(), Some(Error::Throttled(1)), "a limited number waits");
    let (user, from) = ("alice", address(2));
    assert!(throttle.admit(user, from, &clock).now_or_never().unwrap().is_ok(), "others do not");
    for attempt in others {
        attempt.succeed(0);
    }
    for attempt in waiting {
        attempt.await.unwrap().succeed(0);
    }
}

#[tokio::test]
async fn attempts_that_wait_for_failures_are_rejected() {
    let (throttle, clock) = (Throttle::new(), ManualClock::at(0));
    let others: Vec<_> =
        (0..10).map(|_| throttle.try_admit("bob", address(1), 0).unwrap()).collect();
    let waiting = waiting!(throttle, clock, 100);
    drop(others);
    for attempt in waiting {
        assert_eq!(attempt.await.err(), Some(Error::Throttled(60)));
    }
}

#[tokio::test]
async fn one_success_admits_one_waiting_attempt() {
    let (throttle, clock) = (Throttle::new(), ManualClock::at(0));
    let mut others: Vec<_> =
        (0..10).map(|_| throttle.try_admit("bob", address(1), 0).unwrap()).collect();
    let mut waiting = waiting!(throttle, clock, 50);
    others.pop().unwrap().succeed(0);
    let admitted: Vec<_> =
        waiting.iter_mut().filter_map(|attempt| attempt.as_mut().now_or_never()).collect();
    assert_eq!(admitted.len(), 1);
    assert!(admitted[0].is_ok());
}

#[test]
fn attempts_that_succeed_or_are_not_compared_are_not_counted() {
    let throttle = Throttle::new();
    for _ in 0..1_000 {
        assert_eq!(succeed(&throttle, "bob", address(1), 0), Ok(()));
        try_admit(&throttle, "carol", address(1), 0).unwrap().refund();
    }
    assert_eq!(admitted(|| fail(&throttle, "bob", address(1), 0)).0, PER_USER_AND_ADDRESS.free);
}

#[test]
fn an_address_is_limited_across_users() {
    let throttle = Throttle::new();
    let mut user = 0;
    let mut spray = |now| {
        admitted(|| {
            user += 1;
            fail(&throttle, &format!("user{user}"), address(1), now)
        })
    };
    assert_eq!(spray(0), (PER_ADDRESS.free, 1));
    assert_eq!(spray(60), (60, 1));
    assert_eq!(fail(&throttle, "user1", address(2), 60), Ok(()), "other addresses are not");
}

#[test]
fn a_user_is_limited_across_addresses() {
    let throttle = Throttle::new();
    let all = (0..=255).map(address);
    let count = all.filter(|from| fail(&throttle, "bob", *from, 0).is_ok()).count();
    assert_eq!(count, 100);
    assert_eq!(fail(&throttle, "bob", address(1), 0), Err(Error::Throttled(10)));
    assert_eq!(fail(&throttle, "alice", address(1), 0), Ok(()), "other users are not");
}

#[test]
fn a_user_that_has_logged_in_from_an_address_is_not_limited_by_failures_of_others() {
    let throttle = Throttle::new();
    succeed(&throttle, "bob", address(1), 0).unwrap();
    for n in 0..PER_ADDRESS.free {
        fail(&throttle, &format!("user{n}"), address(1), 0).unwrap();
        fail(&throttle, "bob", address(u8::try_from(n + 2).unwrap()), 0).unwrap();
    }
    assert!(fail(&throttle, "alice", address(1), 0).is_err(), "the address has no failure left");
    assert!(fail(&throttle, "bob", address(200), 0).is_err(), "the user has no failure left");
    for _ in 0..200 {
        assert_eq!(succeed(&throttle, "bob", address(1), 0), Ok(()));
    }
    // The exemption is bounded by the limit of the pair, and ends.
    assert_eq!(admitted(|| fail(&throttle, "bob", address(1), 0)), (10, 60));
    let later = KNOWN_FOR;
    for n in 0..PER_ADDRESS.free {
        fail(&throttle, &format!("user{n}"), address(1), later).unwrap();
    }
    assert!(succeed(&throttle, "bob", address(1), later).is_err());
}

#[test]
fn one_address_has_a_limited_number_of_attempts_in_progress() {
    let throttle = Throttle::new();
    let mut users = 0..;
    let mut attempts = Vec::new();
    let delay = loop {
        let user = format!("user{}", users.next().unwrap());
        match try_admit(&throttle, &user, address(1), 0) {
            Ok(attempt) => attempts.push(attempt),
            Err(error) => break error,
        }
    };
    assert_eq!((attempts.len(), delay), (16, Error::Throttled(1)));
    assert!(try_admit(&throttle, "bob", address(2), 0).is_ok());
    attempts.pop();
    assert!(try_admit(&throttle, "bob", address(1), 0).is_ok());
}

#[test]
fn an_ipv6_client_is_its_network() {
    let throttle = Throttle::new();
    let from = |text: &str| text.parse::<IpAddr>().unwrap();
    let mut host = 0;
    let (count, _) = admitted(|| {
        host += 1;
        fail(&throttle, "bob", from(&format!("2001:db8:0:1::{host:x}")), 0)
    });
    assert_eq!(count, 10);
    assert_eq!(fail(&throttle, "bob", from("2001:db8:0:2::1"), 0), Ok(()));
    assert_eq!(network(from("::ffff:192.0.2.7")), address(7), "an IPv4 client");
}

#[test]
fn a_clock_that_is_set_back_does_not_extend_the_delay() {
    let throttle = Throttle::new();
    admitted(|| fail(&throttle, "bob", address(1), 1_000_000));
    let back = 1_000_000 - 7_200;
    assert_eq!(fail(&throttle, "bob", address(1), back), Err(Error::Throttled(60)));
    assert_eq!(fail(&throttle, "bob", address(1), back + 59), Err(Error::Throttled(1)));
    assert_eq!(fail(&throttle, "bob", address(1), back + 60), Ok(()));
}

#[test]
fn the_size_of_a_count_does_not_depend_on_the_name() {
    let throttle = Throttle::new();
    let name = "u".repeat(300_000);
    drop(try_admit(&throttle, &name, address(1), 0).unwrap());
    let keys: [u64; 3] = {
        let network = network(address(1));
        let name = name.as_str();
        [
            throttle.keys.hash_one((name, network)),
            throttle.keys.hash_one(name),
            throttle.keys.hash_one(network),
        ]
    };
    let mut counts = throttle.lock();
    let Counts { pairs, users, addresses, .. } = &mut *counts;
    let levels =
        [pairs, users, addresses].into_iter().zip(keys).map(|(buckets, key)| buckets.level(key, 0));
    assert_eq!(levels.collect::<Vec<_>>(), [60, 10, 1]);
}
