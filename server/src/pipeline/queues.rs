//! The order of jobs: jobs of one lane run one after the other, in the order in which they were added;
//! lanes of a queue run in parallel up to a limit; queues are independent of each other.
//!
//! There is one queue for each handler and one lane in it for each check on an entity. So a handler sees
//! the events of a check in order, and a slow handler delays only itself.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Queues of jobs `J` by `Q`, with lanes by `L`.
pub(super) struct Queues<Q, L, J> {
    queues: HashMap<Q, Queue<L, J>>,
}

struct Queue<L, J> {
    /// Lanes in which a job waits or runs, each with its waiting jobs.
    lanes: HashMap<L, VecDeque<J>>,
    /// Lanes in which a job waits and none runs, in the order in which they became so.
    ready: VecDeque<L>,
    running: usize,
    /// Maximum number of jobs at the same time.
    limit: usize,
}

impl<Q: Clone + Eq + Hash, L: Clone + Eq + Hash, J> Queues<Q, L, J> {
    pub(super) fn new() -> Self {
        Self { queues: HashMap::new() }
    }

    /// Adds a job. From now on, at most `limit` jobs of the queue run at the same time.
    pub(super) fn push(&mut self, queue: &Q, limit: usize, lane: &L, job: J) {
        let queue = self.queues.entry(queue.clone()).or_insert_with(|| Queue {
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            running: 0,
            limit,
        });
        queue.limit = limit;
        match queue.lanes.get_mut(lane) {
            Some(waiting) => waiting.push_back(job),
            None => {
                queue.lanes.insert(lane.clone(), VecDeque::from([job]));
                queue.ready.push_back(lane.clone());
            }
        }
    }

    /// The next job of a queue that can start, if any. It runs until [`Queues::finish`].
    pub(super) fn start(&mut self, queue: &Q) -> Option<(L, J)> {
        let queue = self.queues.get_mut(queue)?;
        if queue.running >= queue.limit {
            return None;
        }
        let lane = queue.ready.pop_front()?;
        let job = queue.lanes.get_mut(&lane)?.pop_front()?;
        queue.running += 1;
        Some((lane, job))
    }

    /// Records the end of the job that runs in a lane.
    pub(super) fn finish(&mut self, name: &Q, lane: &L) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        queue.running = queue.running.saturating_sub(1);
        match queue.lanes.get(lane) {
            Some(waiting) if !waiting.is_empty() => queue.ready.push_back(lane.clone()),
            _ => {
                queue.lanes.remove(lane);
            }
        }
        if queue.lanes.is_empty() {
            self.queues.remove(name);
        }
    }

    /// The queues in which a job waits or runs.
    pub(super) fn names(&self) -> impl Iterator<Item = &Q> {
        self.queues.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(queues: &mut Queues<&'static str, u8, u8>, queue: &'static str) -> Vec<(u8, u8)> {
        std::iter::from_fn(|| queues.start(&queue)).collect()
    }

    #[test]
    fn jobs_of_a_lane_run_in_turn() {
        let mut queues = Queues::new();
        for job in [1, 2, 3] {
            queues.push(&"a", 2, &7, job);
        }
        for job in [1, 2, 3] {
            assert_eq!(started(&mut queues, "a"), [(7, job)]);
            queues.finish(&"a", &7);
        }
        assert_eq!(started(&mut queues, "a"), []);
        assert_eq!(queues.names().count(), 0, "nothing is kept");
    }

    #[test]
    fn lanes_run_in_parallel_up_to_the_limit_and_in_turn() {
        let mut queues = Queues::new();
        for (lane, job) in [(1, 10), (1, 11), (2, 20), (3, 30)] {
            queues.push(&"a", 2, &lane, job);
        }
        assert_eq!(started(&mut queues, "a"), [(1, 10), (2, 20)]);
        queues.finish(&"a", &1);
        assert_eq!(started(&mut queues, "a"), [(3, 30)], "lane 1 waits behind lane 3");
        queues.finish(&"a", &2);
        assert_eq!(started(&mut queues, "a"), [(1, 11)]);
    }

    #[test]
    fn queues_do_not_delay_each_other() {
        let mut queues = Queues::new();
        for lane in 1..=9 {
            queues.push(&"slow", 2, &lane, lane);
        }
        queues.push(&"other", 2, &1, 1);
        assert_eq!(started(&mut queues, "slow").len(), 2);
        assert_eq!(started(&mut queues, "other"), [(1, 1)]);
    }

    #[test]
    fn a_job_that_arrives_while_its_lane_runs_waits() {
        let mut queues = Queues::new();
        queues.push(&"a", 2, &1, 1);
        assert_eq!(started(&mut queues, "a"), [(1, 1)]);
        queues.push(&"a", 2, &1, 2);
        assert_eq!(started(&mut queues, "a"), []);
        queues.finish(&"a", &1);
        assert_eq!(started(&mut queues, "a"), [(1, 2)]);
    }
}
