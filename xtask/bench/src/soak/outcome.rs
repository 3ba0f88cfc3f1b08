//! Results of the legitimate requests: latencies, and responses that should not have been sent.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::client::Reply;
use crate::goals::Goals;

/// Highest 99th percentile of the latency of reads.
const READ_GOAL: Duration = Duration::from_millis(200);

/// Results by name of the request.
pub(super) struct Outcome {
    began: Instant,
    results: Mutex<BTreeMap<&'static str, Results>>,
}

#[derive(Default)]
struct Results {
    micros: Vec<u64>,
    /// Responses 503 where the document promises them under load.
    busy: usize,
    failures: Vec<String>,
}

impl Outcome {
    /// No results yet.
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), results: Mutex::default() }
    }

    /// Records one request. `may_be_busy`: the operation uses a pool that attackers occupy, and so may
    /// respond 503.
    pub(super) fn record(
        &self,
        name: &'static str,
        took: Duration,
        reply: &anyhow::Result<Reply>,
        may_be_busy: bool,
    ) {
        let mut all = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let results = all.entry(name).or_default();
        let minute = self.began.elapsed().as_secs() / 60;
        results.micros.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        match reply {
            Ok(reply) if (200..300).contains(&reply.status) => {}
            Ok(reply) if reply.status == 503 && may_be_busy => results.busy += 1,
            Ok(reply) => {
                let body = String::from_utf8_lossy(&reply.body);
                results.failures.push(format!("minute {minute}: {} {body:.200}", reply.status));
            }
            Err(error) => results.failures.push(format!("minute {minute}: {error:#}")),
        }
    }

    /// Adds the goals of these results.
    pub(super) fn judge(&self, goals: &mut Goals) {
        let all = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let failures: Vec<String> = all
            .iter()
            .flat_map(|(name, results)| results.failures.iter().map(move |why| (name, why)))
            .map(|(name, why)| format!("{name}: {why}"))
            .collect();
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        failures.iter().for_each(|failure| *counts.entry(failure).or_default() += 1);
        let each: Vec<String> =
            counts.iter().map(|(failure, count)| format!("{count} x {failure}")).collect();
        let text = format!("{} {}", failures.len(), each.join("; "));
        goals.add("failed legitimate requests", text, failures.is_empty());
        let worst = all
            .iter()
            .filter(|(name, _)| name.starts_with("GET"))
            .map(|(name, results)| (results.percentile(99), *name))
            .max();
        if let Some((micros, name)) = worst {
            let met = Duration::from_micros(micros) < READ_GOAL;
            let text = format!("{} ms ({name}); needs an idle machine", micros / 1000);
            goals.advise("99th percentile of reads below 200 ms", text, met);
        }
    }
}

impl Results {
    fn percentile(&self, percent: usize) -> u64 {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let all = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, results) in &*all {
            let [p50, p99, max] = [50, 99, 100].map(|percent| results.percentile(percent) / 1000);
            write!(f, "  {name:<20} {:>8} requests, p50 {p50} ms", results.micros.len())?;
            writeln!(f, ", p99 {p99} ms, max {max} ms, {} busy", results.busy)?;
        }
        Ok(())
    }
}
