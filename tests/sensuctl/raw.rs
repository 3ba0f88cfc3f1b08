//! `token` and `api`: calls that no other command makes.

use serde_json::{Value, json};

use crate::program::{Home, Stage};
use crate::terminal::Terminal;

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

const CHECK: &str = r#"{"metadata":{"name":"cpu"},"command":"x","interval":60,"publish":true}"#;

fn kept_token(stage: &Stage) -> String {
    stage.home.kept("cluster")["access_token"].as_str().expect("a token").to_owned()
}

/// Says when the kept token ends, in seconds from now.
fn ends_in(stage: &Stage, seconds: i64) {
    let mut cluster = stage.home.kept("cluster");
    cluster["expires_at"] = json!(chrono::Utc::now().timestamp() + seconds);
    stage.home.write(".config/sensu/sensuctl/cluster", &cluster.to_string());
}

#[test]
fn a_token_opens_the_api_and_is_renewed_when_it_ends_soon() {
    let stage = Stage::set();
    let first = stage.ok("token");
    assert_eq!(first, format!("{}\n", kept_token(&stage)));
    let answer = stage.server.send("GET", CHECKS, Some(first.trim()), None);
    assert_eq!(stage.runtime.block_on(answer).status, 200);
    assert_eq!(stage.ok("token"), first, "it is good for long");

    ends_in(&stage, 30);
    let second = stage.ok("token");
    assert_ne!(second, first, "half a minute is not enough");
    assert_eq!(second, format!("{}\n", kept_token(&stage)));
    let answer = stage.server.send("GET", CHECKS, Some(second.trim()), None);
    assert_eq!(stage.runtime.block_on(answer).status, 200);
}

#[test]
fn without_a_session_there_is_no_token() {
    let stage = Stage::set();
    let said = stage.fails("--api-key 0123 token");
    assert!(said.contains("Authorization: Key"), "{said}");
    stage.ok("logout");
    assert!(stage.fails("token").contains("sensuctl configure"));
}

#[test]
fn calls_go_out_as_given_and_answers_come_as_they_are() {
    let stage = Stage::set();
    let made = stage.ok(&format!("api {CHECKS} -d '{CHECK}'"));
    let made: Value = serde_json::from_str(&made).expect("JSON");
    assert_eq!(made["command"], "x");
    // A path alone is read; the answer is what the server sent, to the byte.
    let listed = stage.ok(&format!("api {CHECKS}"));
    let token = kept_token(&stage);
    let url = format!("{}{CHECKS}", stage.server.url());
    let sent =
        async { reqwest::Client::new().get(url).bearer_auth(token).send().await?.text().await };
    assert_eq!(listed, stage.runtime.block_on(sent).expect("answered"));

    let cpu = format!("{CHECKS}/cpu");
    stage.ok(&format!("api patch {cpu} --data '{{\"interval\": 30}}'"));
    assert!(stage.ok(&format!("api GET {cpu}")).contains("\"interval\":30"));
    let put = stage.feeds(&format!("api PUT {cpu} -d -"), CHECK).ok();
    assert!(put.contains("\"interval\":60"), "{put}");
    stage.home.write("body.json", &CHECK.replace("60", "90"));
    let tried = stage.ok(&format!("api PUT {cpu} -d @body.json -q dryRun=true"));
    assert!(tried.contains("\"interval\":90"), "{tried}");
    assert!(stage.ok(&format!("api {cpu}")).contains("\"interval\":60"), "that was a trial");
    let selected = |how| {
        let selector = format!("fieldSelector=check.name == \"cpu\" && check.publish == {how}");
        stage.ok(&format!("api {CHECKS} -q '{selector}'"))
    };
    assert_eq!(selected("false"), "[]");
    assert!(selected("true").contains("\"cpu\""));
    assert_eq!(stage.ok(&format!("api DELETE {cpu}")), "");
    assert_eq!(stage.ok("api /health").chars().next(), Some('{'));
}

