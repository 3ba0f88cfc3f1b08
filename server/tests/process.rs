//! The program as a process: started, killed, restarted, told wrong things.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";

/// A server process; killed when dropped.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts the program on a free port and waits until it says where it listens.
    fn start(state: &Path) -> Self {
        let mut child = program()
            .args(["start", "--dev", "--password-cost", "4", "--api-listen-address", "127.0.0.1:0"])
            .arg("--state-dir")
            .arg(state)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.rsplit_once("http://")?.1.trim().parse().ok())
            .expect("it says where it listens");
        // Its log must go somewhere, or it would wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// kill -9: no chance to finish anything.
    fn kill(mut self) {
        self.child.kill().expect("is killed");
        self.child.wait().expect("is gone");
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn token(&self) -> String {
        let request = reqwest::Client::new().get(self.url("/auth"));
        let answer = request.basic_auth("admin", Some("P@ssw0rd!")).send().await.expect("answers");
        let tokens: Value = answer.json().await.expect("tokens");
        tokens["access_token"].as_str().expect("a token").to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sensu-server"))
}

fn event(n: usize) -> Value {
    json!({
        "entity": { "entity_class": "proxy", "metadata": { "name": format!("e{n}") } },
        "check": { "interval": 10, "status": 0, "output": "x".repeat(500),
                   "metadata": { "name": "c" } },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_kill_9() {
    let state = tempfile::tempdir().expect("a folder");
    let next = Arc::new(AtomicUsize::new(0));
    let mut acknowledged: Vec<usize> = Vec::new();
    for round in 0..3 {
        let process = Process::start(state.path());
        let token: Arc<str> = process.token().await.into();
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let (url, token) = (process.url(EVENTS), Arc::clone(&token));
                let (next, stop) = (Arc::clone(&next), Arc::clone(&stop));
                tokio::spawn(async move {
                    let client = reqwest::Client::new();
                    let mut written = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let request = client.post(&url).bearer_auth(&token).json(&event(n));
                        match request.send().await {
                            Ok(answer) if answer.status().is_success() => written.push(n),
                            Ok(answer) => panic!("event {n}: {}", answer.status()),
                            // The server was killed: this one was never acknowledged.
                            Err(_) => break,
                        }
                    }
                    written
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(400 + 150 * round)).await;
        process.kill();
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            acknowledged.extend(writer.await.expect("a writer"));
        }
    }
    assert!(acknowledged.len() > 50, "only {} writes: nothing was tested", acknowledged.len());

    let process = Process::start(state.path());
    let (client, token) = (reqwest::Client::new(), process.token().await);
    for n in &acknowledged {
        let url = process.url(&format!("{EVENTS}/e{n}/c"));
        let answer = client.get(url).bearer_auth(&token).send().await.expect("answers");
        assert_eq!(answer.status(), 200, "event {n} was acknowledged and is gone");
        let stored: Value = answer.json().await.expect("an event");
        assert_eq!(stored["check"]["output"], event(*n)["check"]["output"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn init_makes_an_administrator_once() {
    let state = tempfile::tempdir().expect("a folder");
    let init = |password: &str| {
        program()
            .args(["init", "--password-cost", "4", "--cluster-admin-username", "alice"])
            .args(["--cluster-admin-password", password])
            .arg("--state-dir")
            .arg(state.path())
            .output()
            .expect("runs")
    };
    assert!(!init("short").status.success(), "a short password is refused");
    assert!(init("long enough").status.success());
    let again = init("another one");
    assert!(!again.status.success());
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("already"), "{said}");
}

#[test]
fn dev_is_refused_where_others_can_reach_it() {
    let state = tempfile::tempdir().expect("a folder");
    let output = program()
        .args(["start", "--dev", "--api-listen-address", "0.0.0.0:0"])
        .arg("--state-dir")
        .arg(state.path())
        .output()
        .expect("runs");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--dev"));
}

#[test]
fn a_second_process_is_told_that_the_store_is_taken() {
    let state = tempfile::tempdir().expect("a folder");
    let first = Process::start(state.path());
    let second = program()
        .args(["init", "--cluster-admin-password", "long enough"])
        .arg("--state-dir")
        .arg(state.path())
        .output()
        .expect("runs");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("store"), "{said}");
    drop(first);
}

#[test]
fn it_stops_when_told_to() {
    let state = tempfile::tempdir().expect("a folder");
    let mut process = Process::start(state.path());
    let pid = process.child.id().to_string();
    let told = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
    assert!(told.success());
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(status) = process.child.try_wait().expect("a child") {
            assert!(status.success(), "{status}");
            return;
        }
        assert!(Instant::now() < deadline, "still running");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn openapi_prints_the_committed_document() {
    let output = program().arg("openapi").output().expect("runs");
    let committed = include_bytes!("../../openapi/sensu-core-v2.json");
    assert!(output.stdout == committed, "run `cargo xtask generate`");
}
