//! Keepalives: when an agent is overdue, and the events about it (D50).
//!
//! All ages are measured from the time at which the server received the last keepalive, so the clock of the agent
//! does not matter. The deadline record of an entity stores this time; the stored event does not contain it any
//! more after a failure.

mod events;

use chrono::DateTime;
use sensu_types::event::Check;

pub use events::{
    deregistration_event, failing_event, passing_event, registration_event, resolving_event,
};

/// Name of the check of keepalive events.
pub const CHECK: &str = "keepalive";

/// Time between two keepalives if the agent does not send it, in seconds.
const DEFAULT_INTERVAL: u32 = 20;
/// Time until the warning if the agent sends none, in seconds.
const DEFAULT_WARNING: i64 = 120;
/// Shortest time until a warning or critical event, in seconds. Agents refuse shorter ones.
const MINIMUM: i64 = 5;

/// Times after the last keepalive at which the entity gets a failing event, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Time until status 1, at least 5.
    pub warning: Option<i64>,
    /// Time until status 2, at least 5.
    pub critical: Option<i64>,
}

impl Deadlines {
    /// The deadlines that the check of a keepalive, or of a stored keepalive event, contains.
    ///
    /// `timeout` is the time until the warning and `ttl` the time until the critical event. 0 disables the critical
    /// event. A `timeout` of 0 disables the warning if there is a `ttl` (Sensu Go 6.14), and means 120 otherwise.
    /// Times below 5 seconds mean 5.
    #[must_use]
    pub fn of(check: Option<&Check>) -> Self {
        let warning = check.map_or(0, |check| i64::from(check.timeout));
        let critical = check.map_or(0, |check| check.ttl);
        let at_least = |seconds: i64| (seconds > 0).then(|| seconds.max(MINIMUM));
        let critical = at_least(critical);
        let warning = match (warning, critical) {
            (0, None) => Some(DEFAULT_WARNING),
            (warning, _) => at_least(warning),
        };
        Self { warning, critical }
    }

    /// Status and exceeded deadline, in seconds, at a time after a keepalive. `None` if no deadline has passed.
    ///
    /// `received` and `now` are in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn status_at(&self, received: i64, now: i64) -> Option<(u32, i64)> {
        let age = now.saturating_sub(received);
        let exceeded = |deadline: &i64| age >= *deadline;
        let critical = self.critical.filter(exceeded).map(|deadline| (2, deadline));
        critical.or_else(|| self.warning.filter(exceeded).map(|deadline| (1, deadline)))
    }

    /// The first time after `now` at which a failing event is due, if no keepalive arrives until then. All times are
    /// in seconds since 1970-01-01 UTC.
    ///
    /// Failing events repeat after every warning deadline, and in addition there is one at the critical deadline.
    /// Without a warning deadline they repeat after every critical deadline. The times depend on `received` only, so
    /// late events do not move the later ones.
    #[must_use]
    pub fn next_after(&self, received: i64, now: i64) -> i64 {
        let period = self.warning.or(self.critical).unwrap_or(DEFAULT_WARNING).max(1);
        let age = now.saturating_sub(received).max(0);
        let next_age = (age / period).saturating_add(1).saturating_mul(period);
        let critical = self.critical.filter(|critical| *critical > age);
        received.saturating_add(critical.map_or(next_age, |critical| critical.min(next_age)))
    }

    /// When an entity that was not failing is due after a restart of the server: at its first deadline after the
    /// last keepalive, but not before `grace` seconds have passed, in which its agent can connect again. An entity
    /// that was failing already is due at [`Self::next_after`].
    #[must_use]
    pub fn after_restart(&self, received: i64, now: i64, grace: i64) -> i64 {
        self.next_after(received, received).max(now.saturating_add(grace))
    }
}

/// Text of a failing event: how long the entity was silent, and the exceeded deadline, in seconds.
fn failing_output(entity: &str, age: i64, deadline: i64) -> String {
    format!("No keepalive sent from {entity} for {age} seconds (>= {deadline})")
}

