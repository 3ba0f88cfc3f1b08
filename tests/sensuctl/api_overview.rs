//! The statements of Sensu's API overview about `sensuctl`: access tokens, formats, the size of responses,
//! versions and permissions.

use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::{Clock as _, ManualClock, SystemClock};
use sensu_tests::{Response, TestServer};
use serde_json::{Value, json};

use crate::support::{Fixture, Home, RunOutput, runtime};

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";
const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

impl Fixture {
    /// Sends a request without the program.
    fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Response {
        self.runtime.block_on(self.server.send(method, path, token, body))
    }

    /// Reads the access token as the overview says.
    fn token(&self) -> String {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "cat ~/.config/sensu/sensuctl/cluster|grep access_token"]);
        command.env("HOME", self.home.path());
        let line = RunOutput::of(command, "").ok();
        let begin = "\"access_token\": \"eyJhbGciOiJIUzI1NiIs";
        assert!(line.trim().starts_with(begin), "{line}");
        line.split('"').nth(3).expect("a token").to_owned()
    }
}

#[test]
fn the_access_token_of_sensuctl_is_valid_for_15_minutes() {
    let runtime = runtime();
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let server = TestServer::start_with(Limits::default(), Arc::clone(&clock) as _);
    let server = runtime.block_on(server);
    let home = Home::new();
    home.log_in(&server.url());
    let fixture = Fixture { runtime, server, home };

    let token = fixture.token();
    let response = fixture.send("GET", EVENTS, Some(&token), None);
    assert_eq!((response.status, &response.body), (200, &json!([])));
    assert_eq!(response.header("content-type"), "application/json");
    assert_eq!(fixture.send("GET", EVENTS, None, None).status, 401);

    clock.advance(899);
    assert_eq!(fixture.send("GET", EVENTS, Some(&token), None).status, 200);
    clock.advance(1);
    let late = fixture.send("GET", EVENTS, Some(&token), None);
    assert_eq!(late.status, 401);
    assert_eq!(late.body["message"], "the access token has expired");

    // "To create a new token, first run any sensuctl command, then repeat the steps above."
    assert_eq!(fixture.ok("event list"), "[]\n");
    let renewed = fixture.token();
    assert_ne!(renewed, token);
    assert_eq!(fixture.send("GET", EVENTS, Some(&renewed), None).status, 200);
}

#[test]
fn responses_are_json_and_not_wrapped_json() {
    let fixture = Fixture::new();
    fixture.ok("check create cpu --command true --interval 60 --subscriptions linux");
    let path = format!("{CHECKS}/cpu");
    let response = fixture.send("GET", &path, Some(&fixture.token()), None);
    let object = |format: &str| -> Value {
        let text = fixture.ok(&format!("check info cpu --format {format}"));
        serde_json::from_str(&text).expect("JSON")
    };
    assert_eq!(response.body["metadata"]["name"], "cpu");
    assert_eq!(response.body, object("json"));
    assert_eq!(response.body["spec"], Value::Null);
    assert_eq!(object("wrapped-json")["type"], "CheckConfig");
}

#[test]
fn list_responses_have_at_most_512_000_bytes_and_continue() {
    let fixture = Fixture::new();
    let token = fixture.token();
    for n in 0..12 {
        let check = json!({ "metadata": { "name": format!("c{n:02}") }, "interval": 1,
            "command": "x".repeat(100_000) });
        assert_eq!(fixture.send("POST", CHECKS, Some(&token), Some(&check)).status, 200);
    }
    let (mut path, mut names) = (CHECKS.to_owned(), Vec::new());
    loop {
        let page = fixture.send("GET", &path, Some(&token), None);
        assert!(page.body.to_string().len() <= 512_000, "{path}");
        let items = page.body.as_array().expect("a list");
        names.extend(items.iter().map(|item| item["metadata"]["name"].clone()));
        let next = page.header("sensu-continue");
        if next.is_empty() {
            break;
        }
        path = format!("{CHECKS}?continue={next}");
    }
    let all: Vec<Value> = (0..12).map(|n| format!("c{n:02}").into()).collect();
    assert_eq!(names, all);
    assert_ne!(path, CHECKS, "it takes more than one page");
}

#[test]
fn the_group_is_core_and_the_version_is_v2() {
    let fixture = Fixture::new();
    let token = fixture.token();
    for other in ["/apis/other/v2", "/apis/core/v1", "/apis/core/v2alpha1", "/apis/core/v2beta3"] {
        let path = format!("{other}/namespaces/default/events");
        assert_eq!(fixture.send("GET", &path, Some(&token), None).status, 404, "{path}");
    }
    let groups = fixture.send("GET", "/apis", Some(&token), None);
    assert!(groups.body.to_string().contains("\"core\""), "{}", groups.body);
}

#[test]
fn requests_have_the_permissions_of_the_user() {
    let fixture = Fixture::new();
    let check = json!({ "metadata": { "name": "a" }, "interval": 1 });
    fixture.send("POST", CHECKS, Some(&fixture.token()), Some(&check));
    fixture.ok("user create reader --password P@ssw0rd!");
    fixture.ok("role-binding create readers --cluster-role view --user reader");
    let line = format!(
        "configure -n --url {} --username reader --password P@ssw0rd! --format json",
        fixture.server.url()
    );
    fixture.ok(&line);
    let token = fixture.token();
    let item = format!("{CHECKS}/a");
    for (method, path, status) in [
        ("GET", item.as_str(), 200),
        ("GET", CHECKS, 200),
        ("POST", CHECKS, 403),
        ("PUT", &item, 403),
        ("DELETE", &item, 403),
    ] {
        let body = ["POST", "PUT"].contains(&method).then_some(&check);
        let response = fixture.send(method, path, Some(&token), body);
        assert_eq!(response.status, status, "{method} {path}: {}", response.body);
    }
}
