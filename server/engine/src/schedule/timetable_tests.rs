//! Tests of the timetable, with a clock that the tests set.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use sensu_types::check::CheckConfig;

use super::{Due, DueKind, Schedule, Timetable, due_times};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn check(name: &str, interval: u32) -> CheckConfig {
    let mut check = CheckConfig { interval, publish: true, ..CheckConfig::default() };
    check.metadata.name = name.into();
    check
}

fn set(timetable: &mut Timetable<u32>, check: &CheckConfig, definition: u32, now: i64) {
    timetable.set("default", check, definition, at(now));
}

/// Calls `take_due` each second, from and to a time (inclusive). Returns seconds and what was due.
fn run(timetable: &mut Timetable<u32>, from: i64, to: i64) -> Vec<(i64, Due<u32>)> {
    let due = |second| timetable.take_due(at(second)).into_iter().map(move |due| (second, due));
    (from..=to).flat_map(due).collect()
}

fn seconds(due: &[(i64, Due<u32>)]) -> Vec<i64> {
    due.iter().map(|(second, _)| *second).collect()
}

/// B1: `check-cpu` runs at 57.65 s, from 1700000000 on. B3: a change keeps the phase and applies to the next run.
#[test]
fn a_change_of_the_definition_keeps_the_phase() {
    let mut timetable = Timetable::default();
    set(&mut timetable, &check("check-cpu", 60), 1, 0);
    assert_eq!(timetable.next_due().unwrap() - at(0), TimeDelta::nanoseconds(57_651_758_457));
    assert_eq!(seconds(&run(&mut timetable, 0, 100)), [58]);
    let changed = CheckConfig { command: "true".into(), ..check("check-cpu", 60) };
    set(&mut timetable, &changed, 2, 100);
    let due = run(&mut timetable, 101, 200);
    assert_eq!(seconds(&due), [118, 178]);
    assert_eq!(due[0].1.definition, 2);
    assert_eq!(due[0].1.run, at(117) + TimeDelta::nanoseconds(651_758_457));
}

#[test]
fn a_change_does_not_skip_a_run_that_is_due() {
    let mut timetable = Timetable::default();
    set(&mut timetable, &check("check-cpu", 60), 1, 0);
    set(&mut timetable, &check("check-cpu", 60), 2, 58);
    assert_eq!(seconds(&run(&mut timetable, 58, 60)), [58]);
}

/// B4.
#[test]
fn another_interval_starts_at_its_own_phase() {
    let mut timetable = Timetable::default();
    set(&mut timetable, &check("check-cpu", 60), 1, 0);
    set(&mut timetable, &check("check-cpu", 10), 2, 20);
    assert_eq!(seconds(&run(&mut timetable, 21, 50)), [28, 38, 48]);
    let cron = CheckConfig { interval: 0, cron: "* * * * *".into(), ..check("check-cpu", 0) };
    set(&mut timetable, &cron, 3, 50);
    // 1700000000 is 22:13:20.
    assert_eq!(seconds(&run(&mut timetable, 51, 170)), [100, 160]);
}

#[test]
fn a_run_that_is_due_is_not_lost_when_all_checks_are_read_again() {
    let mut timetable = Timetable::default();
    for name in ["check-cpu", "deleted"] {
        set(&mut timetable, &check(name, 60), 1, 0);
    }
    timetable.retain(|namespace, name| (namespace, name) == ("default", "check-cpu"));
    set(&mut timetable, &check("check-cpu", 60), 2, 58);
    let due = timetable.take_due(at(58));
    let names: Vec<_> = due.iter().map(|due| due.name.as_str()).collect();
    assert_eq!(names, ["check-cpu"]);
}