/// Text of a passing event. The time is formatted as by Go, in UTC.
fn passing_output(entity: &str, sent: i64) -> String {
    let time = DateTime::from_timestamp(sent, 0).unwrap_or_default();
    format!("Keepalive last sent from {entity} at {}", time.format("%Y-%m-%d %H:%M:%S +0000 UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadlines(timeout: u32, ttl: i64) -> Deadlines {
        Deadlines::of(Some(&Check { timeout, ttl, ..Check::default() }))
    }

    /// D4.
    #[test]
    fn missing_and_short_deadlines_have_defaults() {
        for (timeout, ttl, warning, critical) in [
            (0, 0, Some(120), None),
            (0, 240, None, Some(240)),
            (3, 0, Some(5), None),
            (3, 1, Some(5), Some(5)),
            (10, 15, Some(10), Some(15)),
            (10, -1, Some(10), None),
            (u32::MAX, i64::MAX, Some(4_294_967_295), Some(i64::MAX)),
        ] {
            assert_eq!(deadlines(timeout, ttl), Deadlines { warning, critical }, "{timeout} {ttl}");
        }
        assert_eq!(Deadlines::of(None), deadlines(120, 0));
    }

    /// Due times and statuses after a keepalive at 1000, for this many events.
    fn failures(deadlines: Deadlines, count: usize) -> Vec<(i64, u32, i64)> {
        let mut now = 1000;
        let next = |_| {
            now = deadlines.next_after(1000, now);
            let (status, deadline) = deadlines.status_at(1000, now).unwrap();
            (now - 1000, status, deadline)
        };
        (0..count).map(next).collect()
    }

    /// D1 and D2.
    #[test]
    fn warnings_repeat_and_critical_events_have_their_own_time() {
        for (deadlines, expected) in [
            (deadlines(10, 0), [(10, 1, 10), (20, 1, 10), (30, 1, 10)]),
            (deadlines(10, 15), [(10, 1, 10), (15, 2, 15), (20, 2, 15)]),
            (deadlines(120, 130), [(120, 1, 120), (130, 2, 130), (240, 2, 130)]),
            (deadlines(10, 5), [(5, 2, 5), (10, 2, 5), (20, 2, 5)]),
            (deadlines(0, 30), [(30, 2, 30), (60, 2, 30), (90, 2, 30)]),
            (deadlines(10, 20), [(10, 1, 10), (20, 2, 20), (30, 2, 20)]),
        ] {
            assert_eq!(failures(deadlines, 3), expected, "{deadlines:?}");
        }
    }

    /// D3: the time of receipt counts. D5: a late event does not move the next one.
    #[test]
    fn ages_are_measured_from_the_receipt() {
        let deadlines = deadlines(10, 15);
        assert_eq!(deadlines.status_at(1000, 1009), None);
        assert_eq!(deadlines.status_at(1000, 400), None, "the clock was set back");
        assert_eq!(deadlines.next_after(1000, 400), 1010);
        assert_eq!(deadlines.next_after(1000, 1012), 1015);
        assert_eq!(deadlines.next_after(1000, 1039), 1040);
    }

    /// D6.
    #[test]
    fn agents_have_time_to_connect_after_a_restart() {
        let deadlines = deadlines(10, 0);
        assert_eq!(deadlines.after_restart(1000, 1005, 30), 1035);
        assert_eq!(deadlines.after_restart(1000, 900, 30), 1010);
    }

    #[test]
    fn extreme_times_do_not_overflow() {
        for (received, now) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (0, i64::MAX)] {
            for deadlines in [deadlines(1, i64::MAX), deadlines(u32::MAX, 0), deadlines(0, 1)] {
                assert!(deadlines.next_after(received, now) >= received);
                let _ = deadlines.status_at(received, now);
                let _ = deadlines.after_restart(received, now, i64::MAX);
            }
        }
    }

    #[test]
    fn outputs_are_those_of_sensu_go() {
        assert_eq!(
            failing_output("web", 12, 10),
            "No keepalive sent from web for 12 seconds (>= 10)"
        );
        let sent = "Keepalive last sent from web at 2021-03-18 15:57:07 +0000 UTC";
        assert_eq!(passing_output("web", 1_616_083_027), sent);
        assert!(passing_output("web", i64::MAX).ends_with("1970-01-01 00:00:00 +0000 UTC"));
    }
}
