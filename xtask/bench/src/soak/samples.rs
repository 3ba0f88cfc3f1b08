//! Memory, threads and file descriptors of the server over time.

use std::fmt::{Display, Formatter};
use std::time::{Duration, Instant};

use super::Finding;
use crate::goals::Goals;
use crate::process::Process;

/// Time between two samples.
const INTERVAL: Duration = Duration::from_millis(250);
/// The windows that are compared last so long, so that each has bursts of every attack.
const WINDOW: Duration = Duration::from_secs(60);
/// Growth of the memory that is accepted, for example of caches that are still filling.
const GROWTH: f64 = 1.10;
/// Time for connections to close and idle threads to end.
const REST: Duration = Duration::from_secs(120);

/// Threads for blocking work that may stay: the background task of the server wakes idle ones in turn
/// before they would end.
const IDLE_THREADS: usize = 20;
/// Connections to the store's file that may stay open for further reads.
const STORE_CONNECTIONS: usize = 16;

/// All samples of a run.
pub(super) struct Samples(Vec<Sample>);

struct Sample {
    at: Duration,
    memory: f64,
    threads: usize,
    descriptors: usize,
}

impl Samples {
    /// Takes samples until the end of the load.
    pub(super) async fn take(process: &Process, until: Instant) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut samples = Vec::new();
        while Instant::now() < until {
            samples.push(Sample {
                at: began.elapsed(),
                memory: process.memory()?,
                threads: process.threads()?,
                descriptors: process.descriptors()?,
            });
            tokio::time::sleep(INTERVAL).await;
        }
        Ok(Self(samples))
    }

    /// Adds the goals: the last minute compared with the minute that ends at `settled`.
    pub(super) fn judge(&self, settled: Duration, goals: &mut Goals) {
        let end = self.0.last().map(|sample| sample.at).unwrap_or_default();
        let window = WINDOW.min(settled / 2);
        let (early, late) = (self.window(settled, window), self.window(end, window));
        let memory = |samples: &[&Sample]| median(samples.iter().map(|sample| sample.memory));
        let (before, after) = (memory(&early), memory(&late));
        let text = format!("{before:.0} MiB after {} s, {after:.0} at the end", settled.as_secs());
        goals.add("memory at most 10 % larger at the end", text, after <= before * GROWTH);
        let most = |samples: &[&Sample], of: fn(&Sample) -> usize| {
            samples.iter().map(|sample| of(sample)).max().unwrap_or_default()
        };
        let (before, after) =
            (most(&early, |sample| sample.threads), most(&late, |sample| sample.threads));
        // Blocking threads start on demand and end when idle.
        let text = format!("at most {before} after {} s, {after} at the end", settled.as_secs());
        goals.add("number of threads is stable", text, after <= before + 4);
    }

    fn window(&self, end: Duration, length: Duration) -> Vec<&Sample> {
        let from = end.saturating_sub(length);
        self.0.iter().filter(|sample| sample.at >= from && sample.at <= end).collect()
    }
}

impl Display for Samples {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let peak = self.0.iter().map(|sample| sample.memory).fold(0.0, f64::max);
        let threads = self.0.iter().map(|sample| sample.threads).max().unwrap_or_default();
        let descriptors = self.0.iter().map(|sample| sample.descriptors).max().unwrap_or_default();
        write!(f, "peak: {peak:.0} MiB, {threads} threads, {descriptors} descriptors; memory by ")?;
        write!(f, "minute:")?;
        let end = self.0.last().map(|sample| sample.at).unwrap_or_default();
        for minute in 1..=end.as_secs().div_ceil(60) {
            let window = self.window(Duration::from_secs(60 * minute), WINDOW);
            write!(f, " {:.0}", median(window.iter().map(|sample| sample.memory)))?;
        }
        Ok(())
    }
}

/// Waits until the server has about as many threads and descriptors as before the load.
pub(super) async fn wait_for_rest(
    process: &Process,
    (threads, descriptors): (usize, usize),
) -> anyhow::Result<Finding> {
    let began = Instant::now();
    loop {
        let (threads_now, descriptors_now) = (process.threads()?, process.descriptors()?);
        let met = threads_now <= threads + IDLE_THREADS
            && descriptors_now <= descriptors + STORE_CONNECTIONS;
        if met || began.elapsed() > REST {
            let text = format!(
                "{threads} and {descriptors} before, {threads_now} and {descriptors_now} after {} s",
                began.elapsed().as_secs()
            );
            return Ok(Finding { text, met });
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
