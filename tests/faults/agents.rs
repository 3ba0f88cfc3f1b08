//! kill -9 while agents report results: no result that was visible through the API is lost, and a silent agent is
//! reported once per period (D50). `SENSU_SERVER_KILLS` sets the number of kills (default 5).

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher as _;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use sensu_test_agent::{Agent, AgentOptions, Received};
use sensu_tests::eventually;
use sensu_tests::process::{Process, start};
use sensu_types::ObjectMeta;
use sensu_types::event::Check;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::load::read;
use crate::program;

pub(crate) const EVENTS: &str = "/apis/core/v2/namespaces/default/events";
/// Number of agents that report results.
const AGENTS: usize = 200;
/// Maximum time between two results of an agent.
const PAUSE: Duration = Duration::from_millis(400);
/// Seconds after which the silent agent is reported: the shortest possible time.
pub(crate) const PERIOD: u32 = 5;
/// Time between two attempts to connect.
const RECONNECT: Duration = Duration::from_millis(50);

/// Behaves like an agent: reports numbered results, and connects again whenever the server is gone.
async fn report(options: AgentOptions) {
    let mut number = 0_u64;
    loop {
        let Ok(mut agent) = Agent::connect(options.clone()).await else {
            tokio::time::sleep(RECONNECT).await;
            continue;
        };
        let mut sent = agent.send_keepalive().await;
        while sent.is_ok() {
            number += 1;
            let check = Check {
                interval: 60,
                executed: 1,
                output: number.to_string(),
                metadata: ObjectMeta::new("default", "load"),
                ..Check::default()
            };
            sent = agent.send_check(check).await;
            let pause = PAUSE.mul_f64(rand::random_range(0.5..1.0));
            if let Ok(Received::Lost | Received::Closed { .. }) = agent.receive(pause).await {
                break;
            }
        }
    }
}

pub(crate) fn launch(state: &Path, agent_port: u16) -> Process {
    let mut command = start(program(), state);
    command.args(["--agent-port", &agent_port.to_string()]);
    Process::launch(command).expect("starts")
}

/// The number of the stored result of an agent. 0 if there is none.
async fn result(process: &Process, token: &str, agent: usize) -> u64 {
    let response = read(process, &format!("{EVENTS}/agent-{agent}/load"), token).await;
    if response.status == 404 {
        return 0;
    }
    let output = response.body["check"]["output"].as_str().expect("an event");
    output.parse().expect("a number")
}

/// Reads results of random agents until a number of them were read. Adds what was visible.
async fn watch(process: &Process, token: &str, reads: usize, visible: &mut BTreeMap<usize, u64>) {
    let mut found = 0;
    while found < reads {
        let agent = rand::random_range(0..AGENTS);
        let number = result(process, token, agent).await;
        if number > 0 {
            found += 1;
            let last = visible.entry(agent).or_default();
            assert!(number >= *last, "agent {agent}: {number} after {last}");
            *last = number;
        }
    }
}

/// Asserts that each of these results is stored, or a newer one.
async fn assert_not_lost(process: &Process, token: &str, visible: &BTreeMap<usize, u64>) {
    for (agent, last) in visible {
        let number = result(process, token, *agent).await;
        assert!(number >= *last, "agent {agent}: result {last} was stored, and is lost: {number}");
    }
}

/// The reports about the silent agent.
#[derive(Default)]
struct Reports {
    /// Time of its last keepalive.
    received: u64,
    /// Times of its failures.
    failures: BTreeSet<u64>,
}