/// B5.
#[test]
fn a_check_that_is_deleted_or_not_published_does_not_run() {
    let mut timetable = Timetable::default();
    let unpublished = CheckConfig { publish: false, ..check("check-cpu", 10) };
    set(&mut timetable, &unpublished, 1, 0);
    assert_eq!(timetable.next_due(), None);
    set(&mut timetable, &check("check-cpu", 10), 2, 1);
    assert_eq!(seconds(&run(&mut timetable, 2, 20)), [8, 18]);
    set(&mut timetable, &unpublished, 3, 20);
    assert_eq!(timetable.next_due(), None);
    set(&mut timetable, &check("check-cpu", 10), 4, 30);
    timetable.remove("default", "check-cpu");
    timetable.remove("default", "check-cpu");
    assert_eq!(timetable.next_due(), None);
    assert!(run(&mut timetable, 30, 60).is_empty());
}

/// B6. B2: the same name has the same phase in both namespaces.
#[test]
fn checks_of_namespaces_are_independent() {
    let mut timetable = Timetable::default();
    for (namespace, name) in [("c", "a-b"), ("b-c", "a"), ("c", "a")] {
        timetable.set(namespace, &check(name, 60), 1, at(0));
    }
    let due = run(&mut timetable, 1, 60);
    let mut names: Vec<_> = due.iter().map(|(_, due)| (&*due.namespace, &*due.name)).collect();
    names.sort_unstable();
    assert_eq!(names, [("b-c", "a"), ("c", "a"), ("c", "a-b")]);
    assert_eq!(due.iter().filter(|(second, due)| due.name == "a" && *second == 35).count(), 2);
}

#[test]
fn a_clock_that_is_set_forward_gives_one_late_run() {
    let mut timetable = Timetable::default();
    set(&mut timetable, &check("check-cpu", 10), 1, 0);
    set(&mut timetable, &check("http", 60), 1, 0);
    let cron = CheckConfig { interval: 0, cron: "*/5 * * * *".into(), ..check("cron", 0) };
    set(&mut timetable, &cron, 1, 0);
    assert_eq!(run(&mut timetable, 1, 9).len(), 1);
    let hours = 5 * 3600;
    let late = timetable.take_due(at(hours));
    let lateness: Vec<_> =
        late.iter().map(|due| (&*due.name, (at(hours) - due.run).num_seconds())).collect();
    // The scheduled times are the last ones before now.
    assert_eq!(lateness, [("cron", 200), ("http", 4), ("check-cpu", 2)]);
    assert_eq!(seconds(&run(&mut timetable, hours + 1, hours + 10)), [hours + 8]);
}

/// B16.
#[test]
fn a_clock_that_is_set_back_continues_from_the_new_time() {
    let mut timetable = Timetable::default();
    set(&mut timetable, &check("check-cpu", 10), 1, 0);
    assert_eq!(seconds(&run(&mut timetable, 0, 20)), [8, 18]);
    let back = -300;
    assert_eq!(seconds(&run(&mut timetable, back, back + 20)), [back + 8, back + 18]);
    // A small adjustment repeats no run.
    assert!(timetable.take_due(at(back + 18) + TimeDelta::milliseconds(200)).is_empty());
    let adjusted = at(back + 17) + TimeDelta::milliseconds(500);
    assert!(timetable.take_due(adjusted).is_empty());
    assert_eq!(seconds(&run(&mut timetable, back + 18, back + 28)), [back + 28]);
}

fn with_check(interval: u32) -> (Timetable<u32>, Schedule) {
    let mut timetable = Timetable::default();
    let check = check("check-cpu", interval);
    set(&mut timetable, &check, 1, 0);
    (timetable, Schedule::of(&check).unwrap())
}

fn add(timetable: &mut Timetable<u32>, schedule: &Schedule, run: &Due<u32>, count: usize) {
    let period = schedule.period_at(run.run).unwrap();
    let times = due_times(run.run, period, 0, count);
    let requests: Vec<_> = times.zip((0..).map(|number| format!("e{number:04}"))).collect();
    timetable.add_requests(run, requests);
}

