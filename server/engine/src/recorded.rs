//! History that a client sends with an event of which nothing is stored (D33): a dump that is created
//! again, or the results of another monitoring system.

use sensu_types::event::{Check, CheckHistory};

use crate::HISTORY_LENGTH;

/// What the history of a first event says.
pub(crate) struct Recorded {
    /// The check before the result of the event.
    pub(crate) before: Check,
    /// Whether the history contains the result of the event, so that the result was processed elsewhere.
    pub(crate) contains_result: bool,
}

/// Derives the check before the result of a first event from the history in the event. `None` if it
/// contains no other result.
///
/// Of the history, results before 1970 and later than `latest` are dropped, then the oldest beyond
/// [`HISTORY_LENGTH`]. Counts of the client are used as far as the history does not contradict them: it
/// does not reach back to the begin of a long failure. The state of the client is ignored, so flapping
/// depends on results only.
pub(crate) fn recorded(check: &Check, latest: i64) -> Option<Recorded> {
    let result = CheckHistory { status: check.status, executed: check.executed };
    let latest = latest.max(check.executed);
    let is_valid = |result: &CheckHistory| (0..=latest).contains(&result.executed);
    let mut history: Vec<CheckHistory> = check.history.iter().copied().filter(is_valid).collect();
    history.sort_by_key(|result| result.executed);
    let position = history.iter().rposition(|recorded| *recorded == result);
    if let Some(position) = position {
        history.remove(position);
    }
    // One more than fits, because the history of the event also contains its result.
    let excess = (history.len() + 1).saturating_sub(HISTORY_LENGTH);
    history.drain(..excess);
    let last = history.last()?.status;
    let is_complete = history.len() + 1 < HISTORY_LENGTH;

    let run = history.iter().rev().take_while(|result| result.status == last).count();
    let side = history.iter().rev().take_while(|result| (result.status == 0) == (last == 0));
    let side: Vec<u32> = side.map(|result| result.status).collect();
    let longest = side.chunk_by(|one, next| one == next).map(<[u32]>::len).max().unwrap_or(1);
    let count = |sent: i64, seen: usize, is_exact: bool| {
        let seen = i64::try_from(seen).unwrap_or(i64::MAX);
        // Passing results are counted only while the check flaps, which the history then shows.
        match last {
            0 => sent.clamp(1, seen),
            _ if is_exact => seen,
            _ => sent.max(seen),
        }
    };
    let run_is_exact = is_complete || run < history.len();
    let side_is_exact = is_complete || side.len() < history.len();
    let before = Check {
        status: last,
        occurrences: count(check.occurrences.saturating_sub(1), run, run_is_exact),
        occurrences_watermark: count(check.occurrences_watermark, longest, side_is_exact),
        last_ok: check.last_ok.clamp(0, latest),
        history,
        ..Check::default()
    };
    Some(Recorded { before, contains_result: position.is_some() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sensu_types::event::Event;
    use sensu_types::silenced::Silenced;

    use super::*;
    use crate::test_events::event_after;
    use crate::{FLAPPING, apply};

    fn sent(status: u32, executed: i64, history: &[(u32, i64)]) -> Check {
        let history = history.iter();
        Check {
            status,
            executed,
            history: history
                .map(|(status, executed)| CheckHistory { status: *status, executed: *executed })
                .collect(),
            ..Event::with_status("web", "cpu", status).check.unwrap()
        }
    }

    fn first(check: Check) -> Check {
        let event = Event { check: Some(check), ..Event::with_status("web", "cpu", 0) };
        apply(None, event, &[], 100).event.check.unwrap()
    }

    proptest! {
        #[test]
        fn an_event_that_is_created_again_does_not_change(
            statuses in prop::collection::vec(prop_oneof![Just(0u32), Just(0), Just(1), Just(2)], 1..60),
            thresholds in prop_oneof![Just((0u32, 0u32)), Just((10, 30))],
        ) {
            let event = event_after(&statuses, thresholds);
            let check = event.check.as_ref().unwrap();
            // Between the thresholds the state depends on the state before, which the client could invent.
            prop_assume!(check.state != FLAPPING || check.total_state_change >= 30);
            prop_assert_eq!(apply(None, event.clone(), &[], 99).event, event);
        }

        #[test]
        fn any_history_gives_a_valid_event(
            history in prop::collection::vec((0u32..3, -50i64..200), 0..40),
            counts in prop::collection::vec(any::<i64>(), 3),
            result in (0u32..3, 0i64..100),
        ) {
            let mut check = sent(result.0, result.1, &history);
            check.state = FLAPPING.into();
            (check.occurrences, check.occurrences_watermark) = (counts[0], counts[1]);
            check.last_ok = counts[2];
            let check = first(check);
            prop_assert!((1..=HISTORY_LENGTH).contains(&check.history.len()));
            prop_assert!(check.history.iter().all(|result| (0..=100).contains(&result.executed)));
            prop_assert!(check.history.is_sorted_by_key(|result| result.executed));
            let sent = CheckHistory { status: result.0, executed: result.1 };
            prop_assert!(check.history.contains(&sent));
            prop_assert!(check.occurrences >= 1);
            prop_assert!(check.occurrences_watermark >= check.occurrences);
            prop_assert!((0..=100).contains(&check.last_ok) || check.status == 0);
            prop_assert!(check.state != FLAPPING);
        }
    }

    #[test]
    fn the_result_follows_on_the_history_without_it() {
        let check = first(sent(2, 30, &[(2, 20), (0, 10)]));
        let history: Vec<_> = check.history.iter().map(|one| (one.status, one.executed)).collect();
        assert_eq!(history, [(0, 10), (2, 20), (2, 30)]);
        assert_eq!((check.occurrences, check.occurrences_watermark), (2, 2));
    }

    #[test]
    fn counts_that_the_history_contradicts_are_corrected() {
        let mut check = sent(2, 30, &[(0, 10), (2, 20), (2, 30)]);
        (check.occurrences, check.occurrences_watermark) = (9, 99);
        let check = first(check);
        assert_eq!((check.occurrences, check.occurrences_watermark), (2, 2));
        let mut long = sent(2, 30, &(10..31).map(|second| (2, second)).collect::<Vec<_>>());
        (long.occurrences, long.occurrences_watermark) = (900, 901);
        let long = first(long);
        assert_eq!((long.occurrences, long.occurrences_watermark), (900, 901));
    }

    #[test]
    fn a_recorded_resolution_ends_no_silence() {
        let silence = Silenced { expire_on_resolve: true, ..Silenced::entry("", "cpu") };
        let ended = |history: &[(u32, i64)]| {
            let check = Some(sent(0, 30, history));
            let event = Event { check, ..Event::with_status("web", "cpu", 0) };
            apply(None, event, std::slice::from_ref(&silence), 100).expired_silences.len()
        };
        assert_eq!(ended(&[(2, 20), (0, 30)]), 0);
        assert_eq!(ended(&[(2, 20)]), 1);
    }
}
