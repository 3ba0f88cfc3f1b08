//! `import`: what is wrong is told and nothing is written; what was begun can be done again.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sensu_store::SystemClock;
use sensu_store::sqlite::maintenance;
use sensu_tests::process::{Process, run, start};
use serde_json::{Value, json};

use crate::postgres::Place;
use crate::program;

fn import(state: &Path) -> Command {
    let mut command = program();
    command.args(["import", "--password-cost", "4", "--state-dir"]).arg(state);
    command
}

/// An incident that has been going on for a while.
fn event(n: usize) -> Value {
    let result = |status: u32, executed: usize| json!({"status": status, "executed": executed});
    json!({
        "type": "Event", "api_version": "core/v2", "metadata": {"namespace": "ops"},
        "spec": {
            "timestamp": 400,
            "entity": {"entity_class": "proxy", "metadata": {"name": format!("e{n}"), "namespace": "ops"}},
            "check": {
                "interval": 10, "status": 2, "executed": 400, "state": "failing", "last_ok": 200,
                "occurrences": 2, "occurrences_watermark": 2,
                "history": [result(0, 200), result(2, 300), result(2, 400)],
                "metadata": {"name": "c", "namespace": "ops"},
            },
        },
    })
}

fn dump(events: usize) -> String {
    let mut documents = vec![json!({"type": "Namespace", "spec": {"name": "ops"}})];
    documents.extend((0..events).map(event));
    // What others need may well come after them.
    documents.reverse();
    documents.iter().map(|document| document.to_string() + "\n").collect()
}

async fn events(process: &Process, token: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/apis/core/v2/namespaces/ops/events?limit=500{next}");
        let page = process.send("GET", &path, Some(token), None).await.expect("an answer");
        all.extend(page.body.as_array().expect("a list").iter().cloned());
        match page.header("sensu-continue") {
            "" => return all,
            token => next = format!("&continue={token}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_with_their_place_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (state, files) = (folder.path().join("state"), folder.path().join("files"));
    std::fs::create_dir_all(files.join("below")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(files.join(name), text).expect("writes");
    write("a.yaml", "type: Namespace\nspec:\n  name: ops\n---\ntype: Nonsense\nspec: {}\n");
    write(
        "below/b.json",
        r#"{"type": "HookConfig", "metadata": {"name": "h"}, "spec": {"command": "ps", "timeout": "x"}}"#,
    );
    write("c.yml", "type: [\n");
    let told = |files: &Path| {
        let mut command = import(&state);
        command.arg(files);
        let (done, said) = run(command);
        assert!(!done && said.contains("nothing was imported"), "{said}");
        said
    };
    let said = told(&files);
    for part in [
        "a.yaml, manifest 2: unknown type \"Nonsense\"",
        "below/b.json, manifest 1: HookConfig: timeout: invalid type",
        "c.yml: ",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    // What a PUT would refuse, and what is there twice.
    std::fs::remove_file(files.join("c.yml")).expect("is removed");
    let hook = |timeout: u32| {
        format!(
            "type: HookConfig\nmetadata:\n  name: h\n  namespace: nowhere\nspec:\n  command: ps\n  timeout: {timeout}\n"
        )
    };
    write("a.yaml", &format!("type: Namespace\nspec:\n  name: ops\n---\n{}", hook(0)));
    std::fs::remove_file(files.join("below/b.json")).expect("is removed");
    let said = told(&files);
    assert!(said.contains("HookConfig nowhere/h: hook timeout must be greater than 0"), "{said}");
    write("a.yaml", &format!("type: Namespace\nspec:\n  name: ops\n---\n{}", hook(1)));
    let said = told(&files);
    assert!(said.contains("HookConfig nowhere/h: namespace \"nowhere\" not found"), "{said}");
    write("a.yaml", &format!("{}---\n{}", hook(1), hook(2)));
    let said = told(&files);
    assert!(said.contains("manifest 2: HookConfig nowhere/h: is already in"), "{said}");
    write("a.yaml", "type: APIKey\nmetadata:\n  name: k\nspec: {}\n");
    assert!(told(&files).contains("API keys cannot be imported"));

    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    let path = "/apis/core/v2/namespaces/ops";
    let answer = process.send("GET", path, Some(&token), None).await.expect("an answer");
    assert_eq!(answer.status, 404, "a namespace was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_is_finished_by_another() {
    const EVENTS: usize = 4_000;
    let folder = tempfile::tempdir().expect("a folder");
    let (state, file) = (folder.path().join("state"), folder.path().join("dump.json"));
    std::fs::write(&file, dump(EVENTS)).expect("writes");
    let mut command = import(&state);
    let mut child = command.arg(&file).stdout(Stdio::null()).spawn().expect("starts");
    let written = || maintenance::verify(&state, &SystemClock).map_or(0, |found| found.entries);
    while written() < 500 {
        assert!(child.try_wait().expect("is asked").is_none(), "it was over before it was killed");
        tokio::task::yield_now().await;
    }
    child.kill().expect("is killed");
    child.wait().expect("is gone");
    let left = written();
    assert!(left < EVENTS as u64, "it was over before it was killed");

    let mut command = import(&state);
    command.arg(&file);
    let (done, said) = run(command);
    assert!(done && said.contains(&format!("{EVENTS} Event")), "{said}");
    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    let events = events(&process, &token).await;
    assert_eq!(events.len(), EVENTS);
    for found in events {
        let check = &found["check"];
        let counts = ["occurrences", "occurrences_watermark", "last_ok"];
        assert_eq!(counts.map(|count| check[count].as_i64().expect("a number")), [2, 2, 200]);
        assert_eq!(check["history"], event(0)["spec"]["check"]["history"]);
        assert_eq!(check["state"], "failing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_takes_an_import_beside_its_servers() {
    let Some(place) = Place::shared() else { return };
    let server = place.server();
    let token = server.token().await;
    let mut command = place.program();
    command.args(["import", "--password-cost", "4", "-"]);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = piped.expect("starts");
    let mut input = child.stdin.take().expect("a pipe");
    let documents = dump(30)
        + &json!({"type": "User", "spec": {"username": "al", "groups": ["ops"]}}).to_string();
    input.write_all(documents.as_bytes()).expect("is read");
    drop(input);
    let output = child.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("30 Event"), "{said}");
    assert!(said.contains("without a password, and therefore disabled: al"), "{said}");
    assert_eq!(events(&server, &token).await.len(), 30);
    let path = "/apis/core/v2/users/al";
    let al = server.send("GET", path, Some(&token), None).await.expect("an answer");
    assert_eq!(al.body, json!({"username": "al", "groups": ["ops"], "disabled": true}));
}
