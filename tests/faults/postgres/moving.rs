//! A store moves from a folder into a database and back, and nothing is different.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_tests::process::{Process, run, start};

use super::Place;
use crate::load::{Load, all_there};
use crate::program;

/// `migrate` from one place to another: whether it succeeded, and what it said.
fn migrate(place: &Place<'_>, from: &str, to: &str) -> (bool, String) {
    let mut program = program();
    program.args(["migrate", "--from", from, "--to", to, "--store-schema", &place.schema]);
    run(program)
}

/// What `migrate` says of the content: `N entries, SHA-256 ...`.
fn content(said: &str) -> &str {
    said.trim().rsplit_once(": ").expect("a content").1
}

fn path(folder: &Path) -> &str {
    folder.to_str().expect("plain text")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_moves_there_and_back_unchanged() {
    let Some(place) = Place::shared() else { return };
    let (here, back) = (place.folder.path().join("here"), place.folder.path().join("back"));
    let url = place.postgres.url();
    let server = Process::launch(start(program(), &here)).expect("starts");
    let token = server.token().await;
    let load = Load::on(&server, &token, &Arc::new(AtomicUsize::new(0)));
    load.reach(1_200).await;
    let events = load.end().await;
    let tag = server.send("GET", EVENT, Some(&token), None).await.expect("an answer");
    let tag = tag.header("etag").to_owned();
    let (moved, said) = migrate(&place, path(&here), &url);
    assert!(!moved && said.contains("in use"), "while a server runs: {said}");
    assert!(server.stop());

    let (moved, there) = migrate(&place, path(&here), &url);
    assert!(moved, "{there}");
    assert!(!there.contains(&url), "{there}");
    let server = place.server();
    // The same users, sessions, events and entity tags.
    all_there(&server, &token, &events).await;
    let same = server.send("GET", EVENT, Some(&token), None).await.expect("an answer");
    assert_eq!(same.header("etag"), tag);
    assert!(server.stop());

    let (moved, said) = migrate(&place, path(&here), &url);
    assert!(!moved && said.contains("is not empty"), "{said}");

    let store = place.store().await;
    sensu_store::Store::verify(&store).await.expect("nothing is damaged");
    sensu_store::Store::close(&store).await;
    let (moved, again) = migrate(&place, &url, path(&back));
    assert!(moved, "{again}");
    let (moved, said) = migrate(&place, &url, path(&back));
    assert!(!moved && said.contains("already exists"), "{said}");
    let third = Place::on(place.postgres);
    let (moved, once_more) = migrate(&third, path(&back), &url);
    assert!(moved, "{once_more}");
    assert_eq!(content(&again), content(&once_more));
    assert_eq!(content(&there), content(&again), "nothing was written in between");

    let server = Process::launch(start(program(), &back)).expect("starts");
    all_there(&server, &token, &events).await;
}

const EVENT: &str = "/apis/core/v2/namespaces/default/events/e0/c";

#[test]
fn what_is_not_there_is_not_moved() {
    let Some(place) = Place::shared() else { return };
    let nowhere = place.folder.path().join("nowhere");
    let to = place.folder.path().join("to");
    let (moved, said) = migrate(&place, path(&nowhere), path(&to));
    assert!(!moved && said.contains("does not exist"), "{said}");
    assert!(!nowhere.exists() && !to.exists());
    let (moved, said) = migrate(&place, &place.postgres.url(), path(&to));
    assert!(!moved && said.contains("contains no store"), "{said}");
    let secret = "postgres://sensu:geheim@127.0.0.1:1/none";
    let (moved, said) = migrate(&place, secret, path(&to));
    assert!(!moved && said.contains("127.0.0.1") && !said.contains("geheim"), "{said}");
}
