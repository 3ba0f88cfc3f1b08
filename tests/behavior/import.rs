//! `sensu-server import`: what it skips, changes and reports, and how users log in afterwards.

use std::path::Path;
use std::process::Command;

use sensu_server::seed::DEV_PASSWORD;
use sensu_store::{Clock as _, SystemClock};
use sensu_tests::process::{Process, run};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

fn program(command: &str, state: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_test-server"));
    program.args([command, "--password-cost", "4", "--state-dir"]).arg(state);
    program
}

/// Imports manifests from a file. Returns the summary and the report.
fn import(state: &Path, manifests: &[Value], flags: &[&str]) -> (String, Value) {
    let (file, report) = (state.join("dump.json"), state.join("report.json"));
    std::fs::create_dir_all(state).expect("a directory");
    let text: String = manifests.iter().map(|manifest| format!("{manifest}\n")).collect();
    std::fs::write(&file, text).expect("writes");
    let mut command = program("import", &state.join("store"));
    command.arg(&file).arg("--report").arg(&report).args(flags);
    let (succeeded, output) = run(command);
    assert!(succeeded, "{output}");
    let report = std::fs::read_to_string(report).expect("a report");
    (output, serde_json::from_str(&report).expect("JSON"))
}

/// Starts a server. Also returns what it logs before it listens.
fn launch(state: &Path, flags: &[&str]) -> (Process, String) {
    let mut command = program("start", &state.join("store"));
    command.args(["--api-listen-address", "127.0.0.1:0"]).args(flags);
    Process::launch_with(command, drop).expect("starts")
}

fn manifest(api_version: &str, kind: &str, name: &str, spec: &Value) -> Value {
    json!({"type": kind, "api_version": api_version, "metadata": {"name": name, "namespace": "default"},
           "spec": spec})
}

fn hook(name: &str) -> Value {
    manifest("core/v2", "HookConfig", name, &json!({"command": "ps", "timeout": 5}))
}

/// Outcome, kind, name and reason of the manifests of a report.
fn outcomes(report: &Value) -> Vec<String> {
    let manifests = report["manifests"].as_array().expect("a list").iter();
    let text = |manifest: &Value, field: &str| manifest[field].as_str().unwrap_or("").to_owned();
    let line = |m: &Value| ["outcome", "api_version", "kind", "name"].map(|f| text(m, f)).join(" ");
    manifests.map(line).collect()
}

#[test]
fn types_that_the_server_does_not_have_are_skipped_and_reported() {
    let state = tempfile::tempdir().expect("a directory");
    let key = json!({"type": "APIKey", "api_version": "core/v2", "metadata": {"name": "k"},
                     "spec": {"username": "ci"}});
    let manifests = [
        manifest("secrets/v1", "Secret", "s", &json!({"id": "X", "provider": "env"})),
        hook("one"),
        manifest("core/v2.9.9", "Teleporter", "t", &json!({})),
        manifest("core/v3", "EntityConfig", "e", &json!({})),
        manifest("other/v1", "Thing", "t", &json!({})),
        key,
        hook("one"),
    ];
    let (output, report) = import(state.path(), &manifests, &[]);
    assert_eq!(
        outcomes(&report),
        [
            "skipped secrets/v1 Secret s",
            "imported core/v2 HookConfig one",
            "skipped core/v2 Teleporter t",
            "skipped core/v3 EntityConfig e",
            "skipped other/v1 Thing t",
            "skipped core/v2 APIKey k",
            "skipped core/v2 HookConfig one",
        ]
    );
    assert_eq!(report["totals"], json!({"imported": 1, "changed": 0, "skipped": 6}));
    for line in [
        "imported 1 objects, 0 of them with changes:\n       1 HookConfig\nskipped 6 manifests:\n",
        "       1 Secret (secrets/v1): secrets and their providers;",
        "       1 Teleporter (core/v2): this server does not have the type\n",
        "create a new one with `sensuctl api-key grant ci`",
        "dump.json, manifest 2",
    ] {
        assert!(output.contains(line), "{line:?} is not in {output}");
    }

    // A strict import rejects all of them.
    for (skipped, message) in [
        (&manifests[0], "manifest 2: Secret default/s (secrets/v1): secrets"),
        (&manifests[2], "manifest 2: Teleporter default/t (core/v2): this server does not have"),
        (&hook_with_unknown_field(), "HookConfig default/two: nonsense: this server does not have"),
    ] {
        let file = state.path().join("strict.json");
        std::fs::write(&file, format!("{}\n{skipped}", hook("new"))).expect("writes");
        let mut command = program("import", &state.path().join("store"));
        command.arg("--strict").arg(&file);
        let (succeeded, output) = run(command);
        assert!(!succeeded && output.contains("nothing was imported"), "{output}");
        assert!(output.contains(message), "{message:?} is not in {output}");
    }
    let (output, report) = import(state.path(), &[hook_with_unknown_field()], &[]);
    assert!(
        output.contains("1 HookConfig.nonsense dropped: this server does not have"),
        "{output}"
    );
    let change = json!([{"field": "nonsense", "change": "dropped",
                         "reason": "this server does not have the field"}]);
    assert_eq!(report["manifests"][0]["changes"], change);
}