#[test]
fn headers_go_both_ways() {
    let stage = Stage::set();
    let cpu = format!("{CHECKS}/cpu");
    let shown = stage.ok(&format!("api PUT {cpu} -d '{CHECK}' -i"));
    let (head, body) = shown.split_once("\n\n").expect("head and body");
    assert!(head.starts_with("HTTP/1.1 200 OK\n") && head.contains("\netag: \""), "{head}");
    assert!(body.starts_with('{'), "{body}");
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag");
    assert_eq!(stage.ok(&format!("api {cpu} -H 'If-None-Match: {etag}'")), "");
    let ran = stage.feeds(&format!("api DELETE {cpu} -H 'If-Match: \"0\"'"), "");
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("\"code\":6"), "{ran:?}");
    let said = stage.fails(&format!("api {cpu} -H nonsense"));
    assert!(said.contains("write it like"), "{said}");
}

#[test]
fn a_refusal_has_its_body_its_message_and_an_exit_code() {
    let stage = Stage::set();
    let ran = stage.home.run(&format!("api {CHECKS}/none"), "");
    assert_eq!((ran.code, ran.err.as_str()), (1, "Error: not found\n"));
    assert_eq!(ran.out, r#"{"message":"not found","code":2}"#);
    let ran = stage.home.run(&format!("api {CHECKS} -d nonsense"), "");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("line 1"), "{ran:?}");
    // What cannot be sent has no answer.
    assert!(stage.fails("api checks").contains("slash"));
    assert!(stage.fails(&format!("api {CHECKS}/..")).contains("not valid names"));
    assert!(stage.fails(&format!("api 'G T' {CHECKS}")).contains("not a method"));
    assert!(stage.fails(&format!("api {CHECKS} -d @none.json")).contains("none.json"));
}

#[test]
fn what_needs_no_session_is_there_without_one() {
    let stage = Stage::set();
    let home = Home::new();
    let api = |path: &str| home.run(&format!("--api-url {} api {path}", stage.server.url()), "");
    assert!(api("/apis/core").ok().contains("v2"));
    let ran = api(CHECKS);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("sensuctl configure"), "{ran:?}");
    assert!(ran.out.contains("\"code\":5"), "{ran:?}");
    // Credentials of one's own go in place of those of the session.
    let header = format!("{CHECKS} -H 'Authorization: Bearer {}'", kept_token(&stage));
    assert_eq!(api(&header).ok(), "[]");
}

#[test]
fn long_lists_come_in_pages_or_as_one() {
    let stage = Stage::set();
    for name in ["a", "b", "c"] {
        stage.ok(&format!("hook create {name} -c x -t 5"));
    }
    let hooks = "/apis/core/v2/namespaces/default/hooks";
    let ran = stage.home.run(&format!("api {hooks} -q limit=2"), "");
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("--paginate"), "{ran:?}");
    assert_eq!(serde_json::from_str::<Vec<Value>>(&ran.out).expect("JSON").len(), 2);
    let all = stage.ok(&format!("api {hooks} -q limit=2 --paginate"));
    assert_eq!(serde_json::from_str::<Vec<Value>>(&all).expect("JSON").len(), 3);
    assert!(stage.fails(&format!("api {hooks}/a --paginate")).contains("not a list"));
}

#[test]
fn people_get_indents() {
    let stage = Stage::set();
    let mut terminal = Terminal::run(&stage.home, "api /apis/core/v2/namespaces");
    let (shown, code) = terminal.end();
    assert_eq!(code, 0);
    assert_eq!(shown.replace('\r', ""), "[\n  {\n    \"name\": \"default\"\n  }\n]\n");
}

/// A command of a script that nobody reads to its end is no failure.
#[test]
fn a_closed_pipe_is_no_failure() {
    let stage = Stage::set();
    let mut command = stage.home.command("api /metrics");
    command.stdout(std::process::Stdio::piped());
    let mut child = command.spawn().expect("starts");
    drop(child.stdout.take());
    assert!(child.wait().expect("ends").success());
}
