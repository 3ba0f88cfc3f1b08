//! What the introduction of the document shows can be done: its commands, selectors, errors and links.

use std::process::Command;

use sensu_tests::{Document, TestServer};
use serde_json::{Value, json};

/// The address in the introduction.
const PUBLISHED: &str = "http://127.0.0.1:8080";
const NAMESPACE: &str = "/apis/core/v2/namespaces/default";
/// `jq -r .access_token`, for machines without jq.
const JQ: &str = r#"jq() { sed 's/.*"access_token":"\([^"]*\)".*/\1/'; }"#;

fn introduction() -> String {
    let document = Document::committed();
    document.json()["info"]["description"].as_str().expect("a text").to_owned()
}

/// The code block in a language.
fn block(text: &str, language: &str) -> String {
    let start = format!("```{language}\n");
    let block = text.split(&start).nth(1).and_then(|rest| rest.split("```").next());
    block.unwrap_or_else(|| panic!("no {language} block")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_steps_list_events() {
    let server = TestServer::start().await;
    let commands = block(&introduction(), "sh").replace(PUBLISHED, &server.url());
    let ran = tokio::task::spawn_blocking(move || {
        Command::new("sh").args(["-ec", &format!("{JQ}\n{commands}")]).output()
    });
    let output = ran.await.expect("ends").expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "[]", "{output:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_is_what_the_server_sends() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let hook = json!({ "metadata": { "name": "a" }, "command": "true", "timeout": 0 });
    let path = format!("{NAMESPACE}/hooks");
    let response = server.send("POST", &path, Some(&token), Some(&hook)).await;
    let shown: Value = serde_json::from_str(&block(&introduction(), "json")).expect("JSON");
    assert_eq!((response.status, response.body), (400, shown));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn selectors_and_escaped_names_are_accepted() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let text = introduction();
    for (selector, parameter, list) in [
        ("region == \"eu-west-1\"", "labelSelector", "checks"),
        ("event.check.status == 2", "fieldSelector", "events"),
        ("tier in [web, db]", "labelSelector", "checks"),
        ("linux in check.subscriptions", "fieldSelector", "checks"),
    ] {
        assert!(text.contains(&format!("`{selector}`")), "{selector} is not in the introduction");
        let get = reqwest::Client::new().get(format!("{}{NAMESPACE}/{list}", server.url()));
        let response = get.query(&[(parameter, selector)]).bearer_auth(&token).send().await;
        let response = sensu_tests::Response::read(response.expect("a response")).await;
        assert_eq!((response.status, response.body), (200, json!([])), "{selector}");
    }
    assert!(text.contains("assets/sensu%2Fcheck-cpu"));
    let asset = json!({ "url": "https://example.com/a.tar.gz", "sha512": "0".repeat(128) });
    let path = format!("{NAMESPACE}/assets/sensu%2Fcheck-cpu");
    let response = server.send("PUT", &path, Some(&token), Some(&asset)).await;
    assert_eq!(response.body["metadata"]["name"], "sensu/check-cpu");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn integers_have_no_decimal_point() {
    assert!(introduction().contains("integers have\nno decimal point: `60`, not `60.0`."));
    let server = TestServer::start().await;
    let token = server.token().await;
    let path = format!("{NAMESPACE}/hooks/a");
    for (timeout, status) in [(json!(60), 200), (json!(60.0), 400)] {
        let hook = json!({ "command": "true", "timeout": timeout });
        let response = server.send("PUT", &path, Some(&token), Some(&hook)).await;
        assert_eq!(response.status, status, "{hook}: {}", response.body);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_to_other_formats() {
    let server = TestServer::start().await;
    let text = introduction();
    let links: Vec<&str> =
        text.split("](/").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert_eq!(links, ["openapi.yaml", "openapi-3.1.json"]);
    for link in links {
        let response = reqwest::get(format!("{}/{link}", server.url())).await.expect("a response");
        assert!(response.status().is_success(), "{link}: {}", response.status());
    }
    server.stop().await;
}
