//! Entities of agents: registration, who owns the configuration, and its changes.

use sensu_test_agent::{Agent, AgentOptions, Received, Release};
use serde_json::json;

use crate::support::{Backend, names, receive, request};

// A17, D9
#[tokio::test(flavor = "multi_thread")]
async fn a_new_agent_registers_once() {
    let backend = Backend::start().await;
    backend.put_recorder("registration", json!({})).await;
    let mut agent = Agent::connect(backend.options("web", &["system"])).await.expect("connects");
    let Received::EntityConfig(config) = receive(&mut agent).await else { panic!("no config") };
    assert_eq!(config.metadata.name, "not found");
    agent.send_keepalive().await.expect("is sent");
    let events = backend.wait_for("registration", 1).await;
    let check = &events[0]["check"];
    assert_eq!((&check["metadata"]["name"], &check["status"]), (&json!("registration"), &json!(1)));
    assert_eq!(events[0]["entity"]["metadata"]["name"], "web");
    let entity = backend.get("entities/web").await;
    assert_eq!(entity["subscriptions"], json!(["system", "entity:web"]));
    assert_eq!(entity["entity_class"], "agent");
    // The configuration of the new entity.
    let Received::EntityConfig(config) = receive(&mut agent).await else { panic!("no config") };
    assert_eq!(config.metadata.name, "web");
    agent.send_keepalive().await.expect("is sent");
    backend
        .wait("events/web/keepalive", |event| {
            event["check"]["history"].as_array().is_some_and(|history| history.len() == 2)
        })
        .await;
    drop(agent);
    let _again = backend.connect("web", &["system"]).await;
    assert_eq!(backend.received("registration").len(), 1);
    assert!(backend.get("events/web/registration").await.is_null(), "it is not stored");
}

// A18
#[tokio::test(flavor = "multi_thread")]
async fn the_server_configures_agents_of_6() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    backend.put_check("cpu", json!({ "publish": false, "subscriptions": ["new"] })).await;
    backend.put_check("disk", json!({ "publish": false, "subscriptions": ["system"] })).await;
    let patch = json!({ "subscriptions": ["new"], "metadata": { "labels": { "a": "b" } } });
    let patched =
        backend.send("PATCH", "/apis/core/v2/namespaces/default/entities/web", Some(&patch)).await;
    assert_eq!(patched.status, 200, "{}", patched.body);
    let Received::EntityConfig(config) = receive(&mut agent).await else { panic!("no config") };
    assert_eq!(config.subscriptions, ["new"]);
    assert_eq!(config.metadata.labels["a"], "b");
    // Its keepalives do not change the configuration back.
    agent.send_keepalive().await.expect("is sent");
    backend
        .wait("events/web/keepalive", |event| {
            event["check"]["history"].as_array().is_some_and(|history| history.len() == 2)
        })
        .await;
    let entity = backend.get("entities/web").await;
    assert_eq!(entity["metadata"]["labels"]["a"], "b");
    assert_eq!(entity["subscriptions"], json!(["new", "entity:web"]));
    backend.execute("disk", json!({})).await;
    backend.execute("cpu", json!({})).await;
    assert_eq!(names(&[request(&mut agent).await]), ["cpu"]);
    assert_eq!(backend.sync(&mut agent).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_5_own_their_entity() {
    let backend = Backend::start().await;
    for release in [Release::V5_0, Release::V5_11, Release::V5_12] {
        let name = release.version();
        let options = backend.options(name, &["system"]).with_release(release);
        let mut agent = backend.connect_with(options).await;
        let path = format!("/apis/core/v2/namespaces/default/entities/{name}");
        let patch = json!({ "subscriptions": ["new"] });
        assert_eq!(backend.send("PATCH", &path, Some(&patch)).await.status, 200);
        agent.send_keepalive().await.expect("is sent");
        let own = format!("entity:{name}");
        let subscriptions = json!(["system", own]);
        backend
            .wait(&format!("entities/{name}"), |entity| entity["subscriptions"] == subscriptions)
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_can_manage_their_entity() {
    let backend = Backend::start().await;
    let managed = |subscription: &str| {
        let mut options = backend.options("web", &[subscription]);
        options.labels.insert("sensu.io/managed_by".into(), "sensu-agent".into());
        options
    };
    let first = Agent::connect(managed("one")).await;
    let mut first = first.expect("connects");
    first.send_keepalive().await.expect("is sent");
    backend.wait("entities/web", |entity| entity["subscriptions"][0] == "one").await;
    drop(first);
    let mut second = Agent::connect(managed("two")).await.expect("connects");
    // A new connection begins with sequence 1.
    let mut keepalive = second.options().keepalive(second.options().entity());
    keepalive.sequence = 1;
    let message = sensu_agents::message::Message::keepalive(keepalive);
    second.send(&message).await.expect("is sent");
    backend.wait("entities/web", |entity| entity["subscriptions"][0] == "two").await;
}

// A19
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_6_registers_again_after_its_entity_was_deleted() {
    let backend = Backend::start().await;
    backend.put_recorder("registration", json!({})).await;
    let mut agent = backend.connect("web", &["system"]).await;
    // The outbox entry of the registration is deleted with the entity.
    backend.wait_for("registration", 1).await;
    backend.delete("entities/web").await;
    let closed = receive(&mut agent).await;
    assert!(matches!(closed, Received::Closed { code: 4001, .. }), "{closed:?}");
    let _again = backend.connect("web", &["system"]).await;
    assert_eq!(backend.wait_for("registration", 2).await.len(), 2);
}

// D8
#[tokio::test(flavor = "multi_thread")]
async fn the_next_keepalive_of_an_agent_of_5_creates_its_entity_again() {
    let backend = Backend::start().await;
    backend.put_recorder("registration", json!({})).await;
    let options = backend.options("web", &["system"]).with_release(Release::V5_0);
    let mut agent = backend.connect_with(options).await;
    // The outbox entry of the registration is deleted with the entity.
    backend.wait_for("registration", 1).await;
    backend.delete("entities/web").await;
    assert!(backend.get("events/web/keepalive").await.is_null());
    agent.send_keepalive().await.expect("is sent");
    backend.wait("entities/web", |entity| !entity.is_null()).await;
    assert_eq!(backend.wait_for("registration", 2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_name_is_invalid_is_rejected() {
    let backend = Backend::start().await;
    let options: AgentOptions = backend.options("a b", &[]);
    assert!(Agent::connect(options).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_before_the_first_keepalive_registers_the_agent() {
    let backend = Backend::start().await;
    backend.put_recorder("registration", json!({})).await;
    let mut agent = Agent::connect(backend.options("web", &["system"])).await.expect("connects");
    let check = json!({ "status": 0, "interval": 60, "metadata": { "name": "cpu" } });
    let check = serde_json::from_value(check).expect("a check");
    agent.send_check(check).await.expect("is sent");
    backend.wait("events/web/cpu", |event| !event.is_null()).await;
    assert_eq!(backend.get("entities/web").await["entity_class"], "agent");
    agent.send_keepalive().await.expect("is sent");
    backend.wait("events/web/keepalive", |event| !event.is_null()).await;
    let registered = backend.wait_for("registration", 1).await;
    assert_eq!(registered[0]["check"]["metadata"]["name"], "registration");
    assert_eq!(backend.received("registration").len(), 1);
}
