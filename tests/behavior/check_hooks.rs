//! Hooks of checks: types of results (D27), and agreement of body and URL (D6).

use sensu_tests::TestServer;
use serde_json::json;

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

#[tokio::test]
async fn types_of_check_hooks_are_validated() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let path = format!("{CHECKS}/a");
    for kind in ["ok", "warning", "critical", "unknown", "non-zero", "0", "7", "255"] {
        let check = json!({ "interval": 1, "check_hooks": [{ kind: ["h"] }] });
        let written = server.send("PUT", &path, Some(&admin), Some(&check)).await;
        assert_eq!((written.status, &written.body["check_hooks"]), (200, &check["check_hooks"]));
        let (hooks, body) = (format!("{path}/hooks/{kind}"), json!({ kind: ["i"] }));
        let added = server.send("PUT", &hooks, Some(&admin), Some(&body)).await;
        assert_eq!(added.body["check_hooks"], json!([{ kind: ["h", "i"] }]), "{added:?}");
    }
    for kind in ["nonsense", "256", "-1", "OK", "01"] {
        let hooks = json!([{ kind: ["h"] }]);
        let check =
            json!({ "metadata": { "name": "b" }, "interval": 1, "check_hooks": hooks.clone() });
        server.send("POST", CHECKS, Some(&admin), Some(&check)).await.assert_error(400, 1);
        server.send("PUT", &path, Some(&admin), Some(&check)).await.assert_error(400, 1);
        let patch = json!({ "check_hooks": hooks });
        server.send("PATCH", &path, Some(&admin), Some(&patch)).await.assert_error(400, 1);
        let body = json!({ kind: ["h"] });
        let rejected =
            server.send("PUT", &format!("{path}/hooks/{kind}"), Some(&admin), Some(&body)).await;
        rejected.assert_error(400, 1);
        let message = rejected.message();
        assert!(
            message.starts_with(&format!("{kind:?} is not a type of check hooks")),
            "{message}"
        );
    }
    let check = json!({ "interval": 1, "check_hooks": [{}, { "ok": [] }] });
    let written = server.send("PUT", &path, Some(&admin), Some(&check)).await;
    assert_eq!(written.body["check_hooks"], json!([{ "ok": [] }]));
    server.stop().await;
}

#[tokio::test]
async fn the_type_of_hooks_is_that_of_the_url() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let path = format!("{CHECKS}/a");
    let check = json!({ "interval": 1 });
    assert_eq!(server.send("PUT", &path, Some(&admin), Some(&check)).await.status, 200);
    let critical = format!("{path}/hooks/critical");
    for body in [json!({ "ok": ["h"] }), json!({ "critical": ["h"], "ok": ["h"] })] {
        let rejected = server.send("PUT", &critical, Some(&admin), Some(&body)).await;
        rejected.assert_error(400, 1);
        assert_eq!(
            rejected.message(),
            "the type of the hooks is \"ok\" in the body and \"critical\" in the URL; they must agree"
        );
    }
    let added = server.send("PUT", &critical, Some(&admin), Some(&json!({}))).await;
    assert_eq!((added.status, &added.body["check_hooks"]), (200, &json!([{ "critical": [] }])));
    server.stop().await;
}
