//! `backup`, `restore`, `verify` and `compact` on a database, and between a database and a folder.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_tests::process::{Process, run, start};
use sensu_tests::series;

use super::Place;
use crate::load::{Load, all_there};
use crate::program;

impl Place<'_> {
    fn run(&self, words: &[&str]) -> (bool, String) {
        let mut program = self.program();
        program.args(words);
        tokio::task::block_in_place(|| run(program))
    }

    fn done(&self, words: &[&str]) -> String {
        let (done, said) = self.run(words);
        assert!(done, "{words:?}: {said}");
        assert!(!said.contains(&self.postgres.url()), "the address may hold a password: {said}");
        said
    }

    fn refused(&self, words: &[&str]) -> String {
        let (done, said) = self.run(words);
        assert!(!done, "{words:?}: {said}");
        said
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_backed_up_restored_verified_and_compacted() {
    let Some(place) = Place::shared() else { return };
    let copy = place.folder.path().join("copy.db");
    let copy = copy.to_str().expect("plain text");
    for words in [&["verify"][..], &["compact"], &["backup", copy]] {
        assert!(place.refused(words).contains("schema"), "{words:?}");
    }
    let server = place.server();
    let (token, next) = (server.token().await, Arc::new(AtomicUsize::new(0)));
    let load = Load::on(&server, &token, &next);
    load.reach(300).await;
    let before = load.end().await;

    // Health and metrics are about this engine.
    let metrics = server.send("GET", "/metrics", None, None).await.expect("an answer");
    let text = metrics.body.as_str().expect("a text");
    let of = |name: &str| series(text, &format!("sensu_server_store_{name}")).expect("a number");
    assert_eq!(of(r#"up{engine="postgres"}"#), 1.0);
    assert!(of("size_bytes") > 100_000.0 && of("commit_seconds") > 0.0 && of("revision") > 300.0);
    let (most, busy) = (of(r#"connections{state="max"}"#), of(r#"connections{state="in_use"}"#));
    let idle = of(r#"connections{state="idle"}"#);
    assert!(idle + busy >= 1.0 && idle + busy <= most, "{idle} idle, {busy} busy, at most {most}");

    // Beside a server at work.
    let load = Load::on(&server, &token, &next);
    load.reach(20).await;
    assert!(place.done(&["backup", copy]).contains("entries as of revision"));
    assert!(place.done(&["verify"]).contains("is intact"));
    assert!(place.done(&["compact"]).contains("compacted"));
    let later = load.end().await;
    all_there(&server, &token, &before).await;
    all_there(&server, &token, &later).await;
    assert!(place.refused(&["backup", copy]).contains("exists"));
    assert!(place.refused(&["restore", copy]).contains("--overwrite"));

    // In the place of what has gone on since, beside the server: it sees what is there now.
    assert!(place.done(&["restore", "--overwrite", copy]).contains("restored"));
    all_there(&server, &token, &before).await;
    let last = later.iter().max().expect("some");
    let path = format!("/apis/core/v2/namespaces/default/events/e{last}/c");
    let gone = server.send("GET", &path, Some(&token), None).await.expect("an answer");
    assert_eq!(gone.status, 404, "what was written after the backup is gone");
    assert!(place.done(&["verify"]).contains("is intact"));
    assert!(server.stop());

    // The same file, into a folder and into another schema.
    let folder = place.folder.path().join("folder");
    let mut restore = program();
    restore.args(["restore", copy, "--state-dir"]).arg(&folder);
    let (done, said) = tokio::task::block_in_place(|| run(restore));
    assert!(done, "{said}");
    let process = Process::launch(start(program(), &folder)).expect("starts");
    all_there(&process, &process.token().await, &before).await;
    let other = Place::on(place.postgres);
    assert!(other.done(&["restore", copy]).contains("restored"));
    let server = other.server();
    all_there(&server, &server.token().await, &before).await;
}
