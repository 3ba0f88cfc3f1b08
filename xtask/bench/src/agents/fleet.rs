//! Scripted agents in this process, which answer every check request at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use sensu_engine::schedule::Schedule;
use sensu_test_agent::{Activity, Agent, AgentOptions, Answer};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::requests::{Requests, now};

/// Number of agents that connect at the same time in the first place.
const CONNECTING: usize = 100;
/// Delay of the first attempt to connect again. The following ones are 10 times as long as the one before.
const FIRST_DELAY: Duration = Duration::from_millis(10);
/// Maximum delay of an attempt to connect.
const LAST_DELAY: Duration = Duration::from_secs(10);

/// Connected agents. Dropping it ends all connections.
pub(super) struct Fleet {
    state: Arc<State>,
    /// Changes if all agents have to connect again.
    connection: watch::Sender<()>,
    size: usize,
    agents: JoinSet<()>,
}

/// What the agents have done.
#[derive(Default)]
pub(super) struct State {
    /// Number of connected agents.
    connected: AtomicUsize,
    /// Number of keepalives that were sent.
    pub(super) keepalives: AtomicUsize,
    /// Number of results that were sent.
    pub(super) results: AtomicUsize,
    /// Number of connections that the benchmark has not ended.
    pub(super) lost: AtomicUsize,
    /// Number of failed attempts to connect.
    pub(super) failed: AtomicUsize,
    /// Check requests that were received.
    pub(super) requests: Requests,
}

impl Fleet {
    /// Starts agents, each of which connects once.
    pub(super) fn start(agents: impl Iterator<Item = AgentOptions>) -> Self {
        let (connection, state) = (watch::Sender::new(()), Arc::<State>::default());
        let places = Arc::new(Semaphore::new(CONNECTING));
        let mut fleet = Self { state, connection, size: 0, agents: JoinSet::new() };
        for options in agents {
            let (state, places) = (Arc::clone(&fleet.state), Arc::clone(&places));
            let mut dropped = fleet.connection.subscribe();
            fleet.size += 1;
            fleet.agents.spawn(async move {
                let options = Arc::new(options);
                let first = {
                    // Never closed.
                    let _place = places.acquire().await;
                    state.connect(&options, Duration::ZERO).await
                };
                let mut agent = first;
                loop {
                    state.connected.fetch_add(1, Ordering::Relaxed);
                    tokio::select! {
                        () = state.run(agent) => { state.lost.fetch_add(1, Ordering::Relaxed); }
                        _ = dropped.changed() => {}
                    }
                    state.connected.fetch_sub(1, Ordering::Relaxed);
                    agent = state.connect(&options, FIRST_DELAY).await;
                }
            });
        }
        fleet
    }

    /// What the agents have done.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Ends the connections of all agents without a close frame. They connect again with the delays of real agents.
    pub(super) fn disconnect(&self) {
        self.connection.send_replace(());
    }

    /// Waits until all agents are connected. Returns the time that this took.
    pub(super) async fn wait_until_connected(&self, limit: Duration) -> anyhow::Result<Duration> {
        let began = Instant::now();
        while self.connected() < self.size {
            let connected = self.connected();
            ensure!(began.elapsed() < limit, "only {connected} of {} agents", self.size);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(began.elapsed())
    }

    /// Waits until no agent is connected.
    pub(super) async fn wait_until_disconnected(&self) {
        while self.connected() == self.size {
            tokio::task::yield_now().await;
        }
    }

    fn connected(&self) -> usize {
        self.state.connected.load(Ordering::Relaxed)
    }
}

impl State {
    /// Connects. Repeats it until it succeeds.
    async fn connect(&self, options: &Arc<AgentOptions>, mut delay: Duration) -> Agent {
        loop {
            tokio::time::sleep(delay.mul_f64(rand::random_range(0.5..1.5))).await;
            match Agent::connect(Arc::clone(options)).await {
                Ok(agent) => return agent,
                Err(_) => self.failed.fetch_add(1, Ordering::Relaxed),
            };
            delay = (delay.max(FIRST_DELAY) * 10).min(LAST_DELAY);
        }
    }

    /// Behaves like an agent until the connection ends.
    async fn run(&self, mut agent: Agent) {
        let answer = Answer::Result { status: 0, output: "CPU OK: user 12% system 3%\n".into() };
        let mut schedules: HashMap<String, Option<Schedule>> = HashMap::new();
        let report = |activity| match activity {
            // A request that an agent ignores has arrived, too.
            Activity::Request(request) | Activity::Ignored(request, _) => {
                let (at, config) = (now(), &request.config);
                let schedule = schedules.get(&config.metadata.name).cloned();
                let schedule = schedule.unwrap_or_else(|| {
                    let schedule = Schedule::of(config);
                    schedules.insert(config.metadata.name.clone(), schedule.clone());
                    schedule
                });
                if let Some(run) = schedule.and_then(|schedule| schedule.last_run_until(at)) {
                    self.requests.record(run, at);
                }
            }
            Activity::Keepalive => {
                self.keepalives.fetch_add(1, Ordering::Relaxed);
            }
            Activity::Result(_) => {
                self.results.fetch_add(1, Ordering::Relaxed);
            }
            Activity::EntityConfig(_) | Activity::Ended(_) => {}
        };
        // However it ends, the connection is lost.
        let _ = agent.run(&answer, std::future::pending(), report).await;
    }
}
