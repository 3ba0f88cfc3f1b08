//! What handlers receive, and that they do not affect each other.

use sensu_server::PipelineSettings;
use sensu_tests::eventually;
use serde_json::{Value, json};

use crate::support::{DEFAULT, Monitored, each, event, settings};

/// E1.
#[tokio::test(flavor = "multi_thread")]
async fn a_handler_receives_the_stored_event_as_one_line() {
    let monitored = Monitored::start().await;
    let target = monitored.folder.path().join("raw");
    let command = format!("cat > {0}.part && mv {0}.part {0}", target.display());
    monitored.put("handlers/raw", json!({ "type": "pipe", "command": command })).await;
    let fields = json!({ "status": 2, "output": "<b> & \n", "handlers": ["raw"] });
    let stored = monitored.report("web", "cpu", fields).await;
    let raw = eventually("the event", async || std::fs::read_to_string(&target).ok()).await;
    assert!(!raw.contains('\n'), "{raw}");
    assert!(raw.contains(r"\u003cb\u003e \u0026"), "{raw}");
    let received: Value = serde_json::from_str(&raw).expect("JSON");
    assert_eq!(received, stored.body);
    assert_eq!(received["check"]["state"], "failing");
    assert_eq!(received["check"]["occurrences"], 1);
    assert_eq!(received["check"]["history"].as_array().map(Vec::len), Some(1));
}

/// E2, E3.
#[tokio::test(flavor = "multi_thread")]
async fn is_incident_lets_incidents_and_their_resolution_pass() {
    let monitored = Monitored::start().await;
    monitored.put_recorder("a", json!({ "filters": ["is_incident"] })).await;
    for status in [0, 0, 1, 1, 2, 0, 0] {
        monitored.report("web", "cpu", json!({ "status": status, "handlers": ["a"] })).await;
    }
    for status in [1, 0] {
        monitored.report("new", "cpu", json!({ "status": status, "handlers": ["a"] })).await;
    }
    let received = monitored.wait_for("a", 6).await;
    assert_eq!(each(&received, "/check/status"), [1, 1, 2, 0, 1, 0]);
    assert_eq!(each(&received, "/check/occurrences")[..4], [1, 2, 1, 1]);
}

