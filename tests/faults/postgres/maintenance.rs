//! `backup`, `restore`, `verify` and `compact` of a database, and restores between a database and a
//! directory.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_tests::process::{Process, run, start};
use sensu_tests::series;

use super::Fixture;
use crate::load::{Load, assert_stored, event_path, read};
use crate::program;

impl Fixture<'_> {
    fn run(&self, args: &[&str]) -> (bool, String) {
        let mut program = self.program();
        program.args(args);
        tokio::task::block_in_place(|| run(program))
    }

    /// Runs a command that succeeds. Returns its output.
    fn succeed(&self, args: &[&str]) -> String {
        let (success, output) = self.run(args);
        assert!(success, "{args:?}: {output}");
        assert!(!output.contains(&self.postgres.url()), "the URL may have a password: {output}");
        output
    }

    /// Runs a command that fails. Returns its output.
    fn fail(&self, args: &[&str]) -> String {
        let (success, output) = self.run(args);
        assert!(!success, "{args:?}: {output}");
        output
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_can_be_backed_up_restored_verified_and_compacted() {
    let Some(fixture) = Fixture::shared() else { return };
    let copy = fixture.dir.path().join("copy.db");
    let copy = copy.to_str().expect("valid UTF-8");
    for args in [&["verify"][..], &["compact"], &["backup", copy]] {
        assert!(fixture.fail(args).contains("schema"), "{args:?}");
    }
    let server = fixture.server();
    let (token, next) = (server.token().await, Arc::new(AtomicUsize::new(0)));
    let load = Load::start(&server, &token, &next);
    load.wait_for(300).await;
    let before = load.stop().await.acknowledged;

    // The metrics are those of this engine.
    let metrics = server.send("GET", "/metrics", None, None).await.expect("a response");
    let text = metrics.body.as_str().expect("a text");
    let metric =
        |name: &str| series(text, &format!("sensu_server_store_{name}")).expect("a number");
    assert_eq!(metric(r#"up{engine="postgres"}"#), 1.0);
    assert!(metric("size_bytes") > 100_000.0 && metric("commit_seconds") > 0.0);
    assert!(metric("revision") > 300.0);
    let (most, busy) =
        (metric(r#"connections{state="max"}"#), metric(r#"connections{state="in_use"}"#));
    let idle = metric(r#"connections{state="idle"}"#);
    assert!(idle + busy >= 1.0 && idle + busy <= most, "{idle} idle, {busy} busy, at most {most}");

    // While a server runs.
    let load = Load::start(&server, &token, &next);
    load.wait_for(20).await;
    assert!(fixture.succeed(&["backup", copy]).contains("entries at revision"));
    assert!(fixture.succeed(&["verify"]).contains("is intact"));
    assert!(fixture.succeed(&["compact"]).contains("compacted"));
    // The last events are certainly not in the backup.
    load.wait_for(20).await;
    let later = load.stop().await.acknowledged;
    assert_stored(&server, &token, &before).await;
    assert_stored(&server, &token, &later).await;
    assert!(fixture.fail(&["backup", copy]).contains("exists"));
    assert!(fixture.fail(&["restore", copy]).contains("--overwrite"));

    // A restore over the store discards what was written after the backup. The running server
    // serves the restored data.
    assert!(fixture.succeed(&["restore", "--overwrite", copy]).contains("restored"));
    assert_stored(&server, &token, &before).await;
    let last = later.iter().max().expect("an event");
    let response = read(&server, &event_path(*last), &token).await;
    assert_eq!(response.status, 404, "event {last} is not in the backup");
    assert!(fixture.succeed(&["verify"]).contains("is intact"));
    assert!(server.stop());

    // The same file can be restored into a directory and into another schema.
    let dir = fixture.dir.path().join("state");
    let mut restore = program();
    restore.args(["restore", copy, "--state-dir"]).arg(&dir);
    let (success, output) = tokio::task::block_in_place(|| run(restore));
    assert!(success, "{output}");
    let process = Process::launch(start(program(), &dir)).expect("starts");
    assert_stored(&process, &process.token().await, &before).await;
    let other = Fixture::new(fixture.postgres);
    assert!(other.succeed(&["restore", copy]).contains("restored"));
    let server = other.server();
    assert_stored(&server, &server.token().await, &before).await;
}
