//! The check requests that agents have received: how late they arrived, and whether all did.

use std::fmt::{Display, Formatter};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use sensu_engine::schedule::Schedule;

/// A request that arrives later after its scheduled time counts as late.
const LATE: TimeDelta = TimeDelta::seconds(1);

/// The time. Exact: schedules have a phase in nanoseconds.
#[expect(clippy::disallowed_methods, reason = "agents have a clock of their own")]
pub(super) fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// All requests since the start of the benchmark.
#[derive(Default)]
pub(super) struct Requests(Mutex<Vec<Request>>);

#[derive(Clone, Copy)]
struct Request {
    /// Scheduled time of the run.
    run: DateTime<Utc>,
    delay: TimeDelta,
}

/// A time span.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// The requests of all runs in a span.
pub(super) struct Punctuality {
    /// Delays in ascending order.
    delays: Vec<TimeDelta>,
    expected: usize,
}

impl Requests {
    /// Records a request that arrives now. `run`: the scheduled time.
    pub(super) fn record(&self, run: DateTime<Utc>, now: DateTime<Utc>) {
        let request = Request { run, delay: now.signed_duration_since(run) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    }

    /// The requests of the runs in a span, if each of the sessions gets one for each run of the schedules.
    pub(super) fn of(&self, span: Span, sessions: usize, schedules: &[Schedule]) -> Punctuality {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let within = all.iter().filter(|one| span.from < one.run && one.run <= span.until);
        let mut delays: Vec<TimeDelta> = within.map(|one| one.delay).collect();
        delays.sort_unstable();
        let runs: usize = schedules.iter().map(|schedule| span.runs(schedule)).sum();
        Punctuality { delays, expected: runs * sessions }
    }
}

impl Span {
    /// Number of runs in the span.
    fn runs(self, schedule: &Schedule) -> usize {
        let next = |run: &DateTime<Utc>| schedule.next_run_after(*run);
        let runs = std::iter::successors(schedule.next_run_after(self.from), next);
        runs.take_while(|run| *run <= self.until).count()
    }
}

impl Punctuality {
    /// Number of requests.
    pub(super) fn received(&self) -> usize {
        self.delays.len()
    }

    /// Number of requests that did not arrive.
    pub(super) fn missing(&self) -> usize {
        self.expected.saturating_sub(self.delays.len())
    }

    /// Number of requests beyond one per session and run.
    pub(super) fn surplus(&self) -> usize {
        self.delays.len().saturating_sub(self.expected)
    }

    /// Number of requests that arrived more than 1 s late.
    pub(super) fn late(&self) -> usize {
        self.delays.iter().filter(|delay| **delay > LATE).count()
    }

    fn percentile(&self, percent: usize) -> i64 {
        let index = self.delays.len().saturating_sub(1) * percent / 100;
        self.delays.get(index).map_or(0, TimeDelta::num_milliseconds)
    }
}

impl Display for Punctuality {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let [p50, p99, max] = [50, 99, 100].map(|percent| self.percentile(percent));
        write!(f, "{} requests, {} missing", self.received(), self.missing())?;
        write!(f, "; delay p50 {p50} ms, p99 {p99} ms, max {max} ms")?;
        write!(f, ", {} more than 1 s late", self.late())
    }
}
