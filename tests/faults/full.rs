//! A disk that is full: a small file system of its own under a server, filled up and given room again.

use std::process::Command;

use sensu_tests::process::{Process, start};
use sensu_tests::series;
use serde_json::json;
use tempfile::TempDir;

use crate::program;

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";

/// A file system of eight megabytes, for as long as this lives. Needs the right to mount.
struct Small(TempDir);

impl Small {
    #[expect(clippy::print_stdout, reason = "says that something was not tested")]
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        assert!(std::env::var_os("CI").is_none(), "no file system can be mounted");
        println!("not tested: needs the right to mount a file system (run it as root)");
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // What is busy is let go of by its last user.
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

async fn write(process: &Process, token: &str, n: usize) -> sensu_tests::Response {
    let event = json!({
        "entity": { "entity_class": "proxy", "metadata": { "name": format!("e{n}") } },
        "check": { "interval": 10, "output": "x".repeat(20_000), "metadata": { "name": "c" } },
    });
    process.send("POST", EVENTS, Some(token), Some(&event)).await.expect("an answer")
}

async fn status(process: &Process, path: &str, token: &str) -> u16 {
    process.send("GET", path, Some(token), None).await.expect("an answer").status
}

async fn there(process: &Process, token: &str, events: &[usize]) {
    for n in events {
        let path = format!("{EVENTS}/e{n}/c");
        assert_eq!(status(process, &path, token).await, 200, "event {n} was acknowledged");
    }
}

/// What `/metrics` says of the store.
async fn measured(process: &Process, name: &str) -> f64 {
    let metrics = process.send("GET", "/metrics", None, None).await.expect("an answer");
    let text = metrics.body.as_str().expect("a text").to_owned();
    series(&text, &format!("sensu_server_store_{name}")).unwrap_or_else(|| panic!("no {name}"))
}

const UP: &str = r#"up{engine="sqlite"}"#;
const LAST_FAILURE: &str = "last_failure_timestamp_seconds";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_got_over() {
    let Some(disk) = Small::mount() else { return };
    let (state, ballast) = (disk.0.path().join("state"), disk.0.path().join("ballast"));
    std::fs::write(&ballast, vec![1; 3 << 20]).expect("there is room");
    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    assert_eq!(measured(&process, UP).await, 1.0);
    assert_eq!(measured(&process, LAST_FAILURE).await, 0.0);
    let (mut acknowledged, mut n) = (Vec::new(), 0);
    let full = loop {
        let answer = write(&process, &token, n).await;
        if answer.status != 200 {
            break answer;
        }
        acknowledged.push(n);
        n += 1;
        assert!(n < 2_000, "the disk does not fill up");
    };
    assert_eq!(full.status, 503, "{:?}", full.body);
    assert_eq!(full.body["message"], "the disk of the store is full: nothing was written");
    assert_eq!(full.header("retry-after"), "1");
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());

    // Full it stays, whoever asks how it is.
    for _ in 0..3 {
        let ready = process.send("GET", "/ready", None, None).await.expect("an answer");
        assert_eq!(ready.status, 503);
        let health = process.send("GET", "/health", None, None).await.expect("an answer");
        assert_eq!(health.body["ClusterHealth"][0]["Healthy"], false, "{}", health.body);
        assert_eq!(write(&process, &token, n).await.status, 503);
    }
    there(&process, &token, &acknowledged).await;
    assert_eq!(measured(&process, UP).await, 0.0);
    let failed_at = measured(&process, LAST_FAILURE).await;
    assert!(failed_at > 0.0);
    let size = measured(&process, "size_bytes").await;
    assert!((1e6..8e6).contains(&size), "{size}");
    let took = measured(&process, "commit_seconds").await;
    assert!(took > 0.0 && took < 60.0, "{took}");

    // Nobody writes, and it finds out by itself.
    std::fs::remove_file(&ballast).expect("is removed");
    while status(&process, "/ready", "").await != 200 {
        tokio::task::yield_now().await;
    }
    for more in n..n + 20 {
        assert_eq!(write(&process, &token, more).await.status, 200);
        acknowledged.push(more);
    }
    there(&process, &token, &acknowledged).await;
    assert_eq!(measured(&process, UP).await, 1.0);
    assert!(measured(&process, LAST_FAILURE).await >= failed_at, "that it was is remembered");
    process.kill();
    let process = Process::launch(start(program(), &state)).expect("starts again");
    there(&process, &process.token().await, &acknowledged).await;
}
