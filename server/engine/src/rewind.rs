//! Reconstructs the event before an imported event, whose history another server recorded.

use sensu_types::event::Event;

/// The event as it was before the last result of the recorded event, as far as it can be derived.
///
/// Applying the recorded event to it returns the recorded event. `None` if the history does not end with
/// the result of the event.
#[must_use]
pub fn previous_event(recorded: &Event) -> Option<Event> {
    let mut event = recorded.clone();
    // The previous event had another identity.
    event.id.clear();
    event.sequence = 0;
    let check = event.check.as_mut()?;
    let last = check.history.pop()?;
    if (last.status, last.executed) != (check.status, check.executed) {
        return None;
    }
    let is_repeated = check.history.last().is_some_and(|before| before.status == last.status);
    check.occurrences = if is_repeated { check.occurrences.saturating_sub(1).max(0) } else { 1 };
    // If the status is repeated, or the watermark is above the count, the status before the last result was on
    // the same side of 0. Otherwise the last result changed it from or to 0, which resets the watermark.
    let reached_before = check.occurrences_watermark > recorded.check.as_ref()?.occurrences;
    if !is_repeated && !reached_before {
        check.status = u32::from(last.status == 0);
    }
    Some(event)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::apply;
    use crate::test_events::event_after;

    proptest! {
        #[test]
        fn a_recorded_event_does_not_change(
            statuses in prop::collection::vec(prop_oneof![Just(0u32), Just(0), Just(1), Just(2)], 1..60),
            thresholds in prop_oneof![Just((0u32, 0u32)), Just((10, 30))],
        ) {
            let event = event_after(&statuses, thresholds);
            prop_assert_eq!(apply(previous_event(&event).as_ref(), event.clone(), &[], 99).event, event);
        }
    }

    #[test]
    fn a_history_without_the_last_result_is_ignored() {
        let event = Event::with_status("web", "cpu", 2);
        assert_eq!(previous_event(&event), None);
        let mut event = event_after(&[0, 2], (0, 0));
        event.check.as_mut().unwrap().status = 1;
        assert_eq!(previous_event(&event), None);
        let metrics = Event { check: None, ..event };
        assert_eq!(previous_event(&metrics), None);
    }
}
