//! Checks whose results stop coming (D34).

use sensu_types::event::{Check, Event};

/// The exit status of a check whose results stopped coming, unless it says otherwise.
const WARNING: u32 = 1;

/// When a check fails for want of results, in seconds since 1970-01-01 UTC.
#[must_use]
pub fn deadline(check: &Check, now: i64) -> Option<i64> {
    (check.ttl > 0).then(|| now.saturating_add(check.ttl))
}

/// The result that stands for the missing one: apply it to the stored event. `None` for an event
/// without a check.
#[must_use]
pub fn missing(stored: &Event, now: i64) -> Option<Event> {
    let mut event = stored.clone();
    let check = event.check.as_mut()?;
    let silent = now.saturating_sub(check.executed);
    check.status = if check.ttl_status > 0 { check.ttl_status } else { WARNING };
    check.output = format!("Last check execution was {silent} seconds ago");
    check.executed = now;
    event.timestamp = now;
    // It is another event than the one that it is made from.
    event.id.clear();
    event.sequence = 0;
    Some(event)
}

/// Whose results keep the deadline away: those of one entity, or, where agents take turns, those of
/// any of them.
#[must_use]
pub fn is_shared(event: &Event) -> bool {
    let turns = event.check.as_ref().is_some_and(|check| check.round_robin);
    turns && event.entity.as_ref().is_some_and(|entity| entity.entity_class != "proxy")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply;

    #[test]
    fn a_missing_result_is_a_failure_in_the_history() {
        let mut event = Event::with_status("web", "cpu", 0);
        let check = event.check.as_mut().unwrap();
        (check.ttl, check.executed) = (60, 100);
        let stored = apply(None, event, &[], 100);
        assert_eq!(stored.deadline, Some(160));
        let result = missing(&stored.event, 165).unwrap();
        let failed = apply(Some(&stored.event), result, &[], 165).event;
        let check = failed.check.unwrap();
        assert_eq!(check.output, "Last check execution was 65 seconds ago");
        assert_eq!((check.status, &*check.state, check.executed), (1, "failing", 165));
        assert_eq!((check.history.len(), failed.timestamp), (2, 165));
    }

    #[test]
    fn a_check_may_say_how_bad_silence_is() {
        let mut event = Event::with_status("web", "cpu", 0);
        (event.id, event.sequence) = ("a".into(), 7);
        event.check.as_mut().unwrap().ttl_status = 2;
        let result = missing(&event, 165).unwrap();
        assert_eq!((result.id.as_str(), result.sequence), ("", 0));
        assert_eq!(result.check.unwrap().status, 2);
    }

    #[test]
    fn no_ttl_no_deadline() {
        assert_eq!(apply(None, Event::with_status("web", "cpu", 0), &[], 1).deadline, None);
    }
}
