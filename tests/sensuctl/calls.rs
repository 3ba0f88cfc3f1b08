//! Every command that `sensuctl` 5.0.0 was seen to run is accepted, and makes the same calls or
//! better ones. What is accepted as better is in `data/differences.json`, each with its reason.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::program::{Ran, Stage};
use crate::proxy::{Passed, Proxy};
use crate::terminal::Terminal;
use crate::transcript::{Call, Step, steps};

/// A difference that is accepted.
#[derive(Deserialize)]
struct Accepted {
    /// The lines of the transcript where the commands are.
    lines: Vec<usize>,
    /// What is different: `rc`, `calls`, `body`.
    what: Vec<String>,
    /// Why that is better, or the best there is.
    reason: String,
}

/// The questions that a command asks in a terminal; each gets the answer that is offered.
fn questions(command: &str) -> Vec<&'static str> {
    let words: Vec<_> = command.split(' ').collect();
    match (words.first().copied(), words.get(1).copied()) {
        (Some("asset"), _) => vec!["URL:", "SHA-512 Checksum:", "Filters:"],
        (Some("hook"), _) => vec!["Command:", "Timeout:", "STDIN:"],
        (Some("check"), _) => vec![
            "Command:",
            "Interval:",
            "Cron:",
            "Timeout:",
            "TTL:",
            "Subscriptions:",
            "Handlers:",
            "Runtime Assets:",
            "Publish:",
            "Check Proxy Entity Name:",
            "Check STDIN:",
            "High Flap Threshold:",
            "Low Flap Threshold:",
            "Metric Format:",
            "Metric Handlers:",
            "Round Robin:",
        ],
        (Some("mutator"), _) => {
            vec!["Command:", "Timeout:", "Environment variables:", "Runtime Assets:"]
        }
        (Some("handler"), _) => vec![
            "Environment variables:",
            "Filters:",
            "Mutator:",
            "Timeout:",
            "Type:",
            "Runtime Assets:",
            "Command:",
        ],
        (Some("filter"), _) => {
            vec!["Action:", "Expressions (comma separated list):", "Runtime Assets:"]
        }
        (Some("entity"), _) => vec!["Entity Class:", "Subscriptions:"],
        (Some("silenced"), _) => {
            vec!["Begin time:", "Expiry in Seconds:", "Expire on Resolve:", "Reason:"]
        }
        (Some("namespace"), Some("delete")) => vec!["Are you sure you would like to delete"],
        _ => panic!("nobody knows what `{command}` asks"),
    }
}

/// What the files and the input of `create` held, in the order of the transcript.
fn documents() -> Vec<String> {
    let wrapped = |kind: &str, metadata: Value, spec: Value| {
        json!({"type": kind, "api_version": "core/v2", "metadata": metadata, "spec": spec})
            .to_string()
    };
    let named = |name: &str| json!({"name": name});
    let hash = "a".repeat(128);
    let two = [
        wrapped("Mutator", named("yy"), json!({"command": "x"})),
        wrapped("Mutator", named("zz"), json!({"command": "x"})),
    ];
    vec![
        wrapped(
            "Event",
            json!({}),
            json!({
                "timestamp": 1000,
                "entity": {"entity_class": "proxy", "metadata": {"name": "e9", "namespace": "default"}},
                "check": {"interval": 10, "status": 2, "output": "bad",
                    "metadata": {"name": "c9", "namespace": "default"}},
            }),
        ),
        wrapped("Namespace", json!({}), json!({"name": "fromfile"})),
        wrapped(
            "CheckConfig",
            json!({"name": "cf", "namespace": "default"}),
            json!({"command": "x", "interval": 5}),
        ),
        wrapped("HookConfig", named("hf"), json!({"command": "x", "timeout": 1})),
        wrapped("Asset", named("af"), json!({"url": "http://x/a.tgz", "sha512": hash})),
        wrapped("Handler", named("hh"), json!({"type": "pipe", "command": "x"})),
        wrapped("Mutator", named("mm"), json!({"command": "x"})),
        wrapped("EventFilter", named("ff"), json!({"action": "allow", "expressions": ["true"]})),
        wrapped("Entity", named("ee"), json!({"entity_class": "proxy"})),
        wrapped(
            "Silenced",
            json!({"name": "*:zz", "namespace": "default"}),
            json!({"check": "zz"}),
        ),
        wrapped(
            "Role",
            named("ro"),
            json!({"rules": [{"verbs": ["get"], "resources": ["checks"]}]}),
        ),
        wrapped(
            "RoleBinding",
            named("rb"),
            json!({"subjects": [{"type": "User", "name": "u"}], "role_ref": {"type": "Role", "name": "ro"}}),
        ),
        wrapped(
            "ClusterRole",
            named("crf"),
            json!({"rules": [{"verbs": ["get"], "resources": ["checks"]}]}),
        ),
        wrapped(
            "ClusterRoleBinding",
            named("crbf"),
            json!({"subjects": [{"type": "User", "name": "u"}],
                "role_ref": {"type": "ClusterRole", "name": "crf"}}),
        ),
        two.concat(),
        wrapped("User", json!({}), json!({"username": "u", "password": "P@ssw0rd!"})),
        wrapped("Mutator", named("xx"), json!({"command": "x", "bogus": 1})),
        wrapped("Mutator", json!({"name": "a b", "namespace": "default"}), json!({"command": "x"})),
    ]
}

