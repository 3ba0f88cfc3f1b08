//! What clients of Sensu releases after 5.0.0 expect: the reported release, the password by its hash, an event
//! that is posted to its URL, the setting of Tessen, and an answer for agents (D39).

use std::sync::{Arc, Mutex};

use sensu_server::{AgentSettings, Limits};
use sensu_store::{Key, Operation, SystemClock, Txn};
use sensu_tests::process::{Process, start};
use sensu_tests::{TestServer, eventually};
use serde_json::{Value, json};

const USERS: &str = "/apis/core/v2/users";
const TESSEN: &str = "/apis/core/v2/tessen";
/// `long enough`
const HASH: &str = "$2b$05$abcdefghijklmnopqrstuuea2911a3qBgNFloBjDM6mlLQA.FCrUO";

async fn release(server: &TestServer) -> (String, Value) {
    let body = server.send("GET", "/version", None, None).await.body;
    let backend = body["sensu_backend"].as_str().expect("a version");
    let (release, version) = backend.split_once('#').expect("release and version");
    assert_eq!(version, format!("sensu-server-{}", env!("CARGO_PKG_VERSION")));
    (release.to_owned(), body["etcd"]["etcdserver"].clone())
}

#[tokio::test]
async fn the_reported_release_can_be_configured() {
    let server = TestServer::start().await;
    assert_eq!(release(&server).await, ("6.11.0".into(), json!("3.5.0")));
    server.stop().await;
    let limits = Limits { reported_release: "5.0.0".into(), ..Limits::default() };
    let server = TestServer::start_with(limits, Arc::new(SystemClock)).await;
    assert_eq!(release(&server).await, ("5.0.0".into(), json!("3.3.0")));
    server.stop().await;
}

#[tokio::test]
async fn a_password_is_changed_by_the_current_one_and_the_hash_of_the_new_one() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let bob = json!({ "username": "bob", "password": "the first one" });
    server.send("POST", USERS, Some(&admin), Some(&bob)).await;
    let token = server.log_in("bob", "the first one").await.tokens().expect("tokens").access_token;
    let path = format!("{USERS}/bob/password");
    let change = async |password: &str, hash: &str| {
        let body = json!({ "username": "bob", "password": password, "password_hash": hash });
        server.send("PUT", &path, Some(&token), Some(&body)).await
    };
    let wrong = change("a wrong one", HASH).await;
    wrong.assert_error(400, 1);
    assert_eq!(wrong.message(), "the current password is not correct");
    change("the first one", "$5f$made.up").await.assert_error(400, 1);
    let body = json!({ "password": "the first one", "password_hash": HASH });
    let missing =
        server.send("PUT", &format!("{USERS}/carl/password"), Some(&admin), Some(&body)).await;
    missing.assert_error(404, 2);
    let changed = change("the first one", HASH).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    server.log_in("bob", "long enough").await;
    for _ in 0..9 {
        change("a wrong one", HASH).await.assert_error(400, 1);
    }
    // Wrong passwords count as failed log-ins.
    while change("a wrong one", HASH).await.status == 400 {}
    change("long enough", HASH).await.assert_error(429, 5);
    server.stop().await;
}

#[tokio::test]
async fn an_event_can_be_posted_to_its_url() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let path = "/api/core/v2/namespaces/default/events/web/cpu";
    let entity = json!({ "entity_class": "proxy", "metadata": { "name": "web" } });
    let check = |status| json!({ "status": status, "interval": 60, "metadata": { "name": "cpu" } });
    let event = |status: u32| json!({ "entity": entity, "check": check(status) });
    for status in [0, 2] {
        let response = server.send("POST", path, Some(&admin), Some(&event(status))).await;
        assert_eq!(response.status, 200, "{}", response.body);
        assert_eq!(response.body["check"]["status"], status);
        let stored = server.send("GET", path, Some(&admin), None).await;
        assert_eq!(stored.body, response.body);
    }
    server.stop().await;
}

#[tokio::test]
async fn the_setting_of_tessen_is_stored() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let first = server.send("GET", TESSEN, Some(&admin), None).await;
    assert_eq!((first.status, &first.body), (200, &json!({ "opt_out": false })));
    let body = json!({ "opt_out": true });
    let alias = TESSEN.replacen("/apis/", "/api/", 1);
    let put = server.send("PUT", &alias, Some(&admin), Some(&body)).await;
    assert_eq!((put.status, &put.body), (200, &body));
    let read = server.send("GET", TESSEN, Some(&admin), None).await;
    assert_eq!((read.status, &read.body), (200, &body));
    assert_eq!(read.header("etag"), put.header("etag"));
    let headers = [("If-Match", first.header("etag"))];
    let stale = server.send_with("PUT", TESSEN, Some(&admin), Some(&body), &headers).await;
    stale.assert_error(412, 6);
    let wrong = json!({ "opt_out": "yes" });
    server.send("PUT", TESSEN, Some(&admin), Some(&wrong)).await.assert_error(400, 1);
    for method in ["DELETE", "POST", "PATCH"] {
        server.send(method, TESSEN, Some(&admin), None).await.assert_error(405, 1);
    }
    let agent = server.token_of("agent").await;
    server.send("GET", TESSEN, Some(&agent), None).await.assert_error(403, 4);
    server.send("GET", TESSEN, None, None).await.assert_error(401, 5);
    server.stop().await;
}

