//! The rules by which an event is computed, one test for each: those of Sensu Go 5.0.0 that are kept, and
//! those that were changed, by the number of the decision.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use sensu_engine::{FLAPPING, HISTORY_LENGTH, Outcome, apply, ttl};
use sensu_types::event::{Check, Event};
use sensu_types::silenced::Silenced;

/// A result: status, when it was executed.
type Sent = (u32, i64);

fn event(status: u32, executed: i64) -> Event {
    let mut event = Event { timestamp: executed, ..Event::with_status("web", "cpu", status) };
    event.check.as_mut().unwrap().executed = executed;
    event
}

/// What is stored after these results, `change` made to each of them before it is sent.
fn after_changed(results: &[Sent], change: impl Fn(&mut Event)) -> Event {
    let mut stored: Option<Event> = None;
    for (status, executed) in results {
        let mut sent = event(*status, *executed);
        change(&mut sent);
        stored = Some(apply(stored.as_ref(), sent, &[], *executed).event);
    }
    stored.unwrap()
}

fn after(results: &[Sent]) -> Check {
    after_changed(results, |_| {}).check.unwrap()
}

/// Results one second apart.
fn each(statuses: &[u32]) -> Vec<Sent> {
    statuses.iter().copied().zip(1..).collect()
}

fn history(check: &Check) -> Vec<Sent> {
    check.history.iter().map(|result| (result.status, result.executed)).collect()
}

fn thresholds(event: &mut Event) {
    let check = event.check.as_mut().unwrap();
    (check.low_flap_threshold, check.high_flap_threshold) = (10, 30);
}

fn alternating(results: u32) -> Vec<u32> {
    (0..results).map(|n| n % 2).collect()
}

#[test]
fn kept_1_history_is_in_order_of_execution() {
    assert_eq!(history(&after(&[(1, 30), (2, 10), (0, 20)])), [(2, 10), (0, 20), (1, 30)]);
}

#[test]
fn kept_1_ties_are_in_order_of_arrival_also_in_a_full_history() {
    let same: Vec<Sent> = (0..30).map(|n| (n, 5)).collect();
    assert_eq!(history(&after(&same)), same[9..]);
}

#[test]
fn kept_1_the_oldest_of_more_than_21_is_dropped() {
    let results: Vec<Sent> = (0..22).map(|n| (0, i64::from(n))).collect();
    let history = history(&after(&results));
    assert_eq!((history.len(), history[0]), (HISTORY_LENGTH, (0, 1)));
    assert_eq!(HISTORY_LENGTH, 21);
}

#[test]
fn kept_2_equal_failures_in_a_row_are_counted() {
    let count = |statuses: &[u32]| after(&each(statuses)).occurrences;
    assert_eq!([&[1][..], &[1, 1], &[1, 1, 1], &[1, 1, 2]].map(count), [1, 2, 3, 1]);
}

#[test]
fn kept_2_successes_are_not_counted() {
    assert_eq!(after(&each(&[0, 0, 0, 0])).occurrences, 1);
}

#[test]
fn kept_2_the_last_two_are_those_after_sorting() {
    // The late result is not among the last two, which are equal.
    assert_eq!(after(&[(1, 10), (1, 20), (2, 5)]).occurrences, 3);
}

#[test]
fn kept_2_successes_of_a_flapping_check_are_counted() {
    let mut statuses = alternating(22);
    statuses.extend([0, 0, 0]);
    let check = after_changed(&each(&statuses), thresholds).check.unwrap();
    assert_eq!((check.state.as_str(), check.occurrences), (FLAPPING, 3));
}

#[test]
fn kept_3_total_state_change_needs_a_full_history() {
    assert_eq!(after(&each(&alternating(20))).total_state_change, 0);
    assert_ne!(after(&each(&alternating(21))).total_state_change, 0);
}

#[test]
fn kept_3_later_changes_weigh_more() {
    let once = |at: usize| {
        let statuses: Vec<u32> = (0..21).map(|n| u32::from(n >= at)).collect();
        after(&each(&statuses)).total_state_change
    };
    // (0.80 + 0.02 i) / 20 for the change number i, cut to a whole percentage.
    assert_eq!([1, 9, 10, 19, 20].map(once), [4, 4, 5, 5, 6]);
}

#[test]
fn kept_4_the_state_follows_the_status() {
    assert_eq!(after(&[(0, 1)]).state, "passing");
    assert_eq!(after(&[(2, 1)]).state, "failing");
}

#[test]
fn kept_4_flapping_needs_both_thresholds() {
    let state = |low, high| {
        let change = |event: &mut Event| {
            let check = event.check.as_mut().unwrap();
            (check.low_flap_threshold, check.high_flap_threshold) = (low, high);
        };
        after_changed(&each(&alternating(21)), change).check.unwrap().state
    };
    let states = [(10, 30), (0, 30), (10, 0), (0, 0)].map(|(low, high)| state(low, high));
    assert_eq!(states, ["flapping", "passing", "passing", "passing"]);
}

#[test]
fn kept_4_last_ok_is_the_time_of_the_last_success() {
    assert_eq!(after(&[(0, 10), (1, 20), (1, 30)]).last_ok, 10);
    assert_eq!(after(&[(0, 10), (1, 20), (0, 30)]).last_ok, 30);
}

#[test]
fn kept_4_last_ok_stands_still_while_flapping() {
    let mut statuses = alternating(21);
    let before = after_changed(&each(&statuses), thresholds).check.unwrap().last_ok;
    statuses.extend([0, 0]);
    let check = after_changed(&each(&statuses), thresholds).check.unwrap();
    assert_eq!((check.state.as_str(), check.last_ok), (FLAPPING, before));
}