#[test]
fn every_command_of_the_original_makes_its_calls() {
    let mut stage = Stage::set();
    let proxy = stage.runtime.block_on(Proxy::before(stage.server.url()));
    stage.home.log_in(&proxy.url());
    let mut documents = documents().into_iter();
    let mut accepted: Vec<(Accepted, usize)> =
        serde_json::from_str::<Vec<Accepted>>(include_str!("data/differences.json"))
            .expect("differences")
            .into_iter()
            .map(|accepted| (accepted, 0))
            .collect();
    let mut surprises = String::new();
    for step in steps() {
        prepare(&mut stage, &step);
        proxy.take();
        let (code, said) = run(&stage, &proxy, &step, &mut documents);
        let passed = proxy.take();
        for (what, text) in differences(&step, code, &passed) {
            let known = accepted.iter_mut().find(|(accepted, _)| {
                accepted.lines.contains(&step.line) && accepted.what.iter().any(|name| name == what)
            });
            match known {
                Some((_, used)) => *used += 1,
                None => {
                    let command = &step.command;
                    writeln!(surprises, "{}: {command}: {what}: {text} ({said})", step.line)
                        .unwrap();
                }
            }
        }
    }
    assert!(documents.next().is_none(), "not all documents were used");
    for (accepted, used) in &accepted {
        if *used != accepted.lines.len() * accepted.what.len() {
            writeln!(surprises, "no longer different: {:?} {}", accepted.lines, accepted.reason)
                .unwrap();
        }
    }
    assert!(surprises.is_empty(), "\n{surprises}");
}

#[test]
fn a_released_backend_is_asked_once_where_its_api_is() {
    let stage = Stage::set();
    let proxy = stage.runtime.block_on(Proxy::released(stage.server.url()));
    let passed = || -> Vec<String> { proxy.take().into_iter().map(|passed| passed.path).collect() };
    stage.home.log_in(&proxy.url());
    let (new, old) = ("/apis/core/v2/users/admin", "/api/core/v2/users/admin");
    assert_eq!(passed(), ["/auth", new, "/apis", old]);
    for line in ["check create c -c true -i 5 -s x", "check list"] {
        stage.ok(line);
        assert_eq!(passed(), ["/api/core/v2/namespaces/default/checks"], "{line}");
    }
    // Elsewhere nothing is known, and nothing is mixed up.
    let line = format!("--api-url {} check info c", stage.server.url());
    assert!(stage.ok(&line).contains("\"interval\": 5"));
}

/// Brings about what the headings of the transcript say.
fn prepare(stage: &mut Stage, step: &Step) {
    let mut cluster = stage.home.kept("cluster");
    match step.before.as_deref() {
        None => return,
        Some("expired token") => cluster["expires_at"] = json!(1),
        Some("revoked token") => {
            let token = cluster["access_token"].as_str().expect("a token");
            let body = json!({"refresh_token": cluster["refresh_token"]});
            let ended = stage.server.send("POST", "/auth/logout", Some(token), Some(&body));
            assert!(stage.runtime.block_on(ended).status < 300);
            return;
        }
        Some(other) => panic!("nobody knows how to bring about: {other}"),
    }
    stage.home.write(".config/sensu/sensuctl/cluster", &cluster.to_string());
}

