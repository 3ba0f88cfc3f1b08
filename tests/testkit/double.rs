//! The Rust example: a server of its own for a test, on a free port and in memory.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

/// A server that ends with the test.
pub(crate) struct Double {
    child: Child,
    url: String,
    token: String,
    http: reqwest::Client,
}

impl Double {
    /// One that begins with what the seeds hold, and leaves its files in the folder.
    pub(crate) async fn start(folder: &Path, seeds: &[&Path]) -> Self {
        let ready = folder.join("ready.json");
        let child = Command::new(super::SERVER)
            .args(["start", "--dev", "--in-memory", "--port", "0", "--password-cost", "4"])
            .arg("--ready-file")
            .arg(&ready)
            .args(seeds.iter().flat_map(|seed| [Path::new("--seed"), seed]))
            .arg("--request-log")
            .arg(folder.join("requests.jsonl"))
            .args(["--log-level", "error"])
            .spawn()
            .expect("starts");
        let deadline = Instant::now() + Duration::from_secs(60);
        let facts: Value = loop {
            if let Ok(text) = std::fs::read_to_string(&ready) {
                break serde_json::from_str(&text).expect("is written at once");
            }
            assert!(Instant::now() < deadline, "not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let text = |name: &str| facts[name].as_str().expect(name).to_owned();
        let (url, http) = (text("url"), reqwest::Client::new());
        let login =
            http.get(format!("{url}/auth")).basic_auth(text("user"), Some(text("password")));
        let tokens: Value = login.send().await.expect("answers").json().await.expect("tokens");
        let token = tokens["access_token"].as_str().expect("a token").to_owned();
        Self { child, url, token, http }
    }

    /// Sends a request, which may fail on request: the status, 0 without an answer, and the body.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        fault: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.url));
        let mut request = request.bearer_auth(&self.token);
        if !fault.is_empty() {
            request = request.header("Sensu-Dev-Fault", fault);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            // No answer at all.
            Err(_) => return (0, Value::Null),
        };
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        // Already gone is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_double_fails_on_request_remembers_and_starts_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let check = json!({ "metadata": { "name": "cpu" }, "interval": 60 });

    // Failures: nothing is written by a request that fails on request.
    let (status, body) =
        double.send("POST", CHECKS, "delay=5ms; status=503", Some(check.clone())).await;
    assert_eq!((status, &body["code"]), (503, &json!(0)));
    let (status, _) = double.send("POST", CHECKS, "drop", Some(check.clone())).await;
    assert_eq!(status, 0, "the connection was closed");
    assert_eq!(double.send("GET", CHECKS, "explode", None).await.0, 400);
    assert_eq!(double.send("GET", CHECKS, "", None).await, (200, json!([])));

    // The record.
    assert_eq!(double.send("POST", CHECKS, "", Some(check)).await.0, 200);
    let (_, requests) = double.send("GET", "/dev/requests", "", None).await;
    let last = requests.as_array().and_then(|all| all.last()).expect("a request");
    assert_eq!(last["operation"], "check_create");
    assert_eq!((&last["status"], &last["path"]), (&json!(200), &json!(CHECKS)));
    assert_eq!(last["headers"]["authorization"], "***");
    assert_eq!(last["body"]["metadata"]["name"], "cpu");
    // In the file there is one line for each request, the dropped one with status 0.
    let log = std::fs::read_to_string(folder.path().join("requests.jsonl")).expect("a log");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.last(), Some(last));
    let posts: Vec<&Value> = lines.iter().filter(|line| line["method"] == "POST").collect();
    assert_eq!(posts.iter().map(|line| &line["status"]).collect::<Vec<_>>(), [503, 0, 200]);
    assert!(posts.iter().all(|post| post["body"]["interval"] == 60), "{posts:?}");

    // Twice, and then no more: what a client that tries again has to get over.
    let twice = "status=503; count=2";
    for status in [503, 503, 200] {
        assert_eq!(double.send("GET", CHECKS, twice, None).await.0, status);
    }
    // Planned, for clients whose headers nobody can change.
    let plan = json!([{ "fault": "drop; count=1", "method": "DELETE", "path": CHECKS }]);
    assert_eq!(double.send("PUT", "/dev/faults", "", Some(plan.clone())).await, (200, plan));
    let cpu = format!("{CHECKS}/cpu");
    assert_eq!(double.send("DELETE", &cpu, "", None).await.0, 0, "the connection was closed");
    assert_eq!(double.send("DELETE", &cpu, "", None).await.0, 204);

    // The way back: objects are as at the start, the token is still good.
    assert_eq!(double.send("POST", "/dev/reset", "", None).await, (200, json!({})));
    assert_eq!(double.send("GET", CHECKS, "", None).await, (200, json!([])));
    let (_, namespaces) = double.send("GET", "/apis/core/v2/namespaces", "", None).await;
    assert_eq!(namespaces, json!([{ "name": "default" }]));
}

#[tokio::test]
async fn without_dev_there_is_no_kit() {
    let server = sensu_tests::TestServer::start().await;
    for (method, path) in [("GET", "/dev/requests"), ("POST", "/dev/reset")] {
        assert_eq!(server.send(method, path, None, None).await.status, 404, "{path}");
    }
    let request = reqwest::Client::new().get(format!("{}/health", server.url()));
    let answer = request.header("Sensu-Dev-Fault", "status=503").send().await.expect("answers");
    assert_eq!(answer.status(), 200, "the header means nothing");
    server.stop().await;
}
