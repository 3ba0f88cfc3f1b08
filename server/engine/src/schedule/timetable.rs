//! The due times of all checks of a scheduler: a priority queue of runs and of distributed proxy requests.
//!
//! The scheduler calls [`Timetable::set`] and [`Timetable::remove`] when checks change, sleeps until
//! [`Timetable::next_due`], but not longer than about a second, so that it notices a clock that is set, and
//! processes what [`Timetable::take_due`] returns. Nothing in here waits, so a run with many proxy requests
//! delays no other check.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sensu_types::check::CheckConfig;

use super::Schedule;

/// A clock that goes back by more than this was set; less is an adjustment, which only delays runs.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(1);

/// Namespace and name of a check.
type Key = Arc<(String, String)>;

/// The checks that run on a schedule, and when. `T` is the definition of a check, which every run gets as it was
/// when the run became due; usually a shared pointer.
#[derive(Debug)]
pub struct Timetable<T> {
    checks: BTreeMap<Key, Planned<T>>,
    runs: BTreeSet<(DateTime<Utc>, Key)>,
    /// By due time, and a number that makes the key unique and keeps the order.
    requests: BTreeMap<(DateTime<Utc>, u64), Request<T>>,
    /// The latest time of a call, since the clock was last set back.
    latest: Option<DateTime<Utc>>,
    last_number: u64,
}

#[derive(Debug)]
struct Planned<T> {
    schedule: Schedule,
    definition: T,
    next: Option<DateTime<Utc>>,
    /// Requests with another number are obsolete.
    generation: u64,
}

#[derive(Debug)]
struct Request<T> {
    check: Key,
    generation: u64,
    run: DateTime<Utc>,
    definition: T,
    entity: String,
}

/// A run or a proxy request that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due<T> {
    /// Namespace of the check.
    pub namespace: String,
    /// Name of the check.
    pub name: String,
    /// Scheduled time of the run, at or before the time of the call.
    pub run: DateTime<Utc>,
    /// Definition of the check when the run became due.
    pub definition: T,
    /// What is due.
    pub kind: DueKind,
    generation: u64,
}

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueKind {
    /// A run of the check.
    Run,
    /// A proxy request of an earlier run, added by [`Timetable::add_requests`].
    ProxyRequest {
        /// Name of the proxy entity.
        entity: String,
    },
}

impl<T> Default for Timetable<T> {
    fn default() -> Self {
        Self {
            checks: BTreeMap::new(),
            runs: BTreeSet::new(),
            requests: BTreeMap::new(),
            latest: None,
            last_number: 0,
        }
    }
}

impl<T: Clone> Timetable<T> {
    /// Adds or changes a check. Its next run uses the new definition.
    ///
    /// The phase depends only on the schedule: without a change of the schedule the next run stays when it is. A
    /// check with `publish` false, or without a valid schedule, is removed.
    pub fn set(&mut self, namespace: &str, check: &CheckConfig, definition: T, now: DateTime<Utc>) {
        self.latest = self.latest.max(Some(now));
        let name = check.metadata.name.as_str();
        let Some(schedule) = Schedule::of(check).filter(|_| check.publish) else {
            self.remove(namespace, name);
            return;
        };
        let key = key(namespace, name);
        let mut generation = None;
        if let Some(planned) = self.checks.get_mut(&key) {
            if planned.schedule == schedule {
                planned.definition = definition;
                return;
            }
            generation = Some(planned.generation);
            if let Some(next) = planned.next {
                self.runs.remove(&(next, Arc::clone(&key)));
            }
        }
        let generation = generation.unwrap_or_else(|| self.number());
        let next = schedule.next_run_after(now);
        self.runs.extend(next.map(|next| (next, Arc::clone(&key))));
        self.checks.insert(key, Planned { schedule, definition, next, generation });
    }

    /// Removes a check and its pending proxy requests.
    pub fn remove(&mut self, namespace: &str, name: &str) {
        let key = key(namespace, name);
        // Its requests are obsolete from now on, and removed when they are due.
        if let Some(next) = self.checks.remove(&key).and_then(|planned| planned.next) {
            self.runs.remove(&(next, key));
        }
    }

    /// Removes the checks for which `is_kept` does not hold for namespace and name, with their pending proxy requests.
    pub fn retain(&mut self, is_kept: impl Fn(&str, &str) -> bool) {
        let removed = self.checks.keys().filter(|key| !is_kept(&key.0, &key.1));
        for key in removed.cloned().collect::<Vec<_>>() {
            self.remove(&key.0, &key.1);
        }
    }