/// E7: a handler that fails, one that is missing and one that never ends delay no other.
#[tokio::test(flavor = "multi_thread")]
async fn handlers_do_not_affect_each_other() {
    let monitored = Monitored::start().await;
    monitored.put("handlers/a", json!({ "type": "pipe", "command": "echo no; exit 3" })).await;
    monitored.put("handlers/c", json!({ "type": "pipe", "command": "sleep 1000" })).await;
    monitored.put_recorder("d", json!({})).await;
    let handlers = json!(["c", "a", "missing", "d"]);
    for number in 0..10 {
        let fields = json!({ "status": number, "handlers": handlers });
        monitored.report("web", "cpu", fields.clone()).await;
        monitored.report(&format!("web-{number}"), "cpu", fields).await;
    }
    assert_eq!(monitored.wait_for("d", 20).await.len(), 20);
    monitored.report("other", "cpu", json!({ "handlers": ["a", "missing", "d"] })).await;
    let outcomes = monitored.wait_for_outcomes("other", "cpu", 1).await;
    assert_eq!(each(&outcomes, "/handler"), ["a", "d", "missing"]);
    assert_eq!(each(&outcomes, "/result"), ["failed", "executed", "skipped"]);
    assert_eq!((&outcomes[0]["exit_status"], &outcomes[0]["output"]), (&3.into(), &"no\n".into()));
    assert_eq!(outcomes[2]["reason"], "the handler does not exist");
    let text = monitored.send("GET", "/metrics", None).await.body;
    let name = r#"sensu_server_pipeline_outcomes_total{handler="d",namespace="default",result="executed"}"#;
    assert_eq!(sensu_tests::series(text.as_str().unwrap_or_default(), name), Some(21.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_check_are_handled_in_order() {
    let monitored = Monitored::start().await;
    let log = monitored.folder.path().join("log");
    let command = format!("echo $SENSU_EVENT_REVISION >> {}", log.display());
    monitored.put("handlers/log", json!({ "type": "pipe", "command": command })).await;
    for status in 0..50 {
        monitored.report("web", "cpu", json!({ "status": status, "handlers": ["log"] })).await;
    }
    let lines = eventually("all events", async || {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<u64> = text.lines().map(|line| line.parse().expect("a number")).collect();
        Some(lines).filter(|lines| lines.len() == 50)
    })
    .await;
    assert!(lines.is_sorted(), "{lines:?}");
}

/// E8.
#[tokio::test(flavor = "multi_thread")]
async fn sets_run_each_member_once() {
    let monitored = Monitored::start().await;
    for name in ["a", "b"] {
        monitored.put_recorder(name, json!({})).await;
    }
    monitored.put("handlers/inner", json!({ "type": "set", "handlers": ["a", "b"] })).await;
    monitored.put("handlers/outer", json!({ "type": "set", "handlers": ["inner", "a"] })).await;
    monitored.report("web", "cpu", json!({ "handlers": ["outer", "inner", "b"] })).await;
    let outcomes = monitored.wait_for_outcomes("web", "cpu", 1).await;
    assert_eq!(each(&outcomes, "/handler"), ["a", "b"]);
    assert_eq!((monitored.received("a").len(), monitored.received("b").len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelines_run_their_workflows() {
    let monitored = Monitored::start().await;
    monitored.put_recorder("a", json!({})).await;
    let reference =
        |kind: &str, name: &str| json!({ "api_version": "core/v2", "type": kind, "name": name });
    let workflow = |name: &str, filter: &str, mutator: Option<&str>| {
        let mutator = mutator.map(|name| reference("Mutator", name));
        let (filters, handler) = ([reference("EventFilter", filter)], reference("Handler", "a"));
        json!({ "name": name, "filters": filters, "mutator": mutator, "handler": handler })
    };
    let workflows = [
        workflow("first", "is_incident", Some("only_check_output")),
        workflow("second", "has_metrics", None),
    ];
    monitored.put("pipelines/p", json!({ "workflows": workflows })).await;
    let pipelines = json!([reference("Pipeline", "p")]);
    let fields = json!({ "status": 1, "output": "text", "pipelines": pipelines });
    monitored.report("web", "cpu", fields).await;
    let mut outcomes = monitored.wait_for_outcomes("web", "cpu", 1).await;
    outcomes.sort_by_key(|one| one["workflow"].to_string());
    assert_eq!(each(&outcomes, "/pipeline"), ["p", "p"]);
    assert_eq!(each(&outcomes, "/result"), ["executed", "filtered"]);
    assert_eq!(outcomes[1]["filter"], "has_metrics");
    assert_eq!(monitored.received("a"), ["text"]);
}

/// E13.
#[tokio::test(flavor = "multi_thread")]
async fn handlers_receive_the_whole_output_and_the_metrics() {
    let monitored = Monitored::start().await;
    monitored.put_recorder("a", json!({})).await;
    let output = "0123456789".repeat(10);
    let fields = json!({ "output": output, "max_output_size": 10, "handlers": ["a"] });
    let mut body = event("web", "cpu", fields);
    body["metrics"] = json!({ "handlers": ["a"], "points": [{ "name": "x", "value": 1.5 }] });
    let path = format!("{DEFAULT}/events/web/cpu");
    let stored = monitored.send("PUT", &path, Some(&body)).await;
    assert_eq!(stored.body["check"]["output"], "0123456789");
    let received = monitored.wait_for("a", 1).await;
    assert_eq!(received[0]["check"]["output"], output);
    assert_eq!(received[0]["metrics"]["points"][0]["value"], 1.5);
}

/// E14.
#[tokio::test(flavor = "multi_thread")]
async fn events_without_a_check_reach_the_handlers_of_their_metrics() {
    let monitored = Monitored::start().await;
    let filter = json!({ "action": "allow", "expressions": ["event.metrics.points.length == 1"] });
    monitored.put("filters/one-point", filter).await;
    let eval = "event.labels = { mutated: 'yes' };";
    monitored.put("mutators/script", json!({ "type": "javascript", "eval": eval })).await;
    monitored.put_recorder("a", json!({ "filters": ["one-point"], "mutator": "script" })).await;
    monitored.put_recorder("b", json!({ "filters": ["is_incident"] })).await;
    monitored.put_recorder("c", json!({ "filters": ["has_metrics"] })).await;
    let metrics = json!({ "handlers": ["a", "b", "c"], "points": [{ "name": "x", "value": 1 }] });
    let metadata = json!({ "name": "web", "namespace": "default" });
    let entity = json!({ "metadata": metadata, "entity_class": "proxy" });
    let body = json!({ "entity": entity, "metrics": metrics });
    let posted = monitored.send("POST", &format!("{DEFAULT}/events"), Some(&body)).await;
    assert!(posted.status < 300, "{}", posted.body);
    let received = monitored.wait_for("a", 1).await;
    assert_eq!(received[0]["metrics"]["points"][0]["name"], "x");
    assert_eq!(monitored.wait_for("c", 1).await.len(), 1);
    assert_eq!(monitored.received("b"), [""; 0]);
}

/// E16: handlers with and without a custom filter receive the same event, without hidden values (D25).
#[tokio::test(flavor = "multi_thread")]
async fn no_handler_receives_hidden_values() {
    let monitored = Monitored::start().await;
    let filter = json!({ "action": "allow", "expressions": ["event.entity.labels.password"] });
    monitored.put("filters/any", filter).await;
    monitored.put_recorder("filtered", json!({ "filters": ["any"] })).await;
    monitored.put_recorder("plain", json!({})).await;
    let mut body = event("web", "cpu", json!({ "handlers": ["filtered", "plain"] }));
    body["entity"]["metadata"]["labels"] = json!({ "password": "secret", "region": "eu" });
    body["entity"]["redact"] = json!(["password"]);
    let path = format!("{DEFAULT}/events/web/cpu");
    assert!(monitored.send("PUT", &path, Some(&body)).await.status < 300);
    let filtered = monitored.wait_for("filtered", 1).await;
    assert_eq!(filtered, monitored.wait_for("plain", 1).await);
    let labels = &filtered[0]["entity"]["metadata"]["labels"];
    assert_eq!(*labels, json!({ "password": "REDACTED", "region": "eu" }));
}

/// E17.
#[tokio::test(flavor = "multi_thread")]
async fn silenced_events_do_not_reach_handlers_with_not_silenced() {
    let monitored = Monitored::start().await;
    monitored.put_recorder("a", json!({ "filters": ["not_silenced"] })).await;
    monitored.put_recorder("all", json!({})).await;
    let report = async |status: u32| {
        monitored.report("web", "cpu", json!({ "status": status, "handlers": ["a", "all"] })).await
    };
    let entry = json!({ "check": "cpu", "begin": 4_000_000_000_u64 });
    monitored.send("PUT", &format!("{DEFAULT}/silenced/*:cpu"), Some(&entry)).await;
    report(1).await;
    let entry = json!({ "check": "cpu", "expire_on_resolve": true });
    monitored.send("PUT", &format!("{DEFAULT}/silenced/*:cpu"), Some(&entry)).await;
    report(2).await;
    report(0).await;
    report(3).await;
    assert_eq!(each(&monitored.wait_for("all", 4).await, "/check/status"), [1, 2, 0, 3]);
    assert_eq!(each(&monitored.wait_for("a", 3).await, "/check/status"), [1, 0, 3]);
}

/// E15, with the environment of D47.
#[tokio::test(flavor = "multi_thread")]
async fn commands_have_their_variables_and_none_of_the_server() {
    let monitored = Monitored::start().await;
    let target = monitored.folder.path().join("environment");
    let command = format!("env > {0}.part; mv {0}.part {0}", target.display());
    let env_vars = ["PATH=/x", "CHANNEL=#ops"];
    let handler = json!({ "type": "pipe", "command": command, "env_vars": env_vars });
    monitored.put("handlers/env", handler).await;
    monitored.report("web", "cpu", json!({ "handlers": ["env"] })).await;
    let text = eventually("the file", async || std::fs::read_to_string(&target).ok()).await;
    let has = |start: &str| text.lines().any(|line| line.starts_with(start));
    assert!(has("PATH=/x:") && has("CHANNEL=#ops") && has("SENSU_EVENT_REVISION="), "{text}");
    assert!(!has("CARGO"), "a variable of the server: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_run_only_if_they_are_allowed() {
    let monitored = Monitored::start_with(PipelineSettings::default()).await;
    monitored.put_recorder("a", json!({})).await;
    monitored.report("web", "cpu", json!({ "handlers": ["a"] })).await;
    let outcomes = monitored.wait_for_outcomes("web", "cpu", 1).await;
    assert_eq!(outcomes[0]["result"], "failed");
    let reason = "commands are not allowed; start the server with --allow-commands";
    assert_eq!(outcomes[0]["reason"], reason);
    assert_eq!(monitored.received("a"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_handler_sends_what_a_script_returns() {
    use wiremock::matchers::{body_json, header, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    let chat = MockServer::start().await;
    let message = json!({ "text": "cpu on web: CPU <90%>" });
    Mock::given(method("POST"))
        .and(path("/hook"))
        .and(header("authorization", "Bearer x"))
        .and(header("content-type", "application/json"))
        .and(body_json(&message))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&chat)
        .await;
    let monitored = Monitored::start_with(settings()).await;
    let eval = "return JSON.stringify({ text: event.check.name + ' on ' + event.entity.name + ': ' + \
                event.check.output })";
    monitored.put("mutators/chat", json!({ "type": "javascript", "eval": eval })).await;
    let request = json!({
        "url": format!("{}/hook", chat.uri()),
        "headers": [{ "name": "Authorization", "value": "Bearer x" }],
    });
    let handler = json!({ "type": "http", "http": request, "mutator": "chat" });
    monitored.put("handlers/chat", handler).await;
    let fields = json!({ "status": 1, "output": "CPU <90%>", "handlers": ["chat"] });
    monitored.report("web", "cpu", fields).await;
    let outcomes = monitored.wait_for_outcomes("web", "cpu", 1).await;
    assert_eq!(outcomes[0]["result"], "executed", "{outcomes:?}");
}
