//! Writers that write until told to stop or until nobody answers, and remember what was
//! acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sensu_tests::process::Process;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";

/// Writers at work.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
    writers: Vec<JoinHandle<Vec<usize>>>,
}

/// The event with this number.
fn event(n: usize) -> Value {
    json!({
        "entity": { "entity_class": "proxy", "metadata": { "name": format!("e{n}") } },
        "check": { "interval": 10, "status": 0, "output": n.to_string().repeat(100),
                   "metadata": { "name": "c" } },
    })
}

impl Load {
    /// Eight writers of new events, numbered on from `next`.
    pub(crate) fn on(process: &Process, token: &str, next: &Arc<AtomicUsize>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let writers = (0..8).map(|_| {
            let (url, token) = (process.url(EVENTS), token.to_owned());
            let (next, stop) = (Arc::clone(next), Arc::clone(&stop));
            let acknowledged = Arc::clone(&acknowledged);
            tokio::spawn(async move {
                let client = reqwest::Client::new();
                let mut written = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let request = client.post(&url).bearer_auth(&token).json(&event(n));
                    // No answer, or one that says that it cannot be stored: nothing was promised.
                    let Ok(answer) = request.send().await else { break };
                    match answer.status().as_u16() {
                        200 | 201 => {
                            written.push(n);
                            acknowledged.fetch_add(1, Ordering::Relaxed);
                        }
                        500 | 503 => {}
                        status => panic!("event {n}: {status}"),
                    }
                }
                written
            })
        });
        let writers = writers.collect();
        Self { stop, acknowledged, writers }
    }

    /// Waits until so many events are acknowledged.
    pub(crate) async fn reach(&self, count: usize) {
        while self.acknowledged.load(Ordering::Relaxed) < count {
            assert!(self.writers.iter().any(|writer| !writer.is_finished()), "nobody writes");
            tokio::task::yield_now().await;
        }
    }

    /// How many events are acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// What was acknowledged, once all have stopped.
    pub(crate) async fn end(self) -> Vec<usize> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for writer in self.writers {
            all.extend(writer.await.expect("a writer"));
        }
        all
    }
}

/// Asks for every one of these events.
pub(crate) async fn all_there(process: &Process, token: &str, events: &[usize]) {
    for n in events {
        let path = format!("{EVENTS}/e{n}/c");
        let answer = process.send("GET", &path, Some(token), None).await.expect("an answer");
        assert_eq!(answer.status, 200, "event {n} was acknowledged and is gone");
        assert_eq!(answer.body["check"]["output"], event(*n)["check"]["output"]);
    }
}