impl Reports {
    /// Adds the history of the keepalive event. Asserts that the failures were reported once per period.
    async fn update(&mut self, process: &Process, token: &str) {
        let response = read(process, &format!("{EVENTS}/silent/keepalive"), token).await;
        assert_eq!(response.status, 200, "{}", response.body);
        let history = response.body["check"]["history"].as_array().cloned().unwrap_or_default();
        let number = |result: &Value, field: &str| result[field].as_u64().expect("a number");
        let times: Vec<u64> = history
            .iter()
            .filter(|result| number(result, "status") != 0)
            .map(|result| number(result, "executed"))
            .collect();
        if self.received == 0 {
            let keepalive = history.first().expect("a keepalive");
            assert_eq!(number(keepalive, "status"), 0, "{history:?}");
            self.received = number(keepalive, "executed");
        }
        // After a restart, the agent has a period to connect: then failures are late, but in periods of their own.
        let period = |time: &u64| (time - self.received) / u64::from(PERIOD);
        let periods: BTreeSet<u64> = times.iter().map(period).collect();
        assert_eq!(periods.len(), times.len(), "two failures in a period: {history:?}");
        assert!(!periods.contains(&0), "a failure before the first period: {history:?}");
        // What was reported stays, up to the length of the history.
        if let Some(first) = times.first() {
            let known: Vec<u64> = self.failures.range(first..).copied().collect();
            assert!(times.starts_with(&known), "{known:?} became {times:?}");
        } else {
            assert!(self.failures.is_empty(), "{:?} became {history:?}", self.failures);
        }
        self.failures.extend(times);
    }

    /// Waits for a failure that was not reported before.
    async fn wait(&mut self, process: &Process, token: &str) {
        let before = self.failures.len();
        for _ in 0..3_000 {
            self.update(process, token).await;
            if self.failures.len() > before {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the silent agent is not reported again after {before} times");
    }
}

/// Connects an agent that sends one keepalive.
pub(crate) async fn connect_silent_agent(process: &Process, token: &str, url: &str) {
    let options = AgentOptions {
        keepalive_interval: 1,
        keepalive_timeout: PERIOD,
        ..AgentOptions::new(url, "silent")
    };
    let mut agent = Agent::connect(options).await.expect("connects");
    agent.send_keepalive().await.expect("is sent");
    let path = format!("{EVENTS}/silent/keepalive");
    eventually("the keepalive is stored", async || {
        (read(process, &path, token).await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_survive_kills_and_a_silent_agent_is_reported_once_per_period() {
    let state = tempfile::tempdir().expect("a directory");
    let random = RandomState::new();
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let url = format!("ws://127.0.0.1:{port}");
    let mut agents = JoinSet::new();
    for number in 0..AGENTS {
        agents.spawn(report(AgentOptions::new(url.as_str(), format!("agent-{number}"))));
    }
    let (mut visible, mut reports, mut reads) = (BTreeMap::new(), Reports::default(), 0);
    let kills = crate::number_of_kills();
    for kill in 0..kills {
        let process = launch(state.path(), port);
        let token = process.token().await;
        if kill == 0 {
            connect_silent_agent(&process, &token, &url).await;
        }
        assert_not_lost(&process, &token, &visible).await;
        reports.update(&process, &token).await;
        if kill % 2 == 0 {
            // Servers that live for less than a period report nothing.
            reports.wait(&process, &token).await;
        }
        let number = 10 + usize::try_from(random.hash_one(kill) % 300).expect("is small");
        watch(&process, &token, number, &mut visible).await;
        reads += number;
        process.kill();
    }
    let process = launch(state.path(), port);
    let token = process.token().await;
    assert_not_lost(&process, &token, &visible).await;
    reports.wait(&process, &token).await;
    // All agents have connected again, and none of them was reported.
    let mut last = Vec::new();
    for number in 0..AGENTS {
        last.push(result(&process, &token, number).await);
    }
    for (number, last) in last.into_iter().enumerate() {
        eventually("the agent continues", async || {
            (result(&process, &token, number).await > last).then_some(())
        })
        .await;
        let event = read(&process, &format!("{EVENTS}/agent-{number}/keepalive"), &token).await;
        let history = event.body["check"]["history"].as_array().expect("a history");
        assert!(history.iter().all(|result| result["status"] == 0), "{history:?}");
    }
    agents.shutdown().await;
    let failures = reports.failures.len();
    println!("{kills} kills, {reads} acknowledged results of agents, 0 lost");
    println!("the silent agent was reported {failures} times, at most once per period");
    assert!(process.stop());
}
