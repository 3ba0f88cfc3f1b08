//! A full disk: a small file system for one server, which is filled up and then freed.

use std::process::Command;

use sensu_tests::process::{Process, start};
use sensu_tests::{Response, series, skip};
use serde_json::json;
use tempfile::TempDir;

use crate::program;

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";

/// A file system of eight megabytes, until this is dropped. Needs the right to mount.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().expect("a directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(dir.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(dir));
        }
        skip("no permission to mount a file system (run it as root)");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // If the file system is busy, its last user releases it.
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

async fn write(process: &Process, token: &str, n: usize) -> Response {
    let event = json!({
        "entity": { "entity_class": "proxy", "metadata": { "name": format!("e{n}") } },
        "check": { "interval": 10, "output": "x".repeat(20_000), "metadata": { "name": "c" } },
    });
    process.send("POST", EVENTS, Some(token), Some(&event)).await.expect("a response")
}

async fn status(process: &Process, path: &str, token: &str) -> u16 {
    process.send("GET", path, Some(token), None).await.expect("a response").status
}

async fn assert_stored(process: &Process, token: &str, events: &[usize]) {
    for n in events {
        let path = format!("{EVENTS}/e{n}/c");
        assert_eq!(status(process, &path, token).await, 200, "event {n} was acknowledged");
    }
}

/// A metric of the store.
async fn metric(process: &Process, name: &str) -> f64 {
    let metrics = process.send("GET", "/metrics", None, None).await.expect("a response");
    let text = metrics.body.as_str().expect("a text").to_owned();
    series(&text, &format!("sensu_server_store_{name}")).unwrap_or_else(|| panic!("no {name}"))
}

const UP: &str = r#"up{engine="sqlite"}"#;
const LAST_FAILURE: &str = "last_failure_timestamp_seconds";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_reported_and_the_server_recovers() {
    let Some(disk) = SmallDisk::mount() else { return };
    let (state, ballast) = (disk.0.path().join("state"), disk.0.path().join("ballast"));
    std::fs::write(&ballast, vec![1; 3 << 20]).expect("fits");
    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    assert_eq!(metric(&process, UP).await, 1.0);
    assert_eq!(metric(&process, LAST_FAILURE).await, 0.0);
    let (mut acknowledged, mut n) = (Vec::new(), 0);
    let full = loop {
        let response = write(&process, &token, n).await;
        if response.status != 200 {
            break response;
        }
        acknowledged.push(n);
        n += 1;
        assert!(n < 2_000, "the disk does not fill up");
    };
    assert_eq!(full.status, 503, "{:?}", full.body);
    assert_eq!(full.body["message"], "the disk of the store is full: nothing was written");
    assert_eq!(full.header("retry-after"), "1");
    // The log and the database fit a multiple of this number of events.
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());

    // Health checks retry the write, and the disk is still full.
    for _ in 0..3 {
        let ready = process.send("GET", "/ready", None, None).await.expect("a response");
        assert_eq!(ready.status, 503);
        let health = process.send("GET", "/health", None, None).await.expect("a response");
        assert_eq!(health.body["ClusterHealth"][0]["Healthy"], false, "{}", health.body);
        assert_eq!(write(&process, &token, n).await.status, 503);
    }
    assert_stored(&process, &token, &acknowledged).await;
    assert_eq!(metric(&process, UP).await, 0.0);
    let failed_at = metric(&process, LAST_FAILURE).await;
    assert!(failed_at > 0.0);
    let size = metric(&process, "size_bytes").await;
    assert!((1e6..8e6).contains(&size), "{size}");
    assert!(metric(&process, "commit_seconds").await > 0.0);

    // The server recovers without a write.
    std::fs::remove_file(&ballast).expect("is removed");
    while status(&process, "/ready", "").await != 200 {
        tokio::task::yield_now().await;
    }
    for more in n..n + 20 {
        assert_eq!(write(&process, &token, more).await.status, 200);
        acknowledged.push(more);
    }
    assert_stored(&process, &token, &acknowledged).await;
    assert_eq!(metric(&process, UP).await, 1.0);
    assert!(metric(&process, LAST_FAILURE).await >= failed_at, "the last failure is kept");
    process.kill();
    let process = Process::launch(start(program(), &state)).expect("starts again");
    assert_stored(&process, &process.token().await, &acknowledged).await;
}

/// Fills the disk with events. Returns those that were acknowledged.
async fn fill(process: &Process, token: &str) -> Vec<usize> {
    let mut acknowledged = Vec::new();
    for n in 0..2_000 {
        if write(process, token, n).await.status != 200 {
            return acknowledged;
        }
        acknowledged.push(n);
    }
    panic!("the disk does not fill up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_can_be_emptied_by_deleting() {
    let Some(disk) = SmallDisk::mount() else { return };
    let state = disk.0.path().join("state");
    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    let mut acknowledged = fill(&process, &token).await;
    assert_eq!(status(&process, "/ready", "").await, 503);
    let entities = "/apis/core/v2/namespaces/default/entities";
    // Log-ins work, and so do deletions, until there is space again.
    let token = process.token().await;
    while status(&process, "/ready", "").await != 200 {
        let n = acknowledged.pop().expect("deleting events frees space");
        let path = format!("{EVENTS}/e{n}/c");
        for path in [path, format!("{entities}/e{n}")] {
            let response = process.send("DELETE", &path, Some(&token), None).await;
            let response = response.expect("a response");
            assert!(response.status == 204 || response.status == 404, "{:?}", response.body);
        }
    }
    // The file system has no more space than before: the space of deleted data is used again.
    assert_eq!(write(&process, &token, 2_000).await.status, 200);
    acknowledged.push(2_000);
    assert_stored(&process, &token, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_a_full_disk_starts_and_serves_reads() {
    let Some(disk) = SmallDisk::mount() else { return };
    let (state, ballast) = (disk.0.path().join("state"), disk.0.path().join("ballast"));
    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    // Less than the server copies from the log into the database at a time: all of it is in the log.
    let acknowledged: Vec<usize> = (0..60).collect();
    for n in &acknowledged {
        assert_eq!(write(&process, &token, *n).await.status, 200);
    }
    process.kill();
    // Worse than what the server can get into by itself: there is no reserve.
    std::fs::remove_file(state.join("sensu.reserve")).expect("is removed");
    let mut file = std::fs::File::create(&ballast).expect("creates");
    while std::io::Write::write_all(&mut file, &[1; 4096]).is_ok() {}
    // An open file would keep its space when it is removed.
    drop(file);

    let (process, log) = Process::launch_with(start(program(), &state), drop).expect("starts");
    assert!(log.contains("does not accept writes"), "{log}");
    for _ in 0..3 {
        assert_eq!(status(&process, "/ready", "").await, 503);
        assert_eq!(write(&process, &token, 5_000).await.status, 503);
        assert_stored(&process, &token, &acknowledged).await;
    }
    std::fs::remove_file(&ballast).expect("is removed");
    while status(&process, "/ready", "").await != 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(write(&process, &token, acknowledged.len()).await.status, 200);
    assert_stored(&process, &token, &acknowledged).await;
}