/// B8: entries of the queue with absolute times.
#[test]
fn proxy_requests_are_due_at_their_times() {
    let (mut timetable, schedule) = with_check(60);
    let (second, tick) = run(&mut timetable, 0, 60).pop().unwrap();
    assert_eq!((second, &tick.kind), (58, &DueKind::Run));
    add(&mut timetable, &schedule, &tick, 3);
    // The requests keep the definition of their run.
    set(&mut timetable, &check("check-cpu", 60), 2, 60);
    let due = run(&mut timetable, 61, 118);
    let due: Vec<_> =
        due.iter().map(|(second, due)| (*second, &due.kind, due.definition, due.run)).collect();
    let request = |entity: &str| DueKind::ProxyRequest { entity: entity.into() };
    let run = DueKind::Run;
    let (first, second, third) = (request("e0000"), request("e0001"), request("e0002"));
    let next = tick.run + TimeDelta::seconds(60);
    assert_eq!(
        due,
        [
            (76, &first, 1, tick.run),
            (94, &second, 1, tick.run),
            (112, &third, 1, tick.run),
            (118, &run, 2, next)
        ]
    );
}

#[test]
fn pending_requests_of_a_removed_check_are_dropped() {
    let (mut timetable, schedule) = with_check(60);
    let (_, tick) = run(&mut timetable, 0, 60).pop().unwrap();
    add(&mut timetable, &schedule, &tick, 3);
    timetable.remove("default", "check-cpu");
    set(&mut timetable, &check("check-cpu", 60), 2, 61);
    assert_eq!(seconds(&run(&mut timetable, 61, 120)), [118]);
    timetable.remove("default", "check-cpu");
    add(&mut timetable, &schedule, &tick, 3);
    assert!(run(&mut timetable, 121, 180).is_empty());
}

#[test]
fn pending_requests_follow_the_clock() {
    let (mut timetable, schedule) = with_check(60);
    let (_, tick) = run(&mut timetable, 0, 58).pop().unwrap();
    add(&mut timetable, &schedule, &tick, 3);
    // Back by 28 s: the first request is due in 18 s as before.
    let due = run(&mut timetable, 30, 56);
    assert_eq!(seconds(&due), [48]);
    // Forward: the run that is late requests all entities again.
    let due = timetable.take_due(at(3600));
    assert_eq!(due.iter().map(|due| &due.kind).collect::<Vec<_>>(), [&DueKind::Run]);
    assert!(at(3600) - due[0].run < TimeDelta::seconds(60));
}

/// B21.
#[test]
fn distributed_requests_delay_no_other_check() {
    let (mut timetable, schedule) = with_check(300);
    let (second, tick) = run(&mut timetable, 0, 300).pop().unwrap();
    add(&mut timetable, &schedule, &tick, 1000);
    for number in 0..1000 {
        set(&mut timetable, &check(&format!("check-{number}"), 30), 2, second);
    }
    let due = run(&mut timetable, second + 1, second + 299);
    let (requests, runs): (Vec<_>, Vec<_>) =
        due.iter().partition(|(_, due)| due.kind != DueKind::Run);
    assert_eq!(requests.len(), 1000);
    assert!((9_900..10_000).contains(&runs.len()), "{}", runs.len());
    for (second, due) in runs {
        assert!(at(*second) - due.run < TimeDelta::seconds(1));
    }
}

proptest! {
    #[test]
    fn any_clock_gives_at_most_one_run_per_check_and_call(
        intervals in prop::collection::vec(1u32..200, 1..8),
        steps in prop::collection::vec(-2_000_000i64..2_000_000, 1..40),
    ) {
        let mut timetable = Timetable::default();
        for (number, interval) in intervals.iter().enumerate() {
            set(&mut timetable, &check(&format!("check-{number}"), *interval), 1, 0);
        }
        let cron = CheckConfig { interval: 0, cron: "*/2 * * * *".into(), ..check("cron", 0) };
        set(&mut timetable, &cron, 1, 0);
        let mut now = at(0);
        for step in steps {
            now += TimeDelta::milliseconds(step);
            let due = timetable.take_due(now);
            let mut names: Vec<_> = due.iter().map(|due| &due.name).collect();
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(names.len(), due.len());
            prop_assert!(due.is_sorted_by_key(|due| due.run));
            prop_assert!(due.iter().all(|due| due.run <= now && now - due.run < TimeDelta::seconds(200)));
            let next = timetable.next_due().unwrap();
            prop_assert!(next > now && next - now <= TimeDelta::seconds(201));
        }
    }
}