fn judged(stored: Option<&Event>, status: u32, silences: &[Silenced], now: i64) -> Outcome {
    apply(stored, event(status, now), silences, now)
}

#[test]
fn kept_5_silences_are_judged_anew_with_every_result() {
    let first = judged(None, 1, &[Silenced::entry("", "cpu")], 1).event;
    assert_eq!(first.check.as_ref().unwrap().silenced, ["*:cpu"]);
    assert!(judged(Some(&first), 1, &[], 2).event.check.unwrap().silenced.is_empty());
}

#[test]
fn kept_5_entries_that_expire_on_resolve_end_with_a_resolution_only() {
    let entry = [Silenced { expire_on_resolve: true, ..Silenced::entry("", "cpu") }];
    let good = judged(None, 0, &entry, 1);
    let good = judged(Some(&good.event), 0, &entry, 1);
    assert!(good.ended.is_empty(), "there was nothing to resolve");
    let bad = judged(Some(&good.event), 2, &entry, 2);
    assert!(bad.ended.is_empty());
    let resolved = judged(Some(&bad.event), 0, &entry, 3);
    assert_eq!(resolved.ended, ["*:cpu"]);
    assert!(resolved.event.check.unwrap().silenced.is_empty());
}

#[test]
fn kept_6_a_ttl_makes_a_failure_of_silence() {
    let stored = after_changed(&[(0, 100)], |event| event.check.as_mut().unwrap().ttl = 60);
    let missing = ttl::missing(&stored, 170).unwrap();
    let failed = apply(Some(&stored), missing, &[], 170);
    let check = failed.event.check.unwrap();
    assert_eq!(check.output, "Last check execution was 70 seconds ago");
    assert_eq!((check.status, check.state.as_str(), check.executed), (1, "failing", 170));
    assert_eq!(history(&check), [(0, 100), (1, 170)]);
}

#[test]
fn kept_6_one_timer_for_each_check_where_agents_take_turns() {
    let shared = |round_robin, class: &str| {
        let mut event = event(0, 1);
        event.check.as_mut().unwrap().round_robin = round_robin;
        event.entity.as_mut().unwrap().entity_class = class.into();
        ttl::is_shared(&event)
    };
    let cases =
        [(true, "agent"), (true, "switch"), (false, "agent"), (true, "proxy"), (false, "proxy")];
    let expected = [true, true, false, false, false];
    assert_eq!(cases.map(|(turns, class)| shared(turns, class)), expected);
}

#[test]
fn changed_d24_an_entry_acts_in_the_second_of_its_begin_and_not_in_that_of_its_end() {
    let entry = [Silenced { begin: 10, expire_at: 20, ..Silenced::entry("", "cpu") }];
    let acts = |now| !judged(None, 1, &entry, now).event.check.unwrap().silenced.is_empty();
    assert_eq!([9, 10, 19, 20].map(acts), [false, true, true, false]);
}

#[test]
fn changed_d30_a_missing_timestamp_is_now() {
    let sent = Event { timestamp: 0, ..event(0, 5) };
    assert_eq!(apply(None, sent, &[], 77).event.timestamp, 77);
}

#[test]
fn changed_d31_the_first_result_is_in_the_history() {
    assert_eq!(history(&after(&[(1, 5)])), [(1, 5)]);
}

#[test]
fn changed_d32_the_watermark_starts_over_when_the_status_changes_to_or_from_good() {
    let watermark = |statuses: &[u32]| after(&each(statuses)).occurrences_watermark;
    assert_eq!(watermark(&[1, 1, 1]), 3);
    assert_eq!(watermark(&[1, 1, 1, 2]), 3, "from bad to worse is not a change");
    assert_eq!(watermark(&[1, 1, 1, 0]), 1);
    let mut flapping = alternating(22);
    flapping.extend([0, 0, 0, 1]);
    let check = after_changed(&each(&flapping), thresholds).check.unwrap();
    assert_eq!(check.occurrences_watermark, 1);
}

#[test]
fn changed_d33_the_percentage_ends_at_100() {
    assert_eq!(after(&each(&alternating(21))).total_state_change, 100);
}

#[test]
fn changed_d33_what_a_client_sends_in_kept_fields_is_ignored() {
    let lie = |event: &mut Event| {
        let check = event.check.as_mut().unwrap();
        check.history = vec![Default::default(); 30];
        check.state = FLAPPING.into();
        (check.total_state_change, check.last_ok) = (50, 999);
        (check.occurrences, check.occurrences_watermark) = (70, 80);
        check.silenced = vec!["*:cpu".into()];
    };
    for statuses in [&[0][..], &[1, 1], &[0, 1, 0]] {
        let honest = after_changed(&each(statuses), |_| {});
        assert_eq!(after_changed(&each(statuses), lie), honest);
    }
    let both = |event: &mut Event| {
        thresholds(event);
        lie(event);
    };
    // Between the thresholds, where the state before decides.
    let mut statuses = [0; 21];
    (statuses[8], statuses[14]) = (1, 1);
    let check = after_changed(&each(&statuses), both).check.unwrap();
    assert_eq!((check.total_state_change, check.state.as_str()), (20, "passing"));
    assert_eq!(check.occurrences, 1);
}

#[test]
fn changed_d34_the_deadline_follows_from_arrival() {
    let mut sent = event(0, 5);
    sent.check.as_mut().unwrap().ttl = 60;
    assert_eq!(apply(None, sent, &[], 1_000).deadline, Some(1_060));
    assert_eq!(apply(None, event(0, 5), &[], 1_000).deadline, None);
}

#[test]
fn changed_d40_the_same_event_again_is_counted_once() {
    let sent = Event { id: "a".into(), ..event(1, 5) };
    let first = apply(None, sent.clone(), &[], 5).event;
    assert_eq!(apply(Some(&first), sent, &[], 6).event, first);
}
