//! API keys: returned once, valid until they expire or their user is disabled (D38).

use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::channel;

use sensu_server::Limits;
use sensu_store::{Clock as _, ManualClock};
use sensu_tests::TestServer;
use sensu_tests::process::{Process, start};
use serde_json::{Value, json};

const KEYS: &str = "/apis/core/v2/apikeys";

/// The status of a request with this `Authorization` header.
async fn status(server: &TestServer, authorization: &str, path: &str) -> u16 {
    let request = reqwest::Client::new().get(format!("{}{path}", server.url()));
    let response = request.header("authorization", authorization).send().await;
    response.expect("a response").status().as_u16()
}

#[tokio::test]
async fn an_api_key_has_the_permissions_of_its_user_until_either_ends() {
    let clock = Arc::new(ManualClock::at(1_700_000_000));
    let server =
        TestServer::start_with(Limits { password_cost: 4, ..Limits::default() }, clock.clone())
            .await;
    let admin = server.token().await;
    let user = json!({ "username": "ci", "password": "long enough" });
    server.send("POST", "/apis/core/v2/users", Some(&admin), Some(&user)).await;
    let expiry = clock.now() + 60;
    let body = json!({ "username": "ci", "expires_at": expiry, "created_at": 5, "key": "mine",
        "metadata": { "name": "mine", "labels": { "team": "ops" } } });
    let created = server.send("POST", KEYS, Some(&admin), Some(&body)).await;
    assert_eq!(created.status, 201, "{created:?}");
    let key = created.body["key"].as_str().expect("a key").to_owned();
    let name = created.body["metadata"]["name"].as_str().expect("a name").to_owned();
    assert_eq!(created.header("location"), format!("{KEYS}/{key}"));
    let alias = KEYS.replacen("/apis/", "/api/", 1);
    let other = server.send("POST", &alias, Some(&admin), Some(&body)).await;
    let other_key = other.body["key"].as_str().expect("a key");
    let location = other.header("location");
    assert_eq!(location, format!("{alias}/{other_key}"), "the prefix of the request");
    assert_eq!(server.send("DELETE", location, Some(&admin), None).await.status, 204);
    let stored = json!({ "metadata": { "name": name, "labels": { "team": "ops" } },
        "username": "ci", "created_at": clock.now(), "expires_at": expiry });
    for path in [format!("{KEYS}/{name}"), created.header("location").to_owned()] {
        let response = server.send("GET", &path, Some(&admin), None).await;
        assert_eq!((response.status, &response.body), (200, &stored));
    }
    let list = server.send("GET", KEYS, Some(&admin), None).await;
    assert_eq!(list.body, Value::Array(vec![stored]));

    // The user can read itself, but not API keys.
    let own = "/apis/core/v2/users/ci";
    assert_eq!(status(&server, &format!("Key {key}"), own).await, 200);
    assert_eq!(status(&server, &format!("key {key}"), own).await, 200);
    assert_eq!(status(&server, &format!("Key {key}"), KEYS).await, 403);
    for bad in [format!("Key {name}"), format!("Bearer {key}"), "Key ".into(), "Key x".into()] {
        assert_eq!(status(&server, &bad, own).await, 401, "{bad}");
    }
    let groups = json!({ "groups": ["cluster-admins"] });
    server.send("PUT", own, Some(&admin), Some(&groups)).await;
    assert_eq!(status(&server, &format!("Key {key}"), KEYS).await, 200, "the current groups apply");

    server.send("DELETE", own, Some(&admin), None).await;
    assert_eq!(status(&server, &format!("Key {key}"), own).await, 401, "the user is disabled");
    server.send("PUT", &format!("{own}/reinstate"), Some(&admin), None).await;
    assert_eq!(status(&server, &format!("Key {key}"), own).await, 200);
    clock.advance(60);
    assert_eq!(status(&server, &format!("Key {key}"), own).await, 401, "the key has expired");
    assert_eq!(server.send("GET", KEYS, Some(&admin), None).await.body, json!([]));
    server.stop().await;
}

#[tokio::test]
async fn a_deleted_api_key_returns_401() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let created =
        server.send("POST", KEYS, Some(&admin), Some(&json!({ "username": "admin" }))).await;
    let key = created.body["key"].as_str().expect("a key").to_owned();
    assert_eq!(status(&server, &format!("Key {key}"), KEYS).await, 200);
    let path = created.header("location").to_owned();
    assert_eq!(server.send("DELETE", &path, Some(&admin), None).await.status, 204);
    assert_eq!(status(&server, &format!("Key {key}"), KEYS).await, 401);
    server.stop().await;
}

#[tokio::test]
async fn an_api_key_needs_a_user_and_an_expiry_in_the_future() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    for (body, part) in [
        (json!({}), "username"),
        (json!({ "username": "missing" }), "missing"),
        (json!({ "username": "admin", "expires_at": 1 }), "past"),
        (json!({ "username": "admin", "expires_at": -1 }), "negative"),
    ] {
        let rejected = server.send("POST", KEYS, Some(&admin), Some(&body)).await;
        rejected.assert_error(400, 1);
        assert!(rejected.message().contains(part), "{rejected:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_in_a_url_is_in_no_log() {
    let folder = tempfile::tempdir().expect("a directory");
    let record = folder.path().join("requests.jsonl");
    let program = Command::new(env!("CARGO_BIN_EXE_test-server"));
    let mut command = start(program, &folder.path().join("state"));
    command.args(["--log-level", "trace", "--request-log"]).arg(&record);
    let (sender, log) = channel();
    let (process, _) =
        Process::launch_with(command, move |line| drop(sender.send(line))).expect("starts");
    let admin = process.token().await;
    let body = json!({ "username": "admin" });
    let created = process.send("POST", KEYS, Some(&admin), Some(&body)).await.expect("a response");
    let key = created.body["key"].as_str().expect("a key").to_owned();
    let name = created.body["metadata"]["name"].as_str().expect("a name").to_owned();
    for method in ["GET", "DELETE"] {
        let path = format!("{KEYS}/{key}");
        let response = process.send(method, &path, Some(&admin), None).await.expect("a response");
        assert!(response.status < 300, "{response:?}");
    }
    assert!(process.stop());
    // Ends with the process, which has written everything.
    let log: String = log.iter().collect();
    let record = std::fs::read_to_string(&record).expect("a record");
    for text in [&log, &record] {
        assert!(text.contains(&format!("{KEYS}/{name}")) && !text.contains(&key), "{text}");
    }
}
