//! Overdue results: checks with a `ttl` whose next result does not arrive in time (D34).

use sensu_types::event::{Check, Event};

use crate::keepalive;

/// Default status of a check whose result is overdue.
const WARNING: u32 = 1;

/// Time at which the next result of the check is overdue, in seconds since 1970-01-01 UTC. `None` if the
/// check has no `ttl`, and for keepalives, whose deadlines are those of [`keepalive`].
#[must_use]
pub fn deadline(check: &Check, now: i64) -> Option<i64> {
    has_ttl(check).then(|| now.saturating_add(check.ttl))
}

fn has_ttl(check: &Check) -> bool {
    check.ttl > 0 && check.metadata.name != keepalive::CHECK
}

/// Creates the failure event for an overdue result, to be applied to the stored event. `None` for an event
/// without a check, or whose check has no [`deadline`].
///
/// `last_result` is the time of the last execution of the check: the stored event may be an earlier failure event. The
/// output contains the age of that result (Sensu Go contains the time since the last failure event, sensu-go#2538).
#[must_use]
pub fn overdue(stored: &Event, last_result: i64, now: i64) -> Option<Event> {
    let mut event = stored.clone();
    let check = event.check.as_mut().filter(|check| has_ttl(check))?;
    let elapsed = now.saturating_sub(last_result);
    check.status = if check.ttl_status > 0 { check.ttl_status } else { WARNING };
    check.output = format!("Last check execution was {elapsed} seconds ago");
    check.executed = now;
    event.timestamp = now;
    // The failure event is not a redelivery of the stored event.
    event.id.clear();
    event.sequence = 0;
    Some(event)
}

/// What to do about an overdue result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Apply the event of [`overdue`].
    Fail,
    /// Do nothing until this time, in seconds since 1970-01-01 UTC.
    Postpone(i64),
}

/// Decides what to do about an overdue result: while the keepalive of the entity fails, and for one `ttl` after its
/// recovery, the check cannot have sent a result, so there is no failure event for it.
///
/// `last_result` is the time of the last execution of the check, and `keepalive` the stored keepalive event of the
/// entity that executes it, if there is one.
#[must_use]
pub fn decide(ttl: i64, last_result: i64, keepalive: Option<&Event>, now: i64) -> Decision {
    let Some(keepalive) = keepalive.and_then(|event| event.check.as_ref()) else {
        return Decision::Fail;
    };
    if keepalive.status != 0 {
        return Decision::Postpone(now.saturating_add(ttl.max(1)));
    }
    let recovered = recovered_at(keepalive).filter(|recovered| *recovered >= last_result);
    match recovered.map(|recovered| recovered.saturating_add(ttl)) {
        Some(deadline) if deadline > now => Decision::Postpone(deadline),
        _ => Decision::Fail,
    }
}

/// When the keepalive recovered from its last failure, as far as the history reaches back.
fn recovered_at(keepalive: &Check) -> Option<i64> {
    let failure = keepalive.history.iter().rposition(|result| result.status != 0)?;
    keepalive.history.get(failure.checked_add(1)?).map(|result| result.executed)
}

/// Whether results of any entity move the deadline, because agents execute the check in turn. Otherwise
/// each entity has its own deadline.
#[must_use]
pub fn is_shared(event: &Event) -> bool {
    let round_robin = event.check.as_ref().is_some_and(|check| check.round_robin);
    round_robin && event.entity.as_ref().is_some_and(|entity| entity.entity_class != "proxy")
}

#[cfg(test)]
mod tests {
    use sensu_types::event::CheckHistory;

    use super::*;
    use crate::apply;

    #[test]
    fn an_overdue_result_is_a_failure_in_the_history() {
        let mut event = Event::with_status("web", "cpu", 0);
        let check = event.check.as_mut().unwrap();
        (check.ttl, check.executed) = (60, 100);
        let stored = apply(None, event, &[], 100);
        assert_eq!(stored.deadline, Some(160));
        let result = overdue(&stored.event, 100, 165).unwrap();
        let failed = apply(Some(&stored.event), result, &[], 165).event;
        let check = failed.check.unwrap();
        assert_eq!(check.output, "Last check execution was 65 seconds ago");
        assert_eq!((check.status, &*check.state, check.executed), (1, "failing", 165));
        assert_eq!((check.history.len(), failed.timestamp), (2, 165));
    }

    #[test]
    fn ttl_status_is_the_status_of_an_overdue_result() {
        let mut event = Event::with_status("web", "cpu", 0);
        (event.id, event.sequence) = ("a".into(), 7);
        let check = event.check.as_mut().unwrap();
        (check.ttl, check.ttl_status) = (60, 2);
        let result = overdue(&event, 0, 165).unwrap();
        assert_eq!((result.id.as_str(), result.sequence), ("", 0));
        assert_eq!(result.check.unwrap().status, 2);
    }

    #[test]
    fn a_check_without_ttl_has_no_deadline() {
        let event = Event::with_status("web", "cpu", 0);
        assert_eq!(overdue(&event, 0, 9), None);
        assert_eq!(apply(None, event, &[], 1).deadline, None);
    }

    /// D11.
    #[test]
    fn repeated_failures_contain_the_age_of_the_last_result() {
        let mut event = Event::with_status("web", "cpu", 0);
        let check = event.check.as_mut().unwrap();
        (check.ttl, check.executed) = (10, 100);
        let mut stored = apply(None, event, &[], 100).event;
        for now in [110, 120, 131, i64::MAX] {
            stored = apply(Some(&stored), overdue(&stored, 100, now).unwrap(), &[], now).event;
            let output = &stored.check.as_ref().unwrap().output;
            assert_eq!(*output, format!("Last check execution was {} seconds ago", now - 100));
        }
    }

    /// D14.
    #[test]
    fn results_are_not_overdue_while_the_keepalive_fails() {
        let keepalive = |results: &[(u32, i64)]| {
            let status = results.last().unwrap().0;
            let mut event = Event::with_status("web", keepalive::CHECK, status);
            let history = results.iter();
            event.check.as_mut().unwrap().history = history
                .map(|(status, executed)| CheckHistory { status: *status, executed: *executed })
                .collect();
            event
        };
        let decide = |results: &[(u32, i64)], now| decide(15, 100, Some(&keepalive(results)), now);
        assert_eq!(decide(&[(0, 90), (1, 110)], 115), Decision::Postpone(130));
        assert_eq!(decide(&[(0, 90), (1, 110), (0, 125), (0, 128)], 130), Decision::Postpone(140));
        assert_eq!(decide(&[(0, 90), (1, 110), (0, 125), (0, 145)], 140), Decision::Fail);
        assert_eq!(decide(&[(0, 90), (0, 110)], 115), Decision::Fail);
        assert_eq!(decide(&[(1, 80), (0, 90), (0, 110)], 115), Decision::Fail, "sent since then");
        assert_eq!(super::decide(15, 100, None, 115), Decision::Fail);
        let metrics = Event { check: None, ..Event::default() };
        assert_eq!(super::decide(15, 100, Some(&metrics), 115), Decision::Fail);
    }

    #[test]
    fn keepalives_have_no_ttl() {
        let mut event = Event::with_status("web", keepalive::CHECK, 0);
        event.check.as_mut().unwrap().ttl = 60;
        assert_eq!(overdue(&event, 0, 100), None);
        assert_eq!(apply(None, event, &[], 1).deadline, None);
    }
}