fn run(
    stage: &Stage,
    proxy: &Proxy,
    step: &Step,
    documents: &mut impl Iterator<Item = String>,
) -> (i32, String) {
    let line = step.command.replace("http://127.0.0.1:18201", &proxy.url());
    let line = line.replace("http://127.0.0.1:18180", &stage.server.url());
    if step.asks {
        let mut terminal = Terminal::run(&stage.home, &line);
        for question in questions(&step.command) {
            terminal.answer(question, "");
        }
        let (shown, code) = terminal.end();
        return (code, shown);
    }
    let mut input = String::new();
    if let Some(file) = line.strip_prefix("create -f ") {
        stage.home.write(file, &documents.next().expect("a document"));
    } else if line == "create" {
        input = documents.next().expect("a document");
    } else if line == "check set-proxy-requests c1" {
        input = r#"{"splay": true, "splay_coverage": 50}"#.into();
    }
    let mut command = stage.home.command(&line);
    if line == "edit check c1" {
        // The first time something is changed, the second time nothing is left to change.
        let script = r#"sed -i 's/"command": "false"/"command": "true"/; s/"publish": false/"publish": true/' "$1""#;
        stage.home.write("editor.sh", script);
        command.env("EDITOR", "sh editor.sh");
    }
    let ran = Ran::of(command, &input);
    (ran.code, format!("{}{}", ran.out, ran.err))
}

/// What is different: a name for it, and how.
fn differences(step: &Step, code: i32, passed: &[Passed]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if code != step.code {
        found.push(("rc", format!("{} became {code}", step.code)));
    }
    // When something is not found, the library asks once which prefix the server has.
    let asked = |one: &&Passed| one.method == "GET" && one.path == "/apis";
    let passed: Vec<_> = passed.iter().filter(|one| !asked(one)).collect();
    let ours: Vec<_> =
        passed.iter().map(|one| format!("{} {}", one.method, old(&one.path))).collect();
    let theirs: Vec<_> =
        step.calls.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    if ours != theirs {
        found.push(("calls", format!("{theirs:?} became {ours:?}")));
        return found;
    }
    for (call, passed) in step.calls.iter().zip(passed) {
        if let Some(text) = bodies(call, &passed.body) {
            found.push(("body", text));
        }
    }
    found
}

/// An address as 5.0.0 has it.
fn old(path: &str) -> String {
    path.replacen("/apis/core/v2", "/api/core/v2", 1)
}

/// How our body is different from theirs. Values that say nothing are left out on both sides; of
/// times it counts only that they are there.
fn bodies(call: &Call, ours: &Value) -> Option<String> {
    let (theirs, ours) = (telling(&call.body, ""), telling(ours, ""));
    let ours = match (call.is_cut, &theirs, &ours) {
        (true, Some(Value::Object(theirs)), Some(Value::Object(ours))) => {
            let those = ours.iter().filter(|(key, _)| theirs.contains_key(*key));
            Some(Value::Object(those.map(|(key, value)| (key.clone(), value.clone())).collect()))
        }
        _ => ours,
    };
    (theirs != ours).then(|| format!("{theirs:?} became {ours:?}"))
}

fn telling(value: &Value, key: &str) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(number) if number.as_f64() == Some(0.0) => None,
        Value::Number(_) if ["timestamp", "begin"].contains(&key) => Some(json!("a time")),
        Value::String(text) if text.is_empty() => None,
        Value::String(_) if key == "refresh_token" => Some(json!("a token")),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(|item| telling(item, "")).collect();
            (!items.is_empty()).then(|| json!(items))
        }
        Value::Object(fields) => {
            let mut left = Map::new();
            let mut names: Vec<_> = fields.keys().collect();
            names.sort();
            for name in names {
                if let Some(value) = telling(&fields[name], name) {
                    left.insert(name.clone(), value);
                }
            }
            (!left.is_empty()).then_some(Value::Object(left))
        }
        other => Some(other.clone()),
    }
}
