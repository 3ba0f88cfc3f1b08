//! API keys: shown once, good while they last and their user may act (D38).

use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::{Clock as _, ManualClock};
use sensu_tests::TestServer;
use serde_json::{Value, json};

const KEYS: &str = "/apis/core/v2/apikeys";

/// The status of a request that shows this in `Authorization`.
async fn status(server: &TestServer, authorization: &str, path: &str) -> u16 {
    let request = reqwest::Client::new().get(format!("{}{path}", server.url()));
    let answer = request.header("authorization", authorization).send().await;
    answer.expect("answers").status().as_u16()
}

#[tokio::test]
async fn a_key_speaks_for_its_user_until_one_of_them_goes() {
    let clock = Arc::new(ManualClock::at(1_700_000_000));
    let server =
        TestServer::start_with(Limits { password_cost: 4, ..Limits::default() }, clock.clone())
            .await;
    let admin = server.token().await;
    let user = json!({ "username": "ci", "password": "long enough" });
    server.send("POST", "/apis/core/v2/users", Some(&admin), Some(&user)).await;
    let end = clock.now() + 60;
    let draft = json!({ "username": "ci", "expires_at": end, "created_at": 5, "key": "mine",
        "metadata": { "name": "mine", "labels": { "team": "ops" } } });
    let made = server.send("POST", KEYS, Some(&admin), Some(&draft)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let key = made.body["key"].as_str().expect("a key").to_owned();
    let name = made.body["metadata"]["name"].as_str().expect("a name").to_owned();
    assert_eq!(made.header("location"), format!("{KEYS}/{key}"));
    let known = json!({ "metadata": { "name": name, "labels": { "team": "ops" } },
        "username": "ci", "created_at": clock.now(), "expires_at": end });
    for path in [format!("{KEYS}/{name}"), made.header("location").to_owned()] {
        let shown = server.send("GET", &path, Some(&admin), None).await;
        assert_eq!((shown.status, &shown.body), (200, &known));
    }
    let list = server.send("GET", KEYS, Some(&admin), None).await;
    assert_eq!(list.body, Value::Array(vec![known]));

    // Its user's rights: to see itself, but not the keys.
    let own = "/apis/core/v2/users/ci";
    assert_eq!(status(&server, &format!("Key {key}"), own).await, 200);
    assert_eq!(status(&server, &format!("key {key}"), own).await, 200);
    assert_eq!(status(&server, &format!("Key {key}"), KEYS).await, 403);
    for bad in [format!("Key {name}"), format!("Bearer {key}"), "Key ".into(), "Key x".into()] {
        assert_eq!(status(&server, &bad, own).await, 401, "{bad}");
    }
    let groups = json!({ "groups": ["cluster-admins"] });
    server.send("PUT", own, Some(&admin), Some(&groups)).await;
    assert_eq!(status(&server, &format!("Key {key}"), KEYS).await, 200, "groups are read afresh");

    server.send("DELETE", own, Some(&admin), None).await;
    assert_eq!(status(&server, &format!("Key {key}"), own).await, 401, "the user is disabled");
    server.send("PUT", &format!("{own}/reinstate"), Some(&admin), None).await;
    assert_eq!(status(&server, &format!("Key {key}"), own).await, 200);
    clock.advance(60);
    assert_eq!(status(&server, &format!("Key {key}"), own).await, 401, "it has ended");
    assert_eq!(server.send("GET", KEYS, Some(&admin), None).await.body, json!([]));
    server.stop().await;
}

#[tokio::test]
async fn a_key_that_is_deleted_is_good_for_nothing() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let made = server.send("POST", KEYS, Some(&admin), Some(&json!({ "username": "admin" }))).await;
    let key = made.body["key"].as_str().expect("a key").to_owned();
    assert_eq!(status(&server, &format!("Key {key}"), KEYS).await, 200);
    let path = made.header("location").to_owned();
    assert_eq!(server.send("DELETE", &path, Some(&admin), None).await.status, 204);
    assert_eq!(status(&server, &format!("Key {key}"), KEYS).await, 401);
    for (draft, word) in [
        (json!({}), "username"),
        (json!({ "username": "nobody" }), "nobody"),
        (json!({ "username": "admin", "expires_at": 1 }), "past"),
        (json!({ "username": "admin", "expires_at": -1 }), "1970"),
    ] {
        let refused = server.send("POST", KEYS, Some(&admin), Some(&draft)).await;
        assert_eq!((refused.status, refused.body["code"].as_u64()), (400, Some(1)), "{draft}");
        assert!(refused.body["message"].as_str().is_some_and(|m| m.contains(word)), "{refused:?}");
    }
    server.stop().await;
}