fn hook_with_unknown_field() -> Value {
    let spec = json!({"command": "ps", "timeout": 5, "nonsense": true});
    manifest("core/v2", "HookConfig", "two", &spec)
}

fn user(name: &str, groups: &[&str], disabled: bool) -> Value {
    json!({"type": "User", "api_version": "core/v2", "metadata": {"name": name},
           "spec": {"username": name, "groups": groups, "disabled": disabled}})
}

#[tokio::test(flavor = "multi_thread")]
async fn users_without_a_password_are_named_and_init_enables_an_administrator() {
    let dir = tempfile::tempdir().expect("a directory");
    let state = dir.path();
    let users = [
        user("admin", &["cluster-admins"], false),
        user("bob", &["ops"], false),
        user("old", &["ops"], true),
    ];
    let (output, report) = import(state, &users, &[]);
    assert_eq!(report["disabled_users"], json!(["admin", "bob"]));
    for line in [
        "imported without a password, and therefore disabled: admin, bob\n",
        "run `sensu-server init --cluster-admin-username admin`",
        "`sensuctl user reset-password NAME`, then `sensuctl user reinstate NAME`",
    ] {
        assert!(output.contains(line), "{line:?} is not in {output}");
    }

    // A server does not claim that they have the public password.
    let ready = state.join("ready.json");
    let (process, log) = launch(state, &["--dev", "--ready-file", ready.to_str().expect("text")]);
    assert!(log.contains("public password of agent: "), "{log}");
    assert!(log.contains("user admin was imported without a password and is disabled"), "{log}");
    let ready = std::fs::read_to_string(ready).expect("a ready file");
    assert!(!ready.contains("password"), "{ready}");
    assert_eq!(process.log_in("admin", DEV_PASSWORD).await.status, 401);
    assert!(process.stop());

    let init = |name: &str| {
        let mut command = program("init", &state.join("store"));
        command.args(["--cluster-admin-password", "long enough", "--cluster-admin-username", name]);
        run(command)
    };
    let (succeeded, output) = init("bob");
    assert!(
        !succeeded && output.contains("bob was imported without a password and is not"),
        "{output}"
    );
    let (succeeded, output) = init("admin");
    assert!(succeeded, "{output}");
    let (succeeded, output) = init("admin");
    assert!(!succeeded && output.contains("use another --cluster-admin-username"), "{output}");

    // Importing again changes neither the password nor the state, and needs no administrator.
    let (output, report) = import(state, &users, &[]);
    assert_eq!(report["disabled_users"], json!(["bob"]));
    assert!(!output.contains("sensu-server init"), "{output}");
    let (process, _) = launch(state, &[]);
    let login = process.log_in("admin", "long enough").await;
    let token = login.body["access_token"].as_str().expect("a token");
    let bob = json!({"password": "long enough"});
    for (method, path) in [("PUT", "password"), ("PUT", "reinstate")] {
        let path = format!("/apis/core/v2/users/bob/{path}");
        let body = (path.ends_with("password")).then_some(&bob);
        let response = process.send(method, &path, Some(token), body).await.expect("a response");
        assert_eq!(response.status, 200, "{path}: {}", response.body);
    }
    assert_eq!(process.log_in("bob", "long enough").await.status, 200);
    assert!(process.stop());
}

