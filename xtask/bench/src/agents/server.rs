//! The server under test: the objects that agents need, its metrics, and plain `PUT`s of events.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sensu_test_agent::AgentOptions;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::interval_at;

use crate::process::{PASSWORD, Process};
use crate::traffic::{Connection, Request, log_in, request};

const DEFAULT: &str = "/apis/core/v2/namespaces/default";
/// Number of connections that send `PUT`s.
const SENDERS: u32 = 16;

/// A running server.
pub(super) struct Server {
    pub(super) process: Process,
    authorization: String,
    agent_url: String,
}

/// CPU time for a number of messages.
pub(super) struct Cost {
    pub(super) messages: usize,
    pub(super) cpu: Duration,
}

impl Cost {
    /// CPU time per message, in microseconds.
    #[expect(clippy::cast_precision_loss, reason = "numbers of messages are small")]
    pub(super) fn micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.messages.max(1) as f64
    }
}

impl Server {
    /// Starts a server with the user of agents.
    pub(super) async fn start(program: &Path, state: &Path) -> anyhow::Result<Self> {
        Process::init(program, state)?;
        // Another program may take the port meanwhile: then the server does not start.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Process::start_with(program, state, &["--agent-port", &port.to_string()])?;
        let authorization = log_in(&process.address, PASSWORD).await?;
        let agent_url = format!("ws://127.0.0.1:{port}");
        let server = Self { process, authorization, agent_url };
        let groups = ["system:agents"];
        let user = json!({ "username": "agent", "password": PASSWORD, "groups": groups });
        server.put("/apis/core/v2/users/agent", &user).await?;
        Ok(server)
    }

    /// The settings of an agent with subscription `system`.
    pub(super) fn agent(&self, name: String) -> AgentOptions {
        let options = AgentOptions::new(&self.agent_url, name).with_subscriptions(&["system"]);
        AgentOptions { password: PASSWORD.to_owned(), ..options }
    }

    /// Creates a check that all agents execute, and returns it.
    pub(super) async fn create_check(&self, name: &str, interval: u64) -> anyhow::Result<Value> {
        let check = json!({
            "metadata": { "name": name, "namespace": "default" },
            "command": "check-cpu.sh -w 75 -c 90", "interval": interval,
            "subscriptions": ["system"], "publish": true, "timeout": 10,
        });
        self.put(&format!("{DEFAULT}/checks/{name}"), &check).await?;
        Ok(check)
    }

    async fn put(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let mut connection = Connection::open(&self.process.address).await?;
        let put = request(&format!("PUT {path}"), &self.authorization, &body.to_string());
        let response = connection.send(&put).await?;
        let text = String::from_utf8_lossy(response.body);
        ensure!(response.status < 300, "{path}: {} {text}", response.status);
        Ok(())
    }

    /// The sum of the series of a metric whose labels contain a text.
    pub(super) async fn metric(&self, name: &str, labels: &str) -> anyhow::Result<usize> {
        let mut connection = Connection::open(&self.process.address).await?;
        let get = request("GET /metrics", &self.authorization, "");
        let text = String::from_utf8_lossy(connection.send(&get).await?.body).into_owned();
        let mut sum = 0;
        for line in text.lines().filter(|line| line.starts_with(name) && line.contains(labels)) {
            let (_, value) = line.rsplit_once(' ').context("a series without a value")?;
            sum += value.parse::<usize>()?;
        }
        Ok(sum)
    }

    /// Number of stored events with status 0, from agents and clients.
    pub(super) async fn passing_events(&self) -> anyhow::Result<usize> {
        self.metric("sensu_server_events_total", r#"status="ok""#).await
    }

    /// Number of stored events with another status: agents send none.
    pub(super) async fn failing_events(&self) -> anyhow::Result<usize> {
        let all = self.metric("sensu_server_events_total", "").await?;
        Ok(all.saturating_sub(self.passing_events().await?))
    }

    /// `PUT`s of an event for each of a number of entities: as many as possible.
    pub(super) async fn put_in_bulk(&self, entities: usize) -> anyhow::Result<()> {
        let mut connection = Connection::open(&self.process.address).await?;
        for put in self.event_puts(entities)?.iter() {
            let response = connection.send(put).await?;
            ensure!(response.status < 300, "{}", response.status);
        }
        Ok(())
    }

    /// `PUT`s of events that are like those of agents, at a rate per second.
    pub(super) async fn put_at_rate(
        &self,
        entities: usize,
        rate: f64,
        span: Duration,
    ) -> anyhow::Result<Cost> {
        let puts: Arc<[Request]> = self.event_puts(entities)?.into();
        let next = Arc::new(AtomicUsize::new(0));
        let interval = Duration::from_secs(1).mul_f64(f64::from(SENDERS) / rate);
        let (cpu, began) = (self.process.cpu_time()?, Instant::now());
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            let mut connection = Connection::open(&self.process.address).await?;
            let (puts, next) = (Arc::clone(&puts), Arc::clone(&next));
            senders.spawn(async move {
                let first = tokio::time::Instant::now() + interval * sender / SENDERS;
                let mut ticks = interval_at(first, interval);
                while began.elapsed() < span {
                    ticks.tick().await;
                    let index = next.fetch_add(1, Ordering::Relaxed) % puts.len();
                    let response = connection.send(puts.get(index).context("a request")?).await?;
                    ensure!(response.status < 300, "{}", response.status);
                }
                anyhow::Ok(())
            });
        }
        while let Some(ended) = senders.join_next().await {
            ended??;
        }
        let cpu = self.process.cpu_time()?.saturating_sub(cpu);
        Ok(Cost { messages: next.load(Ordering::Relaxed), cpu })
    }

    fn event_puts(&self, entities: usize) -> anyhow::Result<Vec<Request>> {
        let put = |number| {
            let name = format!("put-{number}");
            let options = self.agent(name.clone());
            let mut event = options.keepalive(options.entity());
            if let Some(check) = &mut event.check {
                check.metadata.name = "cpu".to_owned();
                check.output = "CPU OK: user 12% system 3%\n".to_owned();
                check.ttl = 0;
            }
            let line = format!("PUT {DEFAULT}/events/{name}/cpu");
            Ok(request(&line, &self.authorization, &serde_json::to_string(&event)?))
        };
        (0..entities).map(put).collect()
    }
}
