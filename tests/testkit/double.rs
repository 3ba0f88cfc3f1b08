//! The Rust example: a server for a test, on a free port and in memory.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

/// A server process; killed when dropped.
pub(crate) struct Double {
    child: Child,
    url: String,
    user: String,
    password: String,
    token: String,
    http: reqwest::Client,
}

impl Double {
    /// Starts a server with the objects of the seeds. It writes its files to the folder.
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
                break serde_json::from_str(&text).expect("is written atomically");
            }
            assert!(Instant::now() < deadline, "not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let text = |name: &str| facts[name].as_str().expect(name).to_owned();
        let (url, http) = (text("url"), reqwest::Client::new());
        let (user, password) = (text("user"), text("password"));
        let double = Self { child, url, user, password, token: String::new(), http };
        double.logged_in_again().await
    }

    /// The same server with a new token.
    pub(crate) async fn logged_in_again(mut self) -> Self {
        let request = self.http.get(format!("{}/auth", self.url));
        let request = request.basic_auth(&self.user, Some(&self.password));
        let tokens: Value = request.send().await.expect("a response").json().await.expect("tokens");
        self.token = tokens["access_token"].as_str().expect("a token").to_owned();
        self
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Sends a request, with a fault if there is one. Returns the status, 0 without a response, and the body.
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
        match request.send().await {
            Ok(response) => (response.status().as_u16(), response.json().await.unwrap_or_default()),
            // The connection was closed.
            Err(_) => (0, Value::Null),
        }
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_double_fails_on_request_records_and_resets() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let check = json!({ "metadata": { "name": "cpu" }, "interval": 60 });

    // A request with a fault writes nothing.
    let (status, body) =
        double.send("POST", CHECKS, "delay=5ms; status=503", Some(check.clone())).await;
    assert_eq!((status, &body["code"]), (503, &json!(0)));
    let (status, _) = double.send("POST", CHECKS, "drop", Some(check.clone())).await;
    assert_eq!(status, 0, "the connection was closed");
    assert_eq!(double.send("GET", CHECKS, "explode", None).await.0, 400);
    assert_eq!(double.send("GET", CHECKS, "", None).await, (200, json!([])));

    // Requests are recorded.
    assert_eq!(double.send("POST", CHECKS, "", Some(check)).await.0, 200);
    let (_, requests) = double.send("GET", "/dev/requests", "", None).await;
    let last = requests.as_array().and_then(|all| all.last()).expect("a request");
    assert_eq!(last["operation"], "check_create");
    assert_eq!((&last["status"], &last["path"]), (&json!(200), &json!(CHECKS)));
    assert_eq!(last["headers"]["authorization"], "***");
    assert_eq!(last["body"]["metadata"]["name"], "cpu");
    // The file has a line for each request; the dropped one has status 0.
    let log = std::fs::read_to_string(folder.path().join("requests.jsonl")).expect("a log");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.last(), Some(last));
    let posts: Vec<&Value> = lines.iter().filter(|line| line["method"] == "POST").collect();
    assert_eq!(posts.iter().map(|line| &line["status"]).collect::<Vec<_>>(), [503, 0, 200]);
    assert!(posts.iter().all(|post| post["body"]["interval"] == 60), "{posts:?}");

    // A fault can be limited to a number of requests.
    let twice = "status=503; count=2";
    for status in [503, 503, 200] {
        assert_eq!(double.send("GET", CHECKS, twice, None).await.0, status);
    }
    // Faults can be planned, for clients whose headers cannot be changed.
    let plan = json!([{ "fault": "drop; count=1", "method": "DELETE", "path": CHECKS }]);
    let (status, planned) = double.send("PUT", "/dev/faults", "", Some(plan.clone())).await;
    assert_eq!((status, &planned[0]["fault"]), (200, &plan[0]["fault"]));
    let cpu = format!("{CHECKS}/cpu");
    assert_eq!(double.send("DELETE", &cpu, "", None).await.0, 0, "the connection was closed");
    assert_eq!(double.send("DELETE", &cpu, "", None).await.0, 204);

    // A reset restores the objects of the start; the token remains valid.
    assert_eq!(double.send("POST", "/dev/reset", "", None).await, (200, json!({})));
    assert_eq!(double.send("GET", CHECKS, "", None).await, (200, json!([])));
    let (_, namespaces) = double.send("GET", "/apis/core/v2/namespaces", "", None).await;
    assert_eq!(namespaces, json!([{ "name": "default" }]));
}

#[tokio::test]
async fn web_pages_cannot_use_the_testkit() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let own = double.url.clone();
    let status = async |method: &str, path: &str, headers: &[(&str, &str)]| {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = double.http.request(method, format!("{}{path}", double.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("a response").status().as_u16()
    };
    for (method, path) in [
        ("POST", "/dev/reset"),
        ("GET", "/dev/requests"),
        ("PUT", "/dev/faults"),
        ("GET", "/dev/faults"),
    ] {
        for header in
            [("origin", "https://evil.example"), ("origin", "null"), ("host", "evil.example")]
        {
            assert_eq!(status(method, path, &[header]).await, 403, "{method} {path} {header:?}");
        }
    }
    assert_eq!(status("POST", "/dev/reset", &[("origin", &own)]).await, 200);
    assert_eq!(status("POST", "/dev/reset", &[("host", "localhost:1")]).await, 200);
    assert_eq!(status("GET", "/health", &[("origin", "https://evil.example")]).await, 200);
}
