//! Events that were recorded elsewhere, with the history that they had there.

use sensu_types::event::Event;

/// The event as it was before its last result, as far as the recorded event tells.
///
/// Applying the recorded event to it gives the recorded event again. `None` if that has no history,
/// or one that does not end with its own result: it then begins anew.
#[must_use]
pub fn previous_event(recorded: &Event) -> Option<Event> {
    let mut event = recorded.clone();
    // It is another event than the one that followed.
    event.id.clear();
    event.sequence = 0;
    let check = event.check.as_mut()?;
    let last = check.history.pop()?;
    if (last.status, last.executed) != (check.status, check.executed) {
        return None;
    }
    let again = check.history.last().is_some_and(|before| before.status == last.status);
    check.occurrences = if again { check.occurrences.saturating_sub(1).max(0) } else { 1 };
    // A watermark above the count was reached at the same side of good and bad; so was, by its own
    // words, a state that did not change. Anything else began with the last result.
    let reached_before = check.occurrences_watermark > recorded.check.as_ref()?.occurrences;
    if !again && !reached_before {
        check.status = u32::from(last.status == 0);
    }
    Some(event)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::apply;

    /// The event after these results, one each second.
    fn recorded(statuses: &[u32], thresholds: (u32, u32)) -> Event {
        let mut stored = None;
        for (status, second) in statuses.iter().zip(1..) {
            let mut event =
                Event { timestamp: second, ..Event::with_status("web", "cpu", *status) };
            let check = event.check.as_mut().unwrap();
            check.executed = second;
            (check.low_flap_threshold, check.high_flap_threshold) = thresholds;
            stored = Some(apply(stored.as_ref(), event, &[], second).event);
        }
        stored.unwrap()
    }

    proptest! {
        #[test]
        fn a_recorded_event_stays_what_it_was(
            statuses in prop::collection::vec(prop_oneof![Just(0u32), Just(0), Just(1), Just(2)], 1..60),
            thresholds in prop_oneof![Just((0u32, 0u32)), Just((10, 30))],
        ) {
            let event = recorded(&statuses, thresholds);
            prop_assert_eq!(apply(previous_event(&event).as_ref(), event.clone(), &[], 99).event, event);
        }
    }

    #[test]
    fn without_its_own_result_there_is_no_history() {
        let event = Event::with_status("web", "cpu", 2);
        assert_eq!(previous_event(&event), None);
        let mut event = recorded(&[0, 2], (0, 0));
        event.check.as_mut().unwrap().status = 1;
        assert_eq!(previous_event(&event), None);
        let metrics = Event { check: None, ..event };
        assert_eq!(previous_event(&metrics), None);
    }
}
