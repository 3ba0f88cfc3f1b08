//! `sensuctl token` and `sensuctl api`

use serde_json::{Value, json};

use crate::support::{Fixture, Home, Terminal};

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

const CHECK: &str = r#"{"metadata":{"name":"cpu"},"command":"x","interval":60,"publish":true}"#;

fn stored_token(fixture: &Fixture) -> String {
    fixture.home.config_file("cluster")["access_token"].as_str().expect("a token").to_owned()
}

/// Makes the stored token expire after some seconds.
fn expire_in(fixture: &Fixture, seconds: i64) {
    let mut cluster = fixture.home.config_file("cluster");
    cluster["expires_at"] = json!(chrono::Utc::now().timestamp() + seconds);
    fixture.home.write(".config/sensu/sensuctl/cluster", &cluster.to_string());
}

#[test]
fn token_prints_an_access_token_and_refreshes_it_before_it_expires() {
    let fixture = Fixture::new();
    let first = fixture.ok("token");
    assert_eq!(first, format!("{}\n", stored_token(&fixture)));
    let request = fixture.server.send("GET", CHECKS, Some(first.trim()), None);
    assert_eq!(fixture.runtime.block_on(request).status, 200);
    assert_eq!(fixture.ok("token"), first, "it does not expire soon");

    expire_in(&fixture, 30);
    let second = fixture.ok("token");
    assert_ne!(second, first, "30 seconds are less than the minimum");
    assert_eq!(second, format!("{}\n", stored_token(&fixture)));
    let request = fixture.server.send("GET", CHECKS, Some(second.trim()), None);
    assert_eq!(fixture.runtime.block_on(request).status, 200);
}

#[test]
fn token_needs_a_session() {
    let fixture = Fixture::new();
    let stderr = fixture.fails("--api-key 0123 token");
    assert!(stderr.contains("Authorization: Key"), "{stderr}");
    fixture.ok("logout");
    assert!(fixture.fails("token").contains("sensuctl configure"));
}

#[test]
fn api_sends_the_request_as_given_and_prints_the_body_unchanged() {
    let fixture = Fixture::new();
    let created = fixture.ok(&format!("api {CHECKS} -d '{CHECK}'"));
    let created: Value = serde_json::from_str(&created).expect("JSON");
    assert_eq!(created["command"], "x");
    // A path alone is a GET.
    let listed = fixture.ok(&format!("api {CHECKS}"));
    let token = stored_token(&fixture);
    let url = format!("{}{CHECKS}", fixture.server.url());
    let sent =
        async { reqwest::Client::new().get(url).bearer_auth(token).send().await?.text().await };
    assert_eq!(listed, fixture.runtime.block_on(sent).expect("a response"));

    let cpu = format!("{CHECKS}/cpu");
    fixture.ok(&format!("api patch {cpu} --data '{{\"interval\": 30}}'"));
    assert!(fixture.ok(&format!("api GET {cpu}")).contains("\"interval\":30"));
    let put = fixture.run_with_input(&format!("api PUT {cpu} -d -"), CHECK).ok();
    assert!(put.contains("\"interval\":60"), "{put}");
    fixture.home.write("body.json", &CHECK.replace("60", "90"));
    let dry_run = fixture.ok(&format!("api PUT {cpu} -d @body.json -q dryRun=true"));
    assert!(dry_run.contains("\"interval\":90"), "{dry_run}");
    assert!(
        fixture.ok(&format!("api {cpu}")).contains("\"interval\":60"),
        "a dry run writes nothing"
    );
    let selected = |how| {
        let selector = format!("fieldSelector=check.name == \"cpu\" && check.publish == {how}");
        fixture.ok(&format!("api {CHECKS} -q '{selector}'"))
    };
    assert_eq!(selected("false"), "[]");
    assert!(selected("true").contains("\"cpu\""));
    assert_eq!(fixture.ok(&format!("api DELETE {cpu}")), "");
    assert_eq!(fixture.ok("api /health").chars().next(), Some('{'));
}

