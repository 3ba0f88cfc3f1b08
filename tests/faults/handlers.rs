//! kill -9 while handlers run: the handlers of every acknowledged event run at least once (D43).

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_tests::process::{Process, start};
use sensu_tests::{eventually, series};
use serde_json::json;

use crate::load::Load;
use crate::program;

const HANDLER: &str = "/apis/core/v2/namespaces/default/handlers/record";

/// A handler that appends the number of each event to a file.
pub(crate) struct Recorder {
    file: PathBuf,
}

impl Recorder {
    /// Creates the handler. The file is in the folder.
    pub(crate) async fn create(process: &Process, token: &str, folder: &Path) -> Self {
        let file = folder.join("handled");
        // `sed` writes each line at once: handlers run in parallel.
        let expression = r#"s/.*"name":"e\([0-9]*\)".*/\1\n/p"#;
        let command = format!("sed -n '{expression}' >> {}", file.display());
        let metadata = json!({ "name": "record", "namespace": "default" });
        let handler = json!({ "metadata": metadata, "type": "pipe", "command": command });
        let response = process.send("PUT", HANDLER, Some(token), Some(&handler)).await;
        assert!(response.expect("a response").status < 300);
        Self { file }
    }

    /// How often each event was handled.
    pub(crate) fn handled(&self) -> BTreeMap<usize, usize> {
        let mut handled = BTreeMap::new();
        for line in std::fs::read_to_string(&self.file).unwrap_or_default().lines() {
            *handled.entry(line.parse().expect("a number")).or_default() += 1;
        }
        handled
    }

    /// Asserts that every one of these events was handled. Returns the number of repetitions.
    pub(crate) fn assert_handled(&self, events: &[usize]) -> usize {
        let handled = self.handled();
        for event in events {
            assert!(handled.contains_key(event), "event {event} was acknowledged and not handled");
        }
        handled.values().map(|times| times - 1).sum()
    }
}

/// Waits until no event waits for its handlers.
pub(crate) async fn wait_until_handled(process: &Process) {
    eventually("all events are handled", async || {
        let response = process.send("GET", "/metrics", None, None).await?;
        let text = response.body.as_str().unwrap_or_default().to_owned();
        (series(&text, "sensu_server_pipeline_outbox_entries")? == 0.0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_events_are_handled_after_a_kill() {
    let folder = tempfile::tempdir().expect("a directory");
    let state = folder.path().join("state");
    let launch = || {
        let mut command = start(program(), &state);
        command.arg("--allow-commands");
        Process::launch(command).expect("starts")
    };
    let (next, random) = (Arc::new(AtomicUsize::new(0)), RandomState::new());
    let (kills, mut acknowledged) = (crate::number_of_kills(), Vec::new());
    let mut recorder = None;
    for kill in 0..kills {
        let process = launch();
        let token = process.token().await;
        if recorder.is_none() {
            recorder = Some(Recorder::create(&process, &token, folder.path()).await);
        }
        let load = Load::start(&process, &token, &next);
        load.wait_for(10 + usize::try_from(random.hash_one(kill) % 100).expect("is small")).await;
        process.kill();
        acknowledged.extend(load.stop().await.acknowledged);
    }
    let process = launch();
    wait_until_handled(&process).await;
    let repeated = recorder.expect("a handler").assert_handled(&acknowledged);
    let events = acknowledged.len();
    println!("{kills} kills, {events} acknowledged events, 0 not handled, {repeated} repeated");
    assert!(process.stop());
}
