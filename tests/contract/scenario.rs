//! The scenario of the recorded examples: one request for each operation, in an order that works.
//!
//! `openapi/examples.json` holds the requests. What was random when they were recorded (tokens, IDs) is
//! replaced by what this server returned.

use std::collections::BTreeMap;
use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::ManualClock;
use sensu_tests::{Document, Operation, Response, TestServer};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use xtask_generate::examples;

/// The requests, in order.
pub(crate) struct Scenario {
    requests: std::vec::IntoIter<Request>,
    /// Random values by operation and JSON pointer, as recorded.
    random: BTreeMap<String, BTreeMap<String, Value>>,
    /// Recorded values, and what they are here.
    actual: Vec<(String, String)>,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    /// Parameters in path, query and headers.
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) body: Option<Value>,
    /// The shorter example of the body, if there is one.
    pub(crate) minimal: Option<Value>,
    /// The recorded status; `None` if only errors can be recorded.
    pub(crate) status: Option<u16>,
}

impl Scenario {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(xtask::root().join("openapi/examples.json"));
        let examples: Map<String, Value> =
            serde_json::from_str(&text.expect("the examples can be read")).expect("JSON");
        let operations = Document::committed().operations().into_iter();
        let mut operations: BTreeMap<String, Operation> =
            operations.map(|operation| (operation.id.clone(), operation)).collect();
        let requests: Vec<Request> = examples
            .into_iter()
            .map(|(id, example)| {
                let operation = operations.remove(&id);
                Request::new(operation.unwrap_or_else(|| panic!("no operation {id}")), &example)
            })
            .collect();
        let left: Vec<&String> = operations.keys().collect();
        assert!(left.is_empty(), "operations without an example: {left:?}");
        let steps = examples::Scenario::read().expect("the scenario can be read").steps;
        let random = steps.into_iter().map(|step| (step.op, step.random)).collect();
        Self { requests: requests.into_iter(), random, actual: Vec::new() }
    }

    /// A server whose clock stands where it stood when the examples were recorded.
    pub(crate) async fn server() -> TestServer {
        let at = examples::Scenario::read().expect("the scenario can be read").at;
        TestServer::start_with(Limits::default(), Arc::new(ManualClock::at(at))).await
    }

    /// The next request that works within a session. Operations on sessions themselves are left out.
    pub(crate) fn next(&mut self) -> Option<Request> {
        let mut request =
            self.requests.find(|request| request.operation.tag() != "Authentication")?;
        for (recorded, actual) in &self.actual {
            for value in request.parameters.values_mut() {
                *value = value.replace(recorded, actual);
            }
            if let Some(body) = &mut request.body {
                let text = body.to_string().replace(recorded, actual);
                *body = serde_json::from_str(&text).expect("still JSON");
            }
        }
        Some(request)
    }

    /// Notes the random values of a response.
    pub(crate) fn record(&mut self, request: &Request, body: &Value) {
        for (pointer, recorded) in self.random.get(&request.operation.id).into_iter().flatten() {
            let actual = body.pointer(pointer).and_then(Value::as_str);
            if let (Some(recorded), Some(actual)) = (recorded.as_str(), actual) {
                self.actual.push((recorded.to_owned(), actual.to_owned()));
            }
        }
    }
}

impl Request {
    fn new(operation: Operation, example: &Value) -> Self {
        let values = |place: &str| example[place].as_object().cloned().unwrap_or_default();
        let parameters = values("path").into_iter().chain(values("query"));
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            operation,
            parameters: parameters.map(|(name, value)| (name, text(value))).collect(),
            body: example.get("body").cloned(),
            minimal: example.get("minimal").cloned(),
            status: example["status"].as_u64().and_then(|status| status.try_into().ok()),
        }
    }

    /// The same request with another value of a parameter.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut request = self.clone();
        request.parameters.insert(name.to_owned(), value.to_owned());
        request
    }

    /// A parameter of path, query or headers.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The body as a type of the generated client.
    pub(crate) fn typed_body<T: DeserializeOwned>(&self) -> T {
        let body = self.body.clone().unwrap_or_else(|| panic!("{} has a body", self.operation.id));
        serde_json::from_value(body).expect("the example fits the generated type")
    }

    /// Path and query.
    pub(crate) fn url(&self) -> String {
        let path = self.operation.path_with(|name| self.parameters[name].clone());
        let query = self.operation.parameters().filter(|parameter| parameter["in"] == "query");
        let query: Vec<String> = query
            .filter_map(|parameter| {
                let name = parameter["name"].as_str()?;
                Some(format!("{name}={}", self.parameter(name)?))
            })
            .collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// Sends it without the generated client.
    pub(crate) async fn send(&self, server: &TestServer, token: &str) -> Response {
        let (method, url) = (&self.operation.method, self.url());
        server.send(method, &url, Some(token), self.body.as_ref()).await
    }

    /// Asserts that the request succeeded as recorded. A request that can only fail got a 4xx.
    #[track_caller]
    pub(crate) fn assert_recorded(&self, status: u16, body: &Value) {
        let id = &self.operation.id;
        match self.status {
            Some(recorded) => assert_eq!(status, recorded, "{id}: {body}"),
            None => assert!((400..500).contains(&status), "{id}: {status} {body}"),
        }
    }
}
