//! Malformed input: whatever a client sends to any operation, the response is an error of the client, never one
//! of the server.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use sensu_tests::{Document, Operation, Response, TestServer};
use serde_json::Value;
use tokio::runtime::Runtime;

/// Arbitrary requests for each operation.
const CASES: u32 = 20;

/// Field names that make an arbitrary object resemble a resource.
const FIELDS: [&str; 26] = [
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
];

fn method_of(operation: &Operation) -> Method {
    Method::from_bytes(operation.method.as_bytes()).expect("a method")
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["default", "x", "*", "..", "\u{0}"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 8, move |inner| {
        let field = (prop::sample::select(FIELDS.to_vec()), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            prop::collection::vec(field, 0..8).prop_map(|fields| {
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

/// Arbitrary values for the parameters of a path, already escaped, and an arbitrary query.
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
fn arbitrary_requests_never_cause_a_server_error() {
    let (runtime, server, token) = server();
    let client = reqwest::Client::new();
    let methods = [Method::GET, Method::HEAD, Method::OPTIONS, Method::PATCH, Method::TRACE];
    for operation in Document::committed().operations() {
        // Mostly the method of the operation, sometimes another.
        let method = prop_oneof![
            3 => Just(method_of(&operation)),
            1 => prop::sample::select(methods.to_vec()),
        ];
        let mut runner = TestRunner::new(Config { cases: CASES, ..Config::default() });
        let request = (method, address(), prop::option::of(json()));
        let outcome = runner.run(&request, |(method, (mut values, query), body)| {
            let path = operation.path_with(|_| values.pop().unwrap_or_default()) + &query;
            let mut request = client.request(method, format!("{}{path}", server.url()));
            request = request.bearer_auth(&token);
            if let Some(body) = &body {
                request = request.json(body);
            }
            let response = runtime.block_on(request.send());
            let response = response.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(response.status().as_u16() < 500, "{} for {path}", response.status());
            Ok(())
        });
        outcome.unwrap_or_else(|why| panic!("{}: {why}", operation.id));
    }
    runtime.block_on(server.stop());
}

/// Bodies that harm a parser without limits and checks.
fn harmful_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, times: usize| open.repeat(times).into_bytes();
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("nothing", Vec::new()),
        ("blanks", vec![b' '; 100_000]),
        ("nested arrays", nested("[", 100_000)),
        ("nested objects", nested("{\"metadata\":", 40_000)),
        ("closed nested arrays", text(&("[".repeat(5_000) + &"]".repeat(5_000)))),
        ("a nested field", text(&format!("{{\"x\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000)))),
        ("an infinite float", text("{\"interval\":1e999,\"timeout\":1e999,\"timestamp\":1e999}")),
        ("a long number", text(&format!("{{\"interval\":{}}}", "9".repeat(400)))),
        (
            "the lowest numbers",
            text(
                "{\"ttl\":-9223372036854775808,\"begin\":-9223372036854775808,\"expire\":9223372036854775807,\"timestamp\":-9223372036854775808}",
            ),
        ),
        (
            "a repeated field",
            text("{\"name\":\"a\",\"name\":\"b\",\"metadata\":{\"name\":\"a\"},\"metadata\":null}"),
        ),
        (
            "half a surrogate pair",
            text("{\"name\":\"\\ud800\",\"metadata\":{\"name\":\"\\ud800\"}}"),
        ),
        (
            "an escaped NUL",
            text(
                "{\"name\":\"a\\u0000b\",\"metadata\":{\"name\":\"a\\u0000b\"},\"username\":\"a\\u0000b\"}",
            ),
        ),
        ("a NUL", b"{\"name\":\"a\0b\"}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("no UTF-8", b"{\"name\":\"\xff\xfe\"}".to_vec()),
        ("UTF-16", b"\xff\xfe{\0}\0".to_vec()),
        ("null", text("null")),
        (
            "null everywhere",
            text(
                "{\"metadata\":null,\"entity\":null,\"check\":null,\"rules\":[null],\"subjects\":[null],\"subdue\":{\"days\":{\"all\":[null]}}}",
            ),
        ),
        ("a truncated object", text("{\"metadata\":{\"na")),
        ("two objects", text("{}{}")),
    ]
}

#[test]
fn harmful_bodies_get_a_well_formed_error_from_every_operation() {
    let (runtime, server, token) = server();
    let client = reqwest::Client::new();
    let mut tried = 0;
    for operation in Document::committed().operations().into_iter().filter(Operation::has_body) {
        for (what, body) in harmful_bodies() {
            let path = operation.path_with(|name| match name {
                "namespace" => "default".to_owned(),
                _ => "x".to_owned(),
            });
            let method = method_of(&operation);
            let media_type = match method {
                Method::PATCH => "application/merge-patch+json",
                _ => "application/json",
            };
            let request = client.request(method, format!("{}{path}", server.url()));
            let request = request.bearer_auth(&token).header("content-type", media_type).body(body);
            let response = runtime.block_on(async {
                let response = request.send().await;
                let response = response.unwrap_or_else(|why| panic!("{what} to {path}: {why}"));
                Response::read(response).await
            });
            let Response { status, body, .. } = &response;
            let context = format!("{what} to {}: {status} {body}", operation.id);
            assert!(*status < 500, "{context}");
            if *status >= 400 {
                assert!(body["message"].is_string() && body["code"].is_u64(), "{context}");
            }
            tried += 1;
        }
    }
    assert!(tried > 500, "only {tried} requests");
    runtime.block_on(server.stop());
}

#[tokio::test]
async fn names_too_long_for_a_key_are_rejected_before_anything_is_written() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let event = |entity: usize, ttl: u32| {
        serde_json::json!({
            "entity": {"entity_class": "proxy", "metadata": {"name": "e".repeat(entity)}},
            "check": {"interval": 10, "ttl": ttl, "metadata": {"name": "c"}},
        })
    };
    let path = "/apis/core/v2/namespaces/default/events";
    // An event has one key, and with a ttl a second, longer one.
    let longest = 2_020 - "default".len() - "c".len();
    for (entity, ttl, status) in
        [(longest, 60, 200), (longest + 1, 60, 400), (longest + 1, 0, 200), (longest + 19, 0, 400)]
    {
        let response = server.send("POST", path, Some(&token), Some(&event(entity, ttl))).await;
        assert_eq!(response.status, status, "{entity} bytes, ttl {ttl}: {}", response.body);
        if status == 400 {
            let message = response.message();
            assert!(message.contains("too long"), "{message}");
            assert_eq!(ttl > 0, message.contains("2020 bytes"), "{message}");
        }
    }
    server.stop().await;
}
