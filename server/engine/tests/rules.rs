//! The rules of event processing, one test for each: `sensu_N` are rules of Sensu Go 5.0.0, `dN` are
//! differences from it, by their number in `docs/differences.md`.

#![expect(clippy::unwrap_used, reason = "a test fails if its setup fails")]

use sensu_engine::{FLAPPING, HISTORY_LENGTH, Outcome, apply, ttl};
use sensu_types::event::{Check, Event};
use sensu_types::silenced::Silenced;

/// A result: status and time of execution.
type Sent = (u32, i64);

fn event(status: u32, executed: i64) -> Event {
    let mut event = Event { timestamp: executed, ..Event::with_status("web", "cpu", status) };
    event.check.as_mut().unwrap().executed = executed;
    event
}

/// The stored event after these results; `change` is applied to each before it is sent.
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

/// Results with these statuses, one second apart.
fn every_second(statuses: &[u32]) -> Vec<Sent> {
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
fn sensu_1_history_is_sorted_by_time_of_execution() {
    assert_eq!(history(&after(&[(1, 30), (2, 10), (0, 20)])), [(2, 10), (0, 20), (1, 30)]);
}

#[test]
fn sensu_1_results_of_the_same_second_are_in_order_of_arrival() {
    let same: Vec<Sent> = (0..30).map(|n| (n, 5)).collect();
    assert_eq!(history(&after(&same)), same[9..]);
}

#[test]
fn sensu_1_history_has_the_last_21_results() {
    let results: Vec<Sent> = (0..22).map(|n| (0, i64::from(n))).collect();
    let history = history(&after(&results));
    assert_eq!((history.len(), history[0]), (HISTORY_LENGTH, (0, 1)));
    assert_eq!(HISTORY_LENGTH, 21);
}

#[test]
fn sensu_2_consecutive_equal_failures_are_counted() {
    let count = |statuses: &[u32]| after(&every_second(statuses)).occurrences;
    assert_eq!([&[1][..], &[1, 1], &[1, 1, 1], &[1, 1, 2]].map(count), [1, 2, 3, 1]);
}

#[test]
fn sensu_2_successes_are_not_counted() {
    assert_eq!(after(&every_second(&[0, 0, 0, 0])).occurrences, 1);
}

#[test]
fn sensu_2_occurrences_compare_the_last_two_results_of_the_sorted_history() {
    // The third result arrives late and is not among the last two, which are equal.
    assert_eq!(after(&[(1, 10), (1, 20), (2, 5)]).occurrences, 3);
}

#[test]
fn sensu_2_successes_of_a_flapping_check_are_counted() {
    let mut statuses = alternating(22);
    statuses.extend([0, 0, 0]);
    let check = after_changed(&every_second(&statuses), thresholds).check.unwrap();
    assert_eq!((check.state.as_str(), check.occurrences), (FLAPPING, 3));
}

#[test]
fn sensu_3_total_state_change_needs_a_full_history() {
    assert_eq!(after(&every_second(&alternating(20))).total_state_change, 0);
    assert_ne!(after(&every_second(&alternating(21))).total_state_change, 0);
}

#[test]
fn sensu_3_later_changes_weigh_more() {
    let once = |at: usize| {
        let statuses: Vec<u32> = (0..21).map(|n| u32::from(n >= at)).collect();
        after(&every_second(&statuses)).total_state_change
    };
    // Change number i weighs (0.80 + 0.02 i) / 20. The percentage is truncated.
    assert_eq!([1, 9, 10, 19, 20].map(once), [4, 4, 5, 5, 6]);
}

#[test]
fn sensu_4_the_state_follows_the_status() {
    assert_eq!(after(&[(0, 1)]).state, "passing");
    assert_eq!(after(&[(2, 1)]).state, "failing");
}

#[test]
fn sensu_4_flapping_needs_both_thresholds() {
    let state = |low, high| {
        let change = |event: &mut Event| {
            let check = event.check.as_mut().unwrap();
            (check.low_flap_threshold, check.high_flap_threshold) = (low, high);
        };
        after_changed(&every_second(&alternating(21)), change).check.unwrap().state
    };
    let states = [(10, 30), (0, 30), (10, 0), (0, 0)].map(|(low, high)| state(low, high));
    assert_eq!(states, ["flapping", "passing", "passing", "passing"]);
}

#[test]
fn sensu_4_last_ok_is_the_time_of_the_last_success() {
    assert_eq!(after(&[(0, 10), (1, 20), (1, 30)]).last_ok, 10);
    assert_eq!(after(&[(0, 10), (1, 20), (0, 30)]).last_ok, 30);
}

#[test]
fn sensu_4_last_ok_does_not_change_while_flapping() {
    let mut statuses = alternating(21);
    let before = after_changed(&every_second(&statuses), thresholds).check.unwrap().last_ok;
    statuses.extend([0, 0]);
    let check = after_changed(&every_second(&statuses), thresholds).check.unwrap();
    assert_eq!((check.state.as_str(), check.last_ok), (FLAPPING, before));
}

fn silenced(stored: Option<&Event>, status: u32, silences: &[Silenced], now: i64) -> Outcome {
    apply(stored, event(status, now), silences, now)
}

#[test]
fn sensu_5_silences_are_evaluated_for_every_result() {
    let first = silenced(None, 1, &[Silenced::entry("", "cpu")], 1).event;
    assert_eq!(first.check.as_ref().unwrap().silenced, ["*:cpu"]);
    assert!(silenced(Some(&first), 1, &[], 2).event.check.unwrap().silenced.is_empty());
}

#[test]
fn sensu_5_entries_with_expire_on_resolve_end_only_with_a_resolution() {
    let entry = [Silenced { expire_on_resolve: true, ..Silenced::entry("", "cpu") }];
    let good = silenced(None, 0, &entry, 1);
    let good = silenced(Some(&good.event), 0, &entry, 1);
    assert!(good.expired_silences.is_empty(), "not a resolution");
    let bad = silenced(Some(&good.event), 2, &entry, 2);
    assert!(bad.expired_silences.is_empty());
    let resolved = silenced(Some(&bad.event), 0, &entry, 3);
    assert_eq!(resolved.expired_silences, ["*:cpu"]);
    assert!(resolved.event.check.unwrap().silenced.is_empty());
}

#[test]
fn sensu_6_an_overdue_result_is_a_failure() {
    let stored = after_changed(&[(0, 100)], |event| event.check.as_mut().unwrap().ttl = 60);
    let overdue = ttl::overdue(&stored, 100, 170).unwrap();
    let failed = apply(Some(&stored), overdue, &[], 170);
    let check = failed.event.check.unwrap();
    assert_eq!(check.output, "Last check execution was 70 seconds ago");
    assert_eq!((check.status, check.state.as_str(), check.executed), (1, "failing", 170));
    assert_eq!(history(&check), [(0, 100), (1, 170)]);
}

#[test]
fn sensu_6_a_round_robin_check_has_one_deadline_for_all_agents() {
    let shared = |round_robin, class: &str| {
        let mut event = event(0, 1);
        event.check.as_mut().unwrap().round_robin = round_robin;
        event.entity.as_mut().unwrap().entity_class = class.into();
        ttl::is_shared(&event)
    };
    let cases =
        [(true, "agent"), (true, "switch"), (false, "agent"), (true, "proxy"), (false, "proxy")];
    let expected = [true, true, false, false, false];
    assert_eq!(cases.map(|(round_robin, class)| shared(round_robin, class)), expected);
}

#[test]
fn d24_an_entry_is_active_from_its_begin_until_before_its_end() {
    let entry = [Silenced { begin: 10, expire_at: 20, ..Silenced::entry("", "cpu") }];
    let is_active = |now| !silenced(None, 1, &entry, now).event.check.unwrap().silenced.is_empty();
    assert_eq!([9, 10, 19, 20].map(is_active), [false, true, true, false]);
}

#[test]
fn d30_the_default_timestamp_is_now() {
    let sent = Event { timestamp: 0, ..event(0, 5) };
    assert_eq!(apply(None, sent, &[], 77).event.timestamp, 77);
}

#[test]
fn d31_the_first_result_is_in_the_history() {
    assert_eq!(history(&after(&[(1, 5)])), [(1, 5)]);
}

#[test]
fn d32_the_watermark_is_reset_when_the_status_changes_from_or_to_0() {
    let watermark = |statuses: &[u32]| after(&every_second(statuses)).occurrences_watermark;
    assert_eq!(watermark(&[1, 1, 1]), 3);
    assert_eq!(watermark(&[1, 1, 1, 2]), 3, "another failing status does not reset it");
    assert_eq!(watermark(&[1, 1, 1, 0]), 1);
    let mut flapping = alternating(22);
    flapping.extend([0, 0, 0, 1]);
    let check = after_changed(&every_second(&flapping), thresholds).check.unwrap();
    assert_eq!(check.occurrences_watermark, 1);
}

#[test]
fn d33_total_state_change_is_at_most_100() {
    assert_eq!(after(&every_second(&alternating(21))).total_state_change, 100);
}

#[test]
fn d33_incoming_values_of_server_set_fields_are_ignored() {
    let forge = |event: &mut Event| {
        let check = event.check.as_mut().unwrap();
        // The history of a first event counts.
        if check.executed > 1 {
            check.history = vec![Default::default(); 30];
        }
        check.state = FLAPPING.into();
        (check.total_state_change, check.last_ok) = (50, 999);
        (check.occurrences, check.occurrences_watermark) = (70, 80);
        check.silenced = vec!["*:cpu".into()];
    };
    for statuses in [&[0][..], &[1, 1], &[0, 1, 0]] {
        let expected = after_changed(&every_second(statuses), |_| {});
        assert_eq!(after_changed(&every_second(statuses), forge), expected);
    }
    let both = |event: &mut Event| {
        thresholds(event);
        forge(event);
    };
    // Between the thresholds the stored state decides.
    let mut statuses = [0; 21];
    (statuses[8], statuses[14]) = (1, 1);
    let check = after_changed(&every_second(&statuses), both).check.unwrap();
    assert_eq!((check.total_state_change, check.state.as_str()), (20, "passing"));
    assert_eq!(check.occurrences, 1);
}

#[test]
fn d34_the_deadline_depends_on_the_time_of_arrival() {
    let mut sent = event(0, 5);
    sent.check.as_mut().unwrap().ttl = 60;
    assert_eq!(apply(None, sent, &[], 1_000).deadline, Some(1_060));
    assert_eq!(apply(None, event(0, 5), &[], 1_000).deadline, None);
}

#[test]
fn d40_a_redelivered_event_is_counted_once() {
    let sent = Event { id: "a".into(), ..event(1, 5) };
    let first = apply(None, sent.clone(), &[], 5).event;
    assert_eq!(apply(Some(&first), sent, &[], 6).event, first);
}
