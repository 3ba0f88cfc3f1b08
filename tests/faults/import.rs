//! `import`: an invalid manifest rejects the whole import, and an interrupted import can be repeated.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sensu_store::SystemClock;
use sensu_store::sqlite::maintenance;
use sensu_tests::process::{Process, run, start};
use serde_json::{Value, json};

use crate::postgres::Fixture;
use crate::program;

fn import(state: &Path) -> Command {
    let mut command = program();
    command.args(["import", "--password-cost", "4", "--state-dir"]).arg(state);
    command
}

/// An incident with a history.
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
    let mut manifests = vec![json!({"type": "Namespace", "spec": {"name": "ops"}})];
    manifests.extend((0..events).map(event));
    // A manifest may come before those it depends on.
    manifests.reverse();
    manifests.iter().map(|manifest| manifest.to_string() + "\n").collect()
}

async fn events(process: &Process, token: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/apis/core/v2/namespaces/ops/events?limit=500{next}");
        let page = process.send("GET", &path, Some(token), None).await.expect("a response");
        all.extend(page.body.as_array().expect("a list").iter().cloned());
        match page.header("sensu-continue") {
            "" => return all,
            token => next = format!("&continue={token}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_manifest_is_reported_with_its_position_and_nothing_is_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let (state, files) = (dir.path().join("state"), dir.path().join("files"));
    std::fs::create_dir_all(files.join("below")).expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(files.join(name), text).expect("writes");
    write("a.yaml", "type: Namespace\nspec:\n  name: ops\n---\ntype: Nonsense\nspec: {}\n");
    write(
        "below/b.json",
        r#"{"type": "HookConfig", "metadata": {"name": "h"}, "spec": {"command": "ps", "timeout": "x"}}"#,
    );
    write("c.yml", "type: [\n");
    let import_error = |files: &Path| {
        let mut command = import(&state);
        command.arg(files);
        let (success, output) = run(command);
        assert!(!success && output.contains("nothing was imported"), "{output}");
        output
    };
    let error = import_error(&files);
    for part in [
        "a.yaml, manifest 2: unknown type \"Nonsense\"",
        "below/b.json, manifest 1: HookConfig: timeout: invalid type",
        "c.yml: ",
    ] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
    // Objects that a PUT would reject, and duplicates.
    std::fs::remove_file(files.join("c.yml")).expect("is removed");
    let hook = |timeout: u32| {
        format!(
            "type: HookConfig\nmetadata:\n  name: h\n  namespace: nowhere\nspec:\n  command: ps\n  timeout: {timeout}\n"
        )
    };
    write("a.yaml", &format!("type: Namespace\nspec:\n  name: ops\n---\n{}", hook(0)));
    std::fs::remove_file(files.join("below/b.json")).expect("is removed");
    let error = import_error(&files);
    assert!(error.contains("HookConfig nowhere/h: hook timeout must be greater than 0"), "{error}");
    write("a.yaml", &format!("type: Namespace\nspec:\n  name: ops\n---\n{}", hook(1)));
    let error = import_error(&files);
    assert!(error.contains("HookConfig nowhere/h: namespace \"nowhere\" not found"), "{error}");
    write("a.yaml", &format!("{}---\n{}", hook(1), hook(2)));
    let error = import_error(&files);
    assert!(error.contains("manifest 2: HookConfig nowhere/h: is already in"), "{error}");

    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    let path = "/apis/core/v2/namespaces/ops";
    let response = process.send("GET", path, Some(&token), None).await.expect("a response");
    assert_eq!(response.status, 404, "a namespace was written");
}

/// Kills an import of this number of events once it has written some. Returns whether it was still
/// running, with events left to write.
fn kill_import(state: &Path, file: &Path, events: usize) -> bool {
    std::fs::write(file, dump(events)).expect("writes");
    let mut command = import(state);
    let mut child = command.arg(file).stdout(Stdio::null()).spawn().expect("starts");
    let written = || maintenance::verify(state, &SystemClock).map_or(0, |report| report.entries);
    while written() < 500 && child.try_wait().expect("a status").is_none() {
        std::thread::yield_now();
    }
    child.kill().expect("is killed");
    let ended = child.wait().expect("has ended");
    !ended.success() && (500..events as u64).contains(&written())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_can_be_repeated() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("dump.json");
    // An import may end before it is killed. Then a larger one is killed.
    let sizes = (0..4).map(|doublings| 4_000_usize << doublings);
    let interrupted = tokio::task::block_in_place(|| {
        sizes
            .map(|count| (count, dir.path().join(format!("state-{count}"))))
            .find(|(count, state)| kill_import(state, &file, *count))
    });
    let (count, state) = interrupted.expect("every import ended before it was killed");

    let mut command = import(&state);
    command.arg(&file);
    let (success, output) = run(command);
    assert!(success && output.contains(&format!("{count} Event")), "{output}");
    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    let events = events(&process, &token).await;
    assert_eq!(events.len(), count);
    for found in events {
        let check = &found["check"];
        let counts = ["occurrences", "occurrences_watermark", "last_ok"];
        assert_eq!(counts.map(|count| check[count].as_i64().expect("a number")), [2, 2, 200]);
        assert_eq!(check["history"], event(0)["spec"]["check"]["history"]);
        assert_eq!(check["state"], "failing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_can_be_imported_into_while_a_server_runs() {
    let Some(fixture) = Fixture::shared() else { return };
    let server = fixture.server();
    let token = server.token().await;
    let mut command = fixture.program();
    command.args(["import", "--password-cost", "4", "-"]);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = piped.expect("starts");
    let mut input = child.stdin.take().expect("a pipe");
    let manifests = dump(30)
        + &json!({"type": "User", "spec": {"username": "al", "groups": ["ops"]}}).to_string();
    input.write_all(manifests.as_bytes()).expect("writes");
    drop(input);
    let output = child.wait_with_output().expect("has ended");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("30 Event"), "{text}");
    assert!(text.contains("without a password, and therefore disabled: al"), "{text}");
    assert_eq!(events(&server, &token).await.len(), 30);
    let path = "/apis/core/v2/users/al";
    let al = server.send("GET", path, Some(&token), None).await.expect("a response");
    assert_eq!(al.body, json!({"username": "al", "groups": ["ops"], "disabled": true}));
}
