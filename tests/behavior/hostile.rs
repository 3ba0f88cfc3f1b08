//! Whatever a client sends, the answer is an answer, and never a failure of the server.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sensu_tests::TestServer;
use serde_json::Value;

const METHODS: [&str; 7] = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The routes of the document.
fn routes() -> Vec<String> {
    let document: Value =
        serde_json::from_str(include_str!("../../openapi/sensu-core-v2.json")).expect("is JSON");
    document["paths"].as_object().expect("paths").keys().cloned().collect()
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

/// A route with arbitrary values for its parameters, and an arbitrary query.
fn path() -> impl Strategy<Value = String> {
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
    ];
    (prop::sample::select(routes()), prop::collection::vec(value, 6), query).prop_map(
        |(route, mut values, query)| {
            let fill = |part: &str| match part.starts_with('{') {
                true => values.pop().unwrap_or_default(),
                false => part.to_owned(),
            };
            route.split('/').map(fill).collect::<Vec<_>>().join("/") + &query
        },
    )
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn arbitrary_requests_never_fail_the_server() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (server, token) = runtime.block_on(async {
        let server = TestServer::start().await;
        let token = server.token().await;
        (server, token)
    });
    let mut runner = TestRunner::new(Config { cases: 3_000, ..Config::default() });
    let requests = (prop::sample::select(METHODS.to_vec()), path(), prop::option::of(json()));
    let client = reqwest::Client::new();
    runner
        .run(&requests, |(method, path, body)| {
            let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
            let mut request = client.request(method, format!("{}{path}", server.url()));
            request = request.bearer_auth(&token);
            if let Some(body) = &body {
                request = request.json(body);
            }
            let answer = runtime.block_on(request.send());
            let answer = answer.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(answer.status().as_u16() < 500, "{} for {path}", answer.status());
            Ok(())
        })
        .expect("every request is answered, none with a failure");
    runtime.block_on(server.stop());
}