#[tokio::test]
async fn the_setting_of_tessen_is_imported() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dump.yaml");
    let text = "type: TessenConfig\napi_version: core/v2\nmetadata: {}\nspec: {opt_out: true}\n";
    std::fs::write(&file, text).expect("writes");
    server.import(&[file]).await.expect("imports");
    let read = server.send("GET", TESSEN, Some(&admin), None).await;
    assert_eq!(read.body, json!({ "opt_out": true }));
    server.stop().await;
}

#[tokio::test]
async fn the_member_of_the_cluster_has_the_urls_that_clients_have_set() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let path = "/apis/core/v2/cluster/members";
    let urls = async || {
        let list = server.send("GET", path, Some(&admin), None).await;
        let member = &list.body["members"][0];
        assert_eq!(member["clientURLs"], json!([]));
        (member["ID"].as_u64().expect("an ID"), member["peerURLs"].clone())
    };
    let (id, none) = urls().await;
    assert_eq!(none, json!([]));
    let update = format!("{path}/{id:x}?peer-addrs=https://sensu.example.com:2380");
    assert_eq!(server.send("PUT", &update, Some(&admin), None).await.status, 200);
    assert_eq!(urls().await.1, json!(["https://sensu.example.com:2380"]));
    // Earlier versions stored a URL on which nothing listens.
    let key = Key::new("cluster", ["identity"]).expect("a key");
    let entry = server.store.get(&key).await.expect("reads").expect("an identity");
    let text = String::from_utf8(entry.value.to_vec()).expect("text");
    let old = text.replace("https://sensu.example.com:2380", "http://127.0.0.1:2380");
    let put = Operation::Put { key, value: old.into(), flags: 0, expires_at: None };
    let txn = Txn { operations: vec![put], ..Txn::default() };
    server.store.commit(txn).await.expect("writes");
    assert_eq!(urls().await.1, json!([]));
    server.stop().await;
}

/// The request by which a sensu-agent opens its WebSocket.
const AGENT: [(&str, &str); 6] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sensu-AgentName", "web-1"),
    ("Sensu-Namespace", "default"),
];

#[tokio::test]
async fn an_agent_at_the_port_of_the_api_gets_the_reason() {
    let limits = Limits { agents: Some(AgentSettings::default()), ..Limits::default() };
    let server = TestServer::start_with(limits, Arc::new(SystemClock)).await;
    let agent = server.send_with("GET", "/", None, None, &AGENT).await;
    agent.assert_error(404, 2);
    let url = server.agent_url();
    let (_, port) = url.rsplit_once(':').expect("a port");
    let expected = format!("the port for agents of this server is {port}");
    assert!(agent.message().ends_with(&expected), "{}", agent.body);
    server.stop().await;

    let server = TestServer::start().await;
    let agent = server.send_with("GET", "/", None, None, &AGENT).await;
    agent.assert_error(404, 2);
    assert!(agent.message().ends_with("agents are disabled on this server"), "{}", agent.body);
    let other = server.send("GET", "/", None, None).await;
    other.assert_error(404, 2);
    assert_eq!(other.message(), "not found");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_an_agent_that_tries_again_and_again_once() {
    let state = tempfile::tempdir().expect("a folder");
    let lines = Arc::new(Mutex::new(Vec::new()));
    let read = {
        let lines = Arc::clone(&lines);
        move |line: String| lines.lock().expect("not poisoned").push(line)
    };
    let command =
        start(std::process::Command::new(env!("CARGO_BIN_EXE_test-server")), state.path());
    let (process, _) = Process::launch_with(command, read).expect("starts");
    let http = reqwest::Client::new();
    for _ in 0..20 {
        let mut request = http.get(process.url("/"));
        for (name, value) in AGENT {
            request = request.header(name, value);
        }
        assert_eq!(request.send().await.expect("a response").status(), 404);
    }
    let about = || {
        let lines = lines.lock().expect("not poisoned");
        let about = lines.iter().filter(|line| line.contains("an agent cannot connect"));
        about.cloned().collect::<Vec<_>>()
    };
    eventually("the line about the agent", async || (!about().is_empty()).then_some(())).await;
    assert!(about()[0].contains("web-1") && about()[0].contains("127.0.0.1"), "{:?}", about());
    assert!(process.stop());
    assert!(about().len() < 20, "{:?}", about());
}
