//! Whatever a client sends, the answer is an answer, and never a failure of the server.
//!
//! Every operation of the document is tried, with arbitrary values and with bodies made to hurt.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use sensu_tests::{Response, TestServer};
use serde_json::Value;
use tokio::runtime::Runtime;

/// Requests for each operation.
const CASES: u32 = 20;

/// An operation of the document.
struct Operation {
    method: Method,
    route: String,
    has_body: bool,
}

fn operations() -> Vec<Operation> {
    let document: Value =
        serde_json::from_str(include_str!("../../openapi/sensu-core-v2.json")).expect("is JSON");
    let mut found = Vec::new();
    for (route, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            found.push(Operation {
                method: Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method"),
                route: route.clone(),
                has_body: operation.get("requestBody").is_some(),
            });
        }
    }
    found
}

fn json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "metadata",
        "name",
        "namespace",
        "labels",
        "entity",
        "check",
        "interval",
        "subdue",
        "days",
        "rules",
        "verbs",
        "subjects",
        "role_ref",
        "type",
        "expire",
        "begin",
        "username",
        "password",
        "groups",
        "check_hooks",
        "proxy_requests",
        "metrics",
        "points",
        "timestamp",
        "ttl",
        "executed",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["default", "x", "*", "..", "\u{0}"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..8).prop_map(|fields| {
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

/// Arbitrary values for the parameters of a path, and an arbitrary query.
fn address() -> impl Strategy<Value = (Vec<String>, String)> {
    let value = prop_oneof![
        Just("default".to_owned()),
        Just("x".to_owned()),
        "[ -~]{1,8}".prop_map(|text| encode(&text)),
        "\\PC{1,6}".prop_map(|text| encode(&text)),
        Just("%00".to_owned()),
        Just("%2e%2e%2f".to_owned()),
    ];
    let query = prop_oneof![
        Just(String::new()),
        "[a-z=&%0-9;+]{0,12}".prop_map(|text| format!("?{text}")),
        "[A-Za-z0-9_-]{0,20}".prop_map(|text| format!("?continue={text}&limit=3")),
        "\\PC{0,12}".prop_map(|text| format!("?fieldSelector={}", encode(&text))),
    ];
    (prop::collection::vec(value, 6), query)
}

fn filled(route: &str, mut values: Vec<String>, query: &str) -> String {
    let fill = |part: &str| match part.starts_with('{') {
        true => values.pop().unwrap_or_default(),
        false => part.to_owned(),
    };
    route.split('/').map(fill).collect::<Vec<_>>().join("/") + query
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A server with its runtime, and a token of its administrator.
fn server() -> (Runtime, TestServer, String) {
    let runtime = Runtime::new().expect("a runtime");
    let (server, token) = runtime.block_on(async {
        let server = TestServer::start().await;
        let token = server.token().await;
        (server, token)
    });
    (runtime, server, token)
}

#[test]
fn arbitrary_requests_never_fail_the_server() {
    let (runtime, server, token) = server();
    let client = reqwest::Client::new();
    let methods = [Method::GET, Method::HEAD, Method::OPTIONS, Method::PATCH, Method::TRACE];
    for operation in operations() {
        // Mostly the operation itself, at times its path with another method.
        let method = prop_oneof![
            3 => Just(operation.method.clone()),
            1 => prop::sample::select(methods.to_vec()),
        ];
        let mut runner = TestRunner::new(Config { cases: CASES, ..Config::default() });
        let request = (method, address(), prop::option::of(json()));
        let outcome = runner.run(&request, |(method, (values, query), body)| {
            let path = filled(&operation.route, values, &query);
            let mut request = client.request(method, format!("{}{path}", server.url()));
            request = request.bearer_auth(&token);
            if let Some(body) = &body {
                request = request.json(body);
            }
            let answer = runtime.block_on(request.send());
            let answer = answer.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(answer.status().as_u16() < 500, "{} for {path}", answer.status());
            Ok(())
        });
        let Operation { method, route, .. } = &operation;
        outcome.unwrap_or_else(|why| panic!("{method} {route}: {why}"));
    }
    runtime.block_on(server.stop());
}

/// Bodies that break a parser that trusts what it reads.
fn harmful() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, times: usize| open.repeat(times).into_bytes();
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("nothing", Vec::new()),
        ("blanks", vec![b' '; 100_000]),
        ("nested arrays", nested("[", 100_000)),
        ("nested objects", nested("{\"metadata\":", 40_000)),
        ("closed nested arrays", text(&("[".repeat(5_000) + &"]".repeat(5_000)))),
        ("a nested field", text(&format!("{{\"x\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000)))),
        ("a float beyond all", text("{\"interval\":1e999,\"timeout\":1e999,\"timestamp\":1e999}")),
        ("a long number", text(&format!("{{\"interval\":{}}}", "9".repeat(400)))),
        (
            "the lowest numbers",
            text(
                "{\"ttl\":-9223372036854775808,\"begin\":-9223372036854775808,\"expire\":9223372036854775807,\"timestamp\":-9223372036854775808}",
            ),
        ),
        (
            "a field twice",
            text("{\"name\":\"a\",\"name\":\"b\",\"metadata\":{\"name\":\"a\"},\"metadata\":null}"),
        ),
        ("half a pair", text("{\"name\":\"\\ud800\",\"metadata\":{\"name\":\"\\ud800\"}}")),
        (
            "an escaped NUL",
            text(
                "{\"name\":\"a\\u0000b\",\"metadata\":{\"name\":\"a\\u0000b\"},\"username\":\"a\\u0000b\"}",
            ),
        ),
        ("a NUL", b"{\"name\":\"a\0b\"}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("no UTF-8", b"{\"name\":\"\xff\xfe\"}".to_vec()),
        ("another encoding", b"\xff\xfe{\0}\0".to_vec()),
        ("null", text("null")),
        (
            "null everywhere",
            text(
                "{\"metadata\":null,\"entity\":null,\"check\":null,\"rules\":[null],\"subjects\":[null],\"subdue\":{\"days\":{\"all\":[null]}}}",
            ),
        ),
        ("half of it", text("{\"metadata\":{\"na")),
        ("two of them", text("{}{}")),
    ]
}

#[test]
fn harmful_bodies_are_answered_by_every_operation_that_reads_one() {
    let (runtime, server, token) = server();
    let client = reqwest::Client::new();
    let mut tried = 0;
    for Operation { method, route, .. } in operations().into_iter().filter(|op| op.has_body) {
        for (what, body) in harmful() {
            let path = filled(&route, vec!["x".to_owned(); 6], "");
            let path = path.replace("/namespaces/x/", "/namespaces/default/");
            let kind = match method {
                Method::PATCH => "application/merge-patch+json",
                _ => "application/json",
            };
            let request = client.request(method.clone(), format!("{}{path}", server.url()));
            let request = request.bearer_auth(&token).header("content-type", kind).body(body);
            let answer = runtime.block_on(async {
                let answer = request.send().await;
                Response::read(
                    answer.unwrap_or_else(|why| panic!("{what} to {method} {path}: {why}")),
                )
                .await
            });
            let Response { status, body, .. } = &answer;
            assert!(*status < 500, "{what} to {method} {path}: {status} {body}");
            if *status >= 400 {
                let whole = body["message"].is_string() && body["code"].is_u64();
                assert!(whole, "{what} to {method} {path}: {status} {body}");
            }
            tried += 1;
        }
    }
    assert!(tried > 500, "only {tried} requests");
    runtime.block_on(server.stop());
}

#[tokio::test]
async fn names_that_no_key_holds_are_refused_before_anything_is_written() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let event = |entity: usize, ttl: u32| {
        serde_json::json!({
            "entity": {"entity_class": "proxy", "metadata": {"name": "e".repeat(entity)}},
            "check": {"interval": 10, "ttl": ttl, "metadata": {"name": "c"}},
        })
    };
    let path = "/apis/core/v2/namespaces/default/events";
    // Each entity and check of a namespace has a key; what watches over a ttl has a longer one.
    let longest = 2_020 - "default".len() - "c".len();
    for (entity, ttl, status) in
        [(longest, 60, 200), (longest + 1, 60, 400), (longest + 1, 0, 200), (longest + 19, 0, 400)]
    {
        let answer = server.send("POST", path, Some(&token), Some(&event(entity, ttl))).await;
        assert_eq!(answer.status, status, "{entity} bytes, ttl {ttl}: {}", answer.body);
        if status == 400 {
            let said = answer.body["message"].as_str().expect("a message");
            assert!(said.contains("too long"), "{said}");
            assert_eq!(ttl > 0, said.contains("together they may take 2020 bytes"), "{said}");
        }
    }
    server.stop().await;
}
