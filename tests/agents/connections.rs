//! Connections: who may connect, and what a second connection, a stalled reader or a lost one mean.

use sensu_test_agent::{Agent, AgentOptions, ConnectError, Received};
use sensu_tests::eventually;
use serde_json::{Value, json};

use crate::support::{Backend, DEFAULT, names, receive, request};

/// Status and message of a rejected handshake.
async fn rejected(options: AgentOptions) -> (u16, String) {
    match Agent::connect(options).await {
        Err(ConnectError::Rejected(response)) => {
            let body: Value = serde_json::from_str(&response.body).expect("JSON");
            (response.status, body["message"].as_str().expect("a message").to_owned())
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the agent is connected"),
    }
}

// A4
#[tokio::test(flavor = "multi_thread")]
async fn agents_need_the_password_of_an_enabled_user() {
    let backend = Backend::start().await;
    let options = || backend.options("web", &[]);
    let missing = options().without_header("Authorization");
    assert_eq!(rejected(missing).await, (401, "missing credentials".to_owned()));
    for (user, password) in [("agent", "wrong"), ("unknown", "P@ssw0rd!")] {
        let wrong = AgentOptions { user: user.into(), password: password.into(), ..options() };
        assert_eq!(rejected(wrong).await, (401, "bad credentials".to_owned()));
    }
    let mut agent = backend.connect("web", &[]).await;
    let disabled = backend.send("DELETE", "/apis/core/v2/users/agent", None).await;
    assert_eq!(disabled.status, 204, "{}", disabled.body);
    // The session ends, too.
    assert!(matches!(receive(&mut agent).await, Received::Closed { code: 1008, .. }));
    assert_eq!(rejected(options()).await, (401, "bad credentials".to_owned()));
}

// A5
#[tokio::test(flavor = "multi_thread")]
async fn agents_need_permission_to_create_events_under_their_name() {
    let backend = Backend::start().await;
    let user = json!({ "username": "limited", "password": "P@ssw0rd!2" });
    assert!(backend.send("PUT", "/apis/core/v2/users/limited", Some(&user)).await.status < 300);
    let options = |name: &str| AgentOptions {
        user: "limited".into(),
        password: "P@ssw0rd!2".into(),
        ..backend.options(name, &[])
    };
    assert_eq!(rejected(options("web")).await.0, 403);
    let rule = json!({ "verbs": ["create"], "resources": ["events"], "resource_names": ["web"] });
    backend.put("roles/one-agent", json!({ "rules": [rule] })).await;
    let binding = json!({
        "role_ref": { "type": "Role", "name": "one-agent" },
        "subjects": [{ "type": "User", "name": "limited" }],
    });
    backend.put("rolebindings/one-agent", binding).await;
    Agent::connect(options("web")).await.expect("connects");
    assert_eq!(rejected(options("other")).await.0, 403);
}

// A6, A7
#[tokio::test(flavor = "multi_thread")]
async fn agents_of_unknown_namespaces_are_rejected() {
    let backend = Backend::start().await;
    let options = |namespace: &str| AgentOptions {
        namespace: namespace.into(),
        ..backend.options("web", &[])
    };
    let message = r#"namespace "x" not found"#.to_owned();
    assert_eq!(rejected(options("x")).await, (404, message));
    assert_eq!(rejected(options("")).await.0, 404);
    let url = backend.server.agent_url().replace("ws://", "http://");
    for (path, status) in [("/x", 404), ("/health", 200), ("/ready", 200)] {
        let response = reqwest::get(format!("{url}{path}")).await.expect("a response");
        assert_eq!(response.status().as_u16(), status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_with_their_namespace() {
    let backend = Backend::start().await;
    let path = "/apis/core/v2/namespaces/tmp";
    backend.send("PUT", path, Some(&json!({ "name": "tmp" }))).await;
    let options = AgentOptions { namespace: "tmp".into(), ..backend.options("web", &[]) };
    let mut agent = backend.connect_with(options).await;
    let deleted = backend.send("DELETE", &format!("{path}?cascade=true"), None).await;
    assert_eq!(deleted.status, 204);
    loop {
        match receive(&mut agent).await {
            Received::Closed { code, .. } => break assert!([1008, 4001].contains(&code)),
            Received::EntityConfig(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

// A12
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_no_event_before_the_timeout() {
    let backend = Backend::start().await;
    let agent = backend.connect("web", &["system"]).await;
    let mut other = backend.connect("other", &["system"]).await;
    drop(agent);
    eventually("the session has ended", async || {
        let metrics = backend.server.send("GET", "/metrics", None, None).await;
        let series = r#"sensu_server_agent_sessions{encoding="protobuf",version="6.7.3"} 1"#;
        metrics.body.as_str()?.contains(series).then_some(())
    })
    .await;
    backend.clock.advance(119);
    backend.sync(&mut other).await;
    assert_eq!(backend.get("events/web/keepalive").await["check"]["status"], 0);
}

// A14
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_connection_with_a_name_wins() {
    let backend = Backend::start().await;
    let mut first = backend.connect("web", &["system"]).await;
    let mut second = backend.connect("web", &["system"]).await;
    let closed = receive(&mut first).await;
    assert!(matches!(closed, Received::Closed { code: 4000, .. }), "{closed:?}");
    drop(first);
    backend.put_check("cpu", json!({ "publish": false })).await;
    backend.execute("cpu", json!({})).await;
    assert_eq!(request(&mut second).await.config.metadata.name, "cpu");
}

// A15
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_read_does_not_delay_others() {
    let backend = Backend::start().await;
    let _stalled = backend.connect("stalled", &["system"]).await;
    let mut agent = backend.connect("web", &["system"]).await;
    // More than the queue and the buffers of the connection hold.
    backend.put_check("cpu", json!({ "publish": false, "command": "x".repeat(400_000) })).await;
    for _ in 0..100 {
        backend.execute("cpu", json!({})).await;
        assert_eq!(request(&mut agent).await.config.metadata.name, "cpu");
    }
}

// A20
#[tokio::test(flavor = "multi_thread")]
async fn agents_report_only_for_their_namespace_and_entity() {
    let backend = Backend::start().await;
    backend.send("PUT", "/apis/core/v2/namespaces/other", Some(&json!({ "name": "other" }))).await;
    let _victim = backend.connect("victim", &[]).await;
    let mut agent = backend.connect("web", &[]).await;
    let event = |entity: &str, namespace: &str, class: &str, check: &str| {
        let event = json!({
            "timestamp": 1,
            "entity": {
                "entity_class": class,
                "metadata": { "name": entity, "namespace": namespace },
            },
            "check": {
                "interval": 60,
                "metadata": { "name": check, "namespace": namespace },
            },
        });
        serde_json::from_value::<sensu_types::event::Event>(event).expect("an event")
    };
    for (entity, namespace, class) in
        [("web", "other", "agent"), ("victim", "default", "agent"), ("unknown", "default", "agent")]
    {
        agent.send_event(event(entity, namespace, class, "cpu")).await.expect("is sent");
    }
    let mut proxied = event("web", "default", "agent", "cpu");
    if let Some(check) = &mut proxied.check {
        check.proxy_entity_name = "victim".into();
    }
    agent.send_event(proxied).await.expect("is sent");
    agent.send_event(event("router", "default", "proxy", "ping")).await.expect("is sent");
    backend.wait("events/router/ping", |event| !event.is_null()).await;
    for path in ["events/web/cpu", "events/victim/cpu", "events/unknown/cpu", "entities/unknown"] {
        assert_eq!(backend.get(path).await, Value::Null, "{path}");
    }
    let other = "/apis/core/v2/namespaces/other/events";
    assert_eq!(backend.send("GET", other, None).await.body, json!([]));
    assert_eq!(backend.get("entities/router").await["subscriptions"], json!(["entity:router"]));
    let metric = "sensu_server_agent_messages_invalid_total";
    sensu_tests::metric(&backend.server, metric, |count| count == 4.0).await;
}

// A8, A9
#[tokio::test(flavor = "multi_thread")]
async fn invalid_messages_do_not_end_the_session() {
    use sensu_test_agent::Frame;
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    for message in [&b"keepalive"[..], b"foo\n{}", b"event\n{", b"\n", b""] {
        agent.send_frame(Frame::Binary(message.to_vec().into())).await.expect("is sent");
    }
    backend.put_check("cpu", json!({ "publish": false })).await;
    backend.execute("cpu", json!({})).await;
    assert_eq!(names(&[request(&mut agent).await]), ["cpu"]);
    let metric = "sensu_server_agent_messages_invalid_total";
    sensu_tests::metric(&backend.server, metric, |count| count == 5.0).await;
    assert!(backend.send("GET", DEFAULT, None).await.status == 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_log_in_again_after_their_user_was_changed() {
    let backend = Backend::start().await;
    let user =
        json!({ "username": "limited", "password": "P@ssw0rd!2", "groups": ["system:agents"] });
    let path = "/apis/core/v2/users/limited";
    assert!(backend.send("PUT", path, Some(&user)).await.status < 300);
    let options = || AgentOptions {
        user: "limited".into(),
        password: "P@ssw0rd!2".into(),
        ..backend.options("web", &[])
    };
    let mut agent = backend.connect_with(options()).await;
    let password = json!({ "username": "limited", "password": "P@ssw0rd!3" });
    let changed = backend.send("PUT", &format!("{path}/password"), Some(&password)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let closed = receive(&mut agent).await;
    assert!(matches!(closed, Received::Closed { code: 1008, .. }), "{closed:?}");
    assert_eq!(rejected(options()).await, (401, "bad credentials".to_owned()));
    let options = AgentOptions { password: "P@ssw0rd!3".into(), ..options() };
    let mut agent = backend.connect_with(options).await;
    // The role is gone: the session ends with the next keepalive.
    let binding = "/apis/core/v2/clusterrolebindings/system:agent";
    assert_eq!(backend.send("DELETE", binding, None).await.status, 204);
    agent.send_keepalive().await.expect("is sent");
    loop {
        match receive(&mut agent).await {
            Received::Closed { code, .. } => break assert_eq!(code, 1008),
            Received::EntityConfig(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
