//! The overview page of Sensu's API documentation: what it tells people to type, typed, and what it says
//! about formats, sizes, versions, rights and tokens, seen.

use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::{Clock as _, ManualClock, SystemClock};
use sensu_tests::{Response, TestServer};
use serde_json::{Value, json};

use crate::program::{Home, Ran, Stage, runtime};

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";
const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

impl Stage {
    /// A request beside the program.
    fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> Response {
        self.runtime.block_on(self.server.send(method, path, token, body))
    }

    /// The access token, found as the page says.
    fn token(&self) -> String {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "cat ~/.config/sensu/sensuctl/cluster|grep access_token"]);
        command.env("HOME", self.home.path());
        let line = Ran::of(command, "").ok();
        let begin = "\"access_token\": \"eyJhbGciOiJIUzI1NiIs";
        assert!(line.trim().starts_with(begin), "{line}");
        line.split('"').nth(3).expect("a token").to_owned()
    }
}

#[test]
fn a_token_of_sensuctl_opens_the_api_for_around_fifteen_minutes() {
    let runtime = runtime();
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let server = TestServer::start_with(Limits::default(), Arc::clone(&clock) as _);
    let server = runtime.block_on(server);
    let home = Home::new();
    home.log_in(&server.url());
    let stage = Stage { runtime, server, home };

    let token = stage.token();
    let answer = stage.ask("GET", EVENTS, Some(&token), None);
    assert_eq!((answer.status, &answer.body), (200, &json!([])));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(stage.ask("GET", EVENTS, None, None).status, 401);

    clock.advance(899);
    assert_eq!(stage.ask("GET", EVENTS, Some(&token), None).status, 200);
    clock.advance(1);
    let late = stage.ask("GET", EVENTS, Some(&token), None);
    assert_eq!(late.status, 401);
    assert_eq!(late.body["message"], "the access token has expired");

    // "To create a new token, first run any sensuctl command, then repeat the steps above."
    assert_eq!(stage.ok("event list"), "[]\n");
    let renewed = stage.token();
    assert_ne!(renewed, token);
    assert_eq!(stage.ask("GET", EVENTS, Some(&renewed), None).status, 200);
}

#[test]
fn the_format_is_json_and_not_wrapped_json() {
    let stage = Stage::set();
    stage.ok("check create cpu --command true --interval 60 --subscriptions linux");
    let path = format!("{CHECKS}/cpu");
    let answer = stage.ask("GET", &path, Some(&stage.token()), None);
    let shown = |format: &str| -> Value {
        let text = stage.ok(&format!("check info cpu --format {format}"));
        serde_json::from_str(&text).expect("JSON")
    };
    assert_eq!(answer.body["metadata"]["name"], "cpu");
    assert_eq!(answer.body, shown("json"));
    assert_eq!(answer.body["spec"], Value::Null);
    assert_eq!(shown("wrapped-json")["type"], "CheckConfig");
}

#[test]
fn answers_have_at_most_half_a_megabyte_and_nothing_is_lost() {
    let stage = Stage::set();
    let token = stage.token();
    for n in 0..12 {
        let check = json!({ "metadata": { "name": format!("c{n:02}") }, "interval": 1,
            "command": "x".repeat(100_000) });
        assert_eq!(stage.ask("POST", CHECKS, Some(&token), Some(&check)).status, 200);
    }
    let (mut path, mut names) = (CHECKS.to_owned(), Vec::new());
    loop {
        let page = stage.ask("GET", &path, Some(&token), None);
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
    let stage = Stage::set();
    let token = stage.token();
    for other in ["/apis/other/v2", "/apis/core/v1", "/apis/core/v2alpha1", "/apis/core/v2beta3"] {
        let path = format!("{other}/namespaces/default/events");
        assert_eq!(stage.ask("GET", &path, Some(&token), None).status, 404, "{path}");
    }
    let groups = stage.ask("GET", "/apis", Some(&token), None);
    assert!(groups.body.to_string().contains("\"core\""), "{}", groups.body);
}

#[test]
fn permissions_are_those_of_the_user_who_logged_in() {
    let stage = Stage::set();
    let check = json!({ "metadata": { "name": "a" }, "interval": 1 });
    stage.ask("POST", CHECKS, Some(&stage.token()), Some(&check));
    stage.ok("user create reader --password P@ssw0rd!");
    stage.ok("role-binding create readers --cluster-role view --user reader");
    let line = format!(
        "configure -n --url {} --username reader --password P@ssw0rd! --format json",
        stage.server.url()
    );
    stage.ok(&line);
    let token = stage.token();
    let item = format!("{CHECKS}/a");
    for (method, path, status) in [
        ("GET", item.as_str(), 200),
        ("GET", CHECKS, 200),
        ("POST", CHECKS, 403),
        ("PUT", &item, 403),
        ("DELETE", &item, 403),
    ] {
        let body = ["POST", "PUT"].contains(&method).then_some(&check);
        let answer = stage.ask(method, path, Some(&token), body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
    }
}