#[test]
fn api_sends_and_prints_headers() {
    let fixture = Fixture::new();
    let cpu = format!("{CHECKS}/cpu");
    let text = fixture.ok(&format!("api PUT {cpu} -d '{CHECK}' -i"));
    let (head, body) = text.split_once("\n\n").expect("head and body");
    assert!(head.starts_with("HTTP/1.1 200 OK\n") && head.contains("\netag: \""), "{head}");
    assert!(body.starts_with('{'), "{body}");
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag");
    assert_eq!(fixture.ok(&format!("api {cpu} -H 'If-None-Match: {etag}'")), "");
    let output = fixture.run_with_input(&format!("api DELETE {cpu} -H 'If-Match: \"0\"'"), "");
    assert_eq!(output.code, 1);
    assert!(output.stdout.contains("\"code\":6"), "{output:?}");
    let stderr = fixture.fails(&format!("api {cpu} -H nonsense"));
    assert!(stderr.contains("write it like"), "{stderr}");
}

#[test]
fn api_prints_body_and_message_of_an_error_response() {
    let fixture = Fixture::new();
    let output = fixture.home.run(&format!("api {CHECKS}/none"), "");
    let message = r#"not found: check "none" in namespace "default""#;
    assert_eq!((output.code, output.stderr), (1, format!("Error: {message}\n")));
    let body = json!({ "message": message, "code": 2, "resource": "checks", "name": "none" });
    assert_eq!(output.stdout, body.to_string());
    let output = fixture.home.run(&format!("api {CHECKS} -d nonsense"), "");
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("line 1"), "{output:?}");
    // Invalid requests are not sent.
    assert!(fixture.fails("api checks").contains("slash"));
    assert!(fixture.fails(&format!("api {CHECKS}/..")).contains("not valid names"));
    assert!(fixture.fails(&format!("api 'G T' {CHECKS}")).contains("not a method"));
    assert!(fixture.fails(&format!("api {CHECKS} -d @none.json")).contains("none.json"));
}

#[test]
fn api_works_without_credentials_where_the_server_needs_none() {
    let fixture = Fixture::new();
    let home = Home::new();
    let api = |path: &str| home.run(&format!("--api-url {} api {path}", fixture.server.url()), "");
    assert!(api("/apis/core").ok().contains("v2"));
    let output = api(CHECKS);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("sensuctl configure"), "{output:?}");
    assert!(output.stdout.contains("\"code\":5"), "{output:?}");
    // A header replaces the credentials of the session.
    let header = format!("{CHECKS} -H 'Authorization: Bearer {}'", stored_token(&fixture));
    assert_eq!(api(&header).ok(), "[]");
}

#[test]
fn api_prints_one_page_or_all_of_them() {
    let fixture = Fixture::new();
    for name in ["a", "b", "c"] {
        fixture.ok(&format!("hook create {name} -c x -t 5"));
    }
    let hooks = "/apis/core/v2/namespaces/default/hooks";
    let output = fixture.home.run(&format!("api {hooks} -q limit=2"), "");
    assert_eq!(output.code, 0);
    assert!(output.stderr.contains("--paginate"), "{output:?}");
    assert_eq!(serde_json::from_str::<Vec<Value>>(&output.stdout).expect("JSON").len(), 2);
    let all = fixture.ok(&format!("api {hooks} -q limit=2 --paginate"));
    assert_eq!(serde_json::from_str::<Vec<Value>>(&all).expect("JSON").len(), 3);
    assert!(fixture.fails(&format!("api {hooks}/a --paginate")).contains("not a list"));
}

#[test]
fn api_indents_json_in_a_terminal() {
    let fixture = Fixture::new();
    let mut terminal = Terminal::run(&fixture.home, "api /apis/core/v2/namespaces");
    let (screen, code) = terminal.end();
    assert_eq!(code, 0);
    assert_eq!(screen.replace('\r', ""), "[\n  {\n    \"name\": \"default\"\n  }\n]\n");
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    let fixture = Fixture::new();
    let mut command = fixture.home.command("api /metrics");
    command.stdout(std::process::Stdio::piped());
    let mut child = command.spawn().expect("starts");
    drop(child.stdout.take());
    assert!(child.wait().expect("ends").success());
}
