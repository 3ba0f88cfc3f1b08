//! Concurrent writers that record which events a server has acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sensu_tests::Response;
use sensu_tests::process::Process;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";
const WRITERS: usize = 8;

/// How often a read that gets 503 is repeated.
const READ_ATTEMPTS: usize = 100;

/// Running writers.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
    writers: Vec<JoinHandle<Written>>,
}

/// The events of all writers.
#[derive(Default)]
pub(crate) struct Written {
    /// Numbers of the acknowledged events.
    pub(crate) acknowledged: Vec<usize>,
    /// Number of events without an acknowledgement, which may or may not be stored.
    pub(crate) unknown: usize,
}

/// The event with this number.
fn event(n: usize) -> Value {
    json!({
        "entity": { "entity_class": "proxy", "metadata": { "name": format!("e{n}") } },
        // Tests of handlers create the handler.
        "check": { "interval": 10, "status": 0, "output": n.to_string().repeat(100),
                   "metadata": { "name": "c" }, "handlers": ["record"] },
    })
}

/// The path of the event with this number.
pub(crate) fn event_path(n: usize) -> String {
    format!("{EVENTS}/e{n}/c")
}

impl Load {
    /// Starts writers of new events, numbered from `next`. They end when the server is killed.
    pub(crate) fn start(process: &Process, token: &str, next: &Arc<AtomicUsize>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let writers = (0..WRITERS).map(|_| {
            let (url, token) = (process.url(EVENTS), token.to_owned());
            let (next, stop) = (Arc::clone(next), Arc::clone(&stop));
            let acknowledged = Arc::clone(&acknowledged);
            tokio::spawn(async move {
                let client = reqwest::Client::new();
                let mut written = Written::default();
                while !stop.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let request = client.post(&url).bearer_auth(&token).json(&event(n));
                    let Ok(response) = request.send().await else {
                        written.unknown += 1;
                        break;
                    };
                    match response.status().as_u16() {
                        200 | 201 => {
                            written.acknowledged.push(n);
                            acknowledged.fetch_add(1, Ordering::Relaxed);
                        }
                        500 | 503 => written.unknown += 1,
                        status => panic!("event {n}: {status}"),
                    }
                }
                written
            })
        });
        let writers = writers.collect();
        Self { stop, acknowledged, writers }
    }

    /// Waits until this number of further events is acknowledged.
    pub(crate) async fn wait_for(&self, count: usize) {
        let target = self.acknowledged.load(Ordering::Relaxed) + count;
        while self.acknowledged.load(Ordering::Relaxed) < target {
            assert!(self.writers.iter().any(|writer| !writer.is_finished()), "all writers ended");
            tokio::task::yield_now().await;
        }
    }

    /// Stops the writers and returns their events.
    pub(crate) async fn stop(self) -> Written {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Written::default();
        for writer in self.writers {
            let written = writer.await.expect("a writer");
            all.acknowledged.extend(written.acknowledged);
            all.unknown += written.unknown;
        }
        all
    }
}

/// Reads a path. Repeats the request while the server responds with 503: on a busy machine, its
/// database may exceed its timeout.
pub(crate) async fn read(process: &Process, path: &str, token: &str) -> Response {
    for _ in 0..READ_ATTEMPTS {
        let response = process.send("GET", path, Some(token), None).await.expect("a response");
        if response.status != 503 {
            return response;
        }
    }
    panic!("{path}: 503 after {READ_ATTEMPTS} attempts");
}

/// Asserts that every one of these events is stored.
pub(crate) async fn assert_stored(process: &Process, token: &str, events: &[usize]) {
    for n in events {
        let response = read(process, &event_path(*n), token).await;
        assert_eq!(response.status, 200, "event {n} was acknowledged and is missing");
        assert_eq!(response.body["check"]["output"], event(*n)["check"]["output"]);
    }
}
