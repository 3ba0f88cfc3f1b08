//! Hostile agents against the server program: each is limited and counted, the memory of the server stays bounded, and
//! other agents are served meanwhile.

mod handshakes;
mod sessions;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use sensu_agents::message::CheckRequest;
use sensu_test_agent::{Agent, AgentOptions, Received};
use sensu_tests::process::{Process, start};
use sensu_tests::{Response, eventually, series};
use sensu_types::ObjectMeta;
use sensu_types::event::Check;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program;

const DEFAULT: &str = "/apis/core/v2/namespaces/default";
/// Maximum time for a message to arrive. It bounds a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Memory that the server may need in addition while it is attacked, in MiB: buffers of 8 MiB, caches of the store,
/// and memory that the allocator has not returned.
const MEMORY: u64 = 200;

/// A server, and an agent that must be served in any case.
struct Backend {
    process: Process,
    token: String,
    address: SocketAddr,
    /// Memory before the attack, in MiB.
    memory: u64,
    victim: Agent,
    _state: TempDir,
}

impl Backend {
    async fn start() -> Self {
        let state = tempfile::tempdir().expect("a directory");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let mut command = start(program(), state.path());
        let port = address.port().to_string();
        command.args(["--agent-port", &port, "--agent-write-timeout", "2"]);
        let process = Process::launch(command).expect("starts");
        let token = process.token().await;
        let victim = connect(address, "victim", &["system"]).await;
        let mut backend = Self { process, token, address, memory: 0, victim, _state: state };
        backend.put_check("ping", json!({})).await;
        backend.assert_served().await;
        backend.memory = backend.resident();
        backend
    }

    /// Asserts that the victim can send a keepalive, gets a request, and reports the result.
    async fn assert_served(&mut self) {
        self.victim.send_keepalive().await.expect("is sent");
        self.execute("ping").await;
        let request = self.next_request("ping").await;
        let output = request.issued.to_string();
        let check = Check {
            interval: 60,
            executed: request.issued,
            output: output.clone(),
            metadata: ObjectMeta::new("default", "ping"),
            ..Check::default()
        };
        self.victim.send_check(check).await.expect("is sent");
        eventually("the result is stored", async || {
            let event = self.send("GET", "events/victim/ping", None).await;
            (event.body["check"]["output"] == output.as_str()).then_some(())
        })
        .await;
        let keepalive = self.send("GET", "events/victim/keepalive", None).await;
        assert_eq!(keepalive.body["check"]["status"], 0, "{}", keepalive.body);
    }

    /// The next request of a check that the victim receives. Those of other checks are ignored.
    async fn next_request(&mut self, check: &str) -> CheckRequest {
        loop {
            match self.victim.receive(PATIENCE).await.expect("a message") {
                Received::CheckRequest(request) if request.config.metadata.name == check => {
                    return *request;
                }
                Received::CheckRequest(_) | Received::EntityConfig(_) => {}
                other => panic!("the session of another agent has ended: {other:?}"),
            }
        }
    }

    /// Creates a check that runs only on request.
    async fn put_check(&self, name: &str, fields: Value) {
        let mut check = json!({
            "metadata": { "name": name, "namespace": "default" }, "command": "true",
            "interval": 60, "subscriptions": ["system"], "publish": false,
        });
        for (field, value) in fields.as_object().expect("fields") {
            check[field] = value.clone();
        }
        let response = self.send("PUT", &format!("checks/{name}"), Some(&check)).await;
        assert!(response.status < 300, "{}", response.body);
    }

    async fn execute(&self, check: &str) {
        let response =
            self.send("POST", &format!("checks/{check}/execute"), Some(&json!({}))).await;
        assert_eq!(response.status, 202, "{}", response.body);
    }

    async fn send(&self, method: &str, object: &str, body: Option<&Value>) -> Response {
        let path = format!("{DEFAULT}/{object}");
        self.process.send(method, &path, Some(&self.token), body).await.expect("a response")
    }

    /// Waits until a metric satisfies a condition. A series that does not exist is 0.
    async fn wait_for_metric(&self, name: &str, condition: impl Fn(f64) -> bool) {
        eventually(name, async || condition(self.metric(name).await).then_some(())).await;
    }

    async fn metric(&self, name: &str) -> f64 {
        let response = self.process.send("GET", "/metrics", None, None).await;
        let body = response.expect("a response").body;
        series(body.as_str().unwrap_or_default(), name).unwrap_or_default()
    }

    fn assert_memory_is_bounded(&self) {
        let (before, now) = (self.memory, self.resident());
        assert!(now < before + MEMORY, "{before} MiB before, {now} MiB now");
    }

    /// Resident memory of the server, in MiB.
    fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("the status of the process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib / 1024
    }
}

/// A connected agent that has sent a keepalive.
async fn connect(address: SocketAddr, name: &str, subscriptions: &[&str]) -> Agent {
    let options = AgentOptions::new(format!("ws://{address}"), name);
    let mut agent =
        Agent::connect(options.with_subscriptions(subscriptions)).await.expect("connects");
    agent.send_keepalive().await.expect("is sent");
    agent
}

/// The name of the metric of sessions that ended for a reason.
fn ended(reason: &str) -> String {
    format!(r#"sensu_server_agent_sessions_ended_total{{reason="{reason}"}}"#)
}
