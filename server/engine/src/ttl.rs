//! Overdue results: checks with a `ttl` whose next result does not arrive in time (D34).

use sensu_types::event::{Check, Event};

/// Default status of a check whose result is overdue.
const WARNING: u32 = 1;

/// Time at which the next result of the check is overdue, in seconds since 1970-01-01 UTC. `None` if the
/// check has no `ttl`.
#[must_use]
pub fn deadline(check: &Check, now: i64) -> Option<i64> {
    (check.ttl > 0).then(|| now.saturating_add(check.ttl))
}

/// Creates the failure event for an overdue result, to be applied to the stored event. `None` for an event
/// without a check, or whose check has no `ttl`.
#[must_use]
pub fn overdue(stored: &Event, now: i64) -> Option<Event> {
    let mut event = stored.clone();
    let check = event.check.as_mut().filter(|check| check.ttl > 0)?;
    let elapsed = now.saturating_sub(check.executed);
    check.status = if check.ttl_status > 0 { check.ttl_status } else { WARNING };
    check.output = format!("Last check execution was {elapsed} seconds ago");
    check.executed = now;
    event.timestamp = now;
    // The failure event is not a redelivery of the stored event.
    event.id.clear();
    event.sequence = 0;
    Some(event)
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
    use super::*;
    use crate::apply;

    #[test]
    fn an_overdue_result_is_a_failure_in_the_history() {
        let mut event = Event::with_status("web", "cpu", 0);
        let check = event.check.as_mut().unwrap();
        (check.ttl, check.executed) = (60, 100);
        let stored = apply(None, event, &[], 100);
        assert_eq!(stored.deadline, Some(160));
        let result = overdue(&stored.event, 165).unwrap();
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
        let result = overdue(&event, 165).unwrap();
        assert_eq!((result.id.as_str(), result.sequence), ("", 0));
        assert_eq!(result.check.unwrap().status, 2);
    }

    #[test]
    fn a_check_without_ttl_has_no_deadline() {
        let event = Event::with_status("web", "cpu", 0);
        assert_eq!(overdue(&event, 9), None);
        assert_eq!(apply(None, event, &[], 1).deadline, None);
    }
}