fn now() -> i64 {
    SystemClock.now()
}

#[tokio::test(flavor = "multi_thread")]
async fn silenced_entries_of_sensu_go_5_end_when_they_ended_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let (taken_at, begin) = (now() - 1_000, now() + 30 * DAY);
    let entry = |subscription: &str, fields: &Value| {
        let mut spec = json!({"subscription": subscription, "creator": "admin"});
        let both = spec.as_object_mut().zip(fields.as_object());
        let (spec_fields, fields) = both.expect("objects");
        spec_fields.extend(fields.clone());
        manifest("core/v2", "Silenced", &format!("{subscription}:*"), &spec)
    };
    let manifests = [
        entry("later", &json!({"begin": begin, "expire": begin + 3600 - taken_at})),
        entry("begun", &json!({"begin": taken_at - 600, "expire": 10 * DAY})),
        entry("ended", &json!({"begin": taken_at - 600, "expire": 500})),
        entry("forever", &json!({"begin": taken_at - 600, "expire": -1})),
        entry("newer", &json!({"begin": begin, "expire": 60, "expire_at": begin + 60})),
    ];
    let taken = taken_at.to_string();
    let (output, report) = import(dir.path(), &manifests, &["--taken-at", &taken]);
    assert_eq!(
        outcomes(&report)
            .iter()
            .map(|line| line.split(' ').next().unwrap_or(""))
            .collect::<Vec<_>>(),
        ["changed", "changed", "skipped", "imported", "imported"]
    );
    assert_eq!(report["taken_at"], taken_at);
    assert!(
        output.contains("2 Silenced.expire_at added: without `expire_at`, `expire` is"),
        "{output}"
    );

    // The same import again has the same result.
    import(dir.path(), &manifests, &["--taken-at", &taken]);
    let (process, _) = launch(dir.path(), &["--dev"]);
    let token = process.token().await;
    let path = "/apis/core/v2/namespaces/default/silenced";
    let silenced = process.send("GET", path, Some(&token), None).await.expect("a response").body;
    let of = |entry: &Value| {
        let name = entry["metadata"]["name"].as_str().expect("a name").to_owned();
        let number = |field: &str| entry[field].as_i64().unwrap_or_default();
        (name, number("begin"), number("expire"), number("expire_at"))
    };
    let found: Vec<_> = silenced.as_array().expect("a list").iter().map(of).collect();
    assert_eq!(
        found,
        [
            ("begun:*".into(), taken_at - 600, 10 * DAY + 600, taken_at + 10 * DAY),
            ("forever:*".into(), taken_at - 600, -1, 0),
            ("later:*".into(), begin, 3600, begin + 3600),
            ("newer:*".into(), begin, 60, begin + 60),
        ]
    );
    assert!(process.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_an_event_is_kept_and_derived_fields_are_explained() {
    let dir = tempfile::tempdir().expect("a directory");
    let result = |status: u32, executed: u32| json!({"status": status, "executed": executed});
    let event = json!({
        "type": "Event", "api_version": "core/v2", "metadata": {"namespace": "default"},
        "spec": {
            "timestamp": 400,
            "entity": {"entity_class": "agent", "metadata": {"name": "web", "namespace": "default"}},
            "check": {
                "interval": 10, "status": 0, "executed": 400, "state": "passing", "last_ok": 400,
                "occurrences": 3, "occurrences_watermark": 3,
                "history": [result(0, 200), result(0, 300), result(0, 400)],
                "metadata": {"name": "c", "namespace": "default"},
            },
        },
    });
    let (output, report) = import(dir.path(), std::slice::from_ref(&event), &[]);
    let changes = report["manifests"][0]["changes"].as_array().expect("changes").iter();
    let fields: Vec<&str> = changes.map(|change| change["field"].as_str().expect("text")).collect();
    assert_eq!(fields, ["check.occurrences"]);
    assert!(output.contains("check.occurrences changed: this server counts failing results only"));
    let (process, _) = launch(dir.path(), &["--dev"]);
    let token = process.token().await;
    let path = "/apis/core/v2/namespaces/default/events/web/c";
    let stored = process.send("GET", path, Some(&token), None).await.expect("a response").body;
    assert_eq!(stored["check"]["history"], event["spec"]["check"]["history"]);
    assert!(process.stop());
}