    /// Adds proxy requests of a run: due times (see [`super::due_times`]) and names of entities. Requests of a check that was
    /// removed since then are dropped.
    pub fn add_requests(
        &mut self,
        run: &Due<T>,
        requests: impl IntoIterator<Item = (DateTime<Utc>, String)>,
    ) {
        let check = key(&run.namespace, &run.name);
        for (due, entity) in requests {
            let request = Request {
                check: Arc::clone(&check),
                generation: run.generation,
                run: run.run,
                definition: run.definition.clone(),
                entity,
            };
            let number = self.number();
            self.requests.insert((due, number), request);
        }
    }

    /// The earliest due time. `None` if nothing is scheduled.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let run = self.runs.first().map(|(due, _)| *due);
        let request = self.requests.first_key_value().map(|((due, _), _)| *due);
        [run, request].into_iter().flatten().min()
    }

    /// Removes and returns what is due at `now`, in order of due times.
    ///
    /// After a time without calls, or if the clock was set forward, each check is due once, for its last scheduled
    /// time, and the pending requests of its earlier runs are dropped. If the clock was set back by more than a
    /// second, all checks continue from the new time, and pending requests are due after the same time as before.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Vec<Due<T>> {
        self.follow_clock(now);
        let runs = self.take_runs(now);
        // Requests first: at the same time as a run they belong to the run before.
        let mut due = self.take_requests(now);
        due.extend(runs);
        due.sort_by_key(|(time, _)| *time);
        due.into_iter().map(|(_, due)| due).collect()
    }

    fn take_runs(&mut self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Due<T>)> {
        let mut taken = Vec::new();
        while self.runs.first().is_some_and(|(due, _)| *due <= now) {
            let Some((due, key)) = self.runs.pop_first() else { break };
            let number = self.number();
            let Some(planned) = self.checks.get_mut(&key) else { continue };
            let run = planned.schedule.last_run_until(now).map_or(due, |last| last.max(due));
            if run > due {
                planned.generation = number;
            }
            planned.next = planned.schedule.next_run_after(now);
            self.runs.extend(planned.next.map(|next| (next, Arc::clone(&key))));
            let definition = planned.definition.clone();
            taken.push((run, due_of(&key, run, definition, DueKind::Run, planned.generation)));
        }
        taken
    }

    fn take_requests(&mut self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Due<T>)> {
        let mut taken = Vec::new();
        while self.requests.first_key_value().is_some_and(|((due, _), _)| *due <= now) {
            let Some(((due, _), request)) = self.requests.pop_first() else { break };
            let Request { check, generation, run, definition, entity } = request;
            let current = self.checks.get(&check).map(|planned| planned.generation);
            if current == Some(generation) {
                let kind = DueKind::ProxyRequest { entity };
                taken.push((due, due_of(&check, run, definition, kind, generation)));
            }
        }
        taken
    }

    /// Computes all due times again if the clock was set back.
    fn follow_clock(&mut self, now: DateTime<Utc>) {
        let latest = self.latest.map_or(now, |latest| latest.max(now));
        self.latest = Some(latest);
        let step = latest.signed_duration_since(now);
        if step <= CLOCK_TOLERANCE {
            return;
        }
        self.latest = Some(now);
        self.runs.clear();
        for (key, planned) in &mut self.checks {
            planned.next = planned.schedule.next_run_after(now);
            self.runs.extend(planned.next.map(|next| (next, Arc::clone(key))));
        }
        let requests = std::mem::take(&mut self.requests).into_iter();
        self.requests = requests
            .map(|((due, number), request)| {
                ((due.checked_sub_signed(step).unwrap_or(due), number), request)
            })
            .collect();
    }

    fn number(&mut self) -> u64 {
        self.last_number = self.last_number.wrapping_add(1);
        self.last_number
    }
}

fn key(namespace: &str, name: &str) -> Key {
    Arc::new((namespace.to_owned(), name.to_owned()))
}

fn due_of<T>(
    key: &Key,
    run: DateTime<Utc>,
    definition: T,
    kind: DueKind,
    generation: u64,
) -> Due<T> {
    let (namespace, name) = (**key).clone();
    Due { namespace, name, run, definition, kind, generation }
}
