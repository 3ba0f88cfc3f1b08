//! Occurrences and their watermark (D32).

use sensu_types::event::{Check, CheckHistory};

use crate::flap::FLAPPING;

/// Number of consecutive results with this status. Results with status 0 are counted only while the
/// check is flapping.
pub(crate) fn count(before: Option<&Check>, check: &Check) -> i64 {
    let counted = check.status != 0 || check.state == FLAPPING;
    let repeated = matches!(&check.history[..], [.., CheckHistory { status: a, .. }, CheckHistory { status: b, .. }] if a == b);
    match before {
        Some(before) if counted && repeated => before.occurrences.saturating_add(1),
        _ => 1,
    }
}

/// Highest number of occurrences since the status last changed from or to 0.
pub(crate) fn watermark(before: Option<&Check>, check: &Check) -> i64 {
    match before {
        Some(before) if (before.status == 0) == (check.status == 0) => {
            before.occurrences_watermark.max(check.occurrences)
        }
        _ => check.occurrences,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sensu_types::event::Event;

    use crate::apply;

    /// Occurrences and watermark after each of these results.
    fn after(statuses: &[u32]) -> Vec<(i64, i64)> {
        let mut stored: Option<Event> = None;
        let mut counts = Vec::new();
        for (status, executed) in statuses.iter().zip(1..) {
            let mut event = Event::with_status("web", "cpu", *status);
            event.check.as_mut().unwrap().executed = executed;
            let event = apply(stored.as_ref(), event, &[], executed).event;
            let check = event.check.as_ref().unwrap();
            counts.push((check.occurrences, check.occurrences_watermark));
            stored = Some(event);
        }
        counts
    }

    #[test]
    fn failures_are_counted_and_successes_are_not() {
        assert_eq!(after(&[1, 1, 1]), [(1, 1), (2, 2), (3, 3)]);
        assert_eq!(after(&[0, 0, 0]), [(1, 1), (1, 1), (1, 1)]);
    }

    #[test]
    fn another_failing_status_resets_occurrences_but_not_the_watermark() {
        assert_eq!(after(&[1, 1, 2, 2, 2]), [(1, 1), (2, 2), (1, 2), (2, 2), (3, 3)]);
    }

    #[test]
    fn a_recovery_resets_the_watermark() {
        assert_eq!(after(&[2, 2, 2, 0, 1]), [(1, 1), (2, 2), (3, 3), (1, 1), (1, 1)]);
    }

    proptest! {
        #[test]
        fn occurrences_are_positive_and_at_most_the_watermark(statuses in prop::collection::vec(0u32..3, 1..50)) {
            for (count, watermark) in after(&statuses) {
                prop_assert!(count >= 1 && watermark >= count);
            }
        }

        #[test]
        fn occurrences_are_the_length_of_the_last_run(statuses in prop::collection::vec(1u32..3, 1..50)) {
            let run = statuses.iter().rev().take_while(|status| *status == statuses.last().unwrap()).count();
            prop_assert_eq!(after(&statuses).last().unwrap().0, i64::try_from(run).unwrap());
        }

        #[test]
        fn the_same_results_give_the_same_event(statuses in prop::collection::vec(0u32..3, 1..30)) {
            prop_assert_eq!(after(&statuses), after(&statuses));
        }
    }
}
