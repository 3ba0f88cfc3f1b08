//! `migrate`: a store is copied from a directory to a database and back, unchanged.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_store::Store as _;
use sensu_tests::process::{Process, run, start};

use super::Fixture;
use crate::load::{Load, assert_stored, event_path, read};
use crate::program;

/// Runs `migrate`. Returns whether it succeeded, and its output.
fn migrate(fixture: &Fixture<'_>, from: &str, to: &str) -> (bool, String) {
    let mut program = program();
    program.args(["migrate", "--from", from, "--to", to, "--store-schema", &fixture.schema]);
    run(program)
}

/// The summary of the content in the output of `migrate`: `N entries, SHA-256 ...`.
fn content(output: &str) -> &str {
    output.trim().rsplit_once(": ").expect("a summary").1
}

fn text(path: &Path) -> &str {
    path.to_str().expect("valid UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_migrated_to_a_database_and_back_unchanged() {
    let Some(fixture) = Fixture::shared() else { return };
    let (source, back) = (fixture.dir.path().join("source"), fixture.dir.path().join("back"));
    let url = fixture.postgres.url();
    let server = Process::launch(start(program(), &source)).expect("starts");
    let token = server.token().await;
    let load = Load::start(&server, &token, &Arc::new(AtomicUsize::new(0)));
    load.wait_for(1_200).await;
    let events = load.stop().await.acknowledged;
    let first = event_path(events[0]);
    let tag = read(&server, &first, &token).await.header("etag").to_owned();
    let (success, output) = migrate(&fixture, text(&source), &url);
    assert!(!success && output.contains("in use"), "while a server runs: {output}");
    assert!(server.stop());

    let (success, to_database) = migrate(&fixture, text(&source), &url);
    assert!(success, "{to_database}");
    assert!(!to_database.contains(&url), "{to_database}");
    let server = fixture.server();
    // Users, sessions, events and entity tags are the same.
    assert_stored(&server, &token, &events).await;
    assert_eq!(read(&server, &first, &token).await.header("etag"), tag);
    assert!(server.stop());

    let (success, output) = migrate(&fixture, text(&source), &url);
    assert!(!success && output.contains("is not empty"), "{output}");

    let store = fixture.store().await;
    store.verify().await.expect("an intact store");
    store.close().await;
    let (success, to_directory) = migrate(&fixture, &url, text(&back));
    assert!(success, "{to_directory}");
    let (success, output) = migrate(&fixture, &url, text(&back));
    assert!(!success && output.contains("already exists"), "{output}");
    let third = Fixture::new(fixture.postgres);
    let (success, to_another) = migrate(&third, text(&back), &url);
    assert!(success, "{to_another}");
    assert_eq!(content(&to_directory), content(&to_another));
    assert_eq!(content(&to_database), content(&to_directory), "nothing was written in between");

    let server = Process::launch(start(program(), &back)).expect("starts");
    assert_stored(&server, &token, &events).await;
}

#[test]
fn a_missing_source_is_an_error_and_creates_nothing() {
    let Some(fixture) = Fixture::shared() else { return };
    let missing = fixture.dir.path().join("missing");
    let to = fixture.dir.path().join("to");
    let (success, output) = migrate(&fixture, text(&missing), text(&to));
    assert!(!success && output.contains("does not exist"), "{output}");
    assert!(!missing.exists() && !to.exists());
    let (success, output) = migrate(&fixture, &fixture.postgres.url(), text(&to));
    assert!(!success && output.contains("there is no store"), "{output}");
    let url = "postgres://sensu:secret@127.0.0.1:1/none";
    let (success, output) = migrate(&fixture, url, text(&to));
    assert!(!success && output.contains("127.0.0.1") && !output.contains("secret"), "{output}");
}
