//! Scenarios: the requests to send, and the recorded responses.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sensu_store::{Clock as _, ManualClock};
use serde_json::{Map, Value};

use super::exchange::{Response, exchange};

/// A list of requests.
pub(crate) struct Scenario {
    pub(crate) name: String,
    document: Value,
}

/// A recorded step.
pub(crate) struct Record {
    pub(crate) scenario: String,
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) response: Response,
    /// How to compare the responses.
    pub(crate) options: Value,
    pub(crate) tags: Vec<String>,
}

impl Record {
    /// The recorded steps of a scenario, in order.
    pub(crate) fn read(folder: &Path, name: &str) -> Vec<Self> {
        let file = folder.join(format!("recordings/sensu-go-5.0.0/{name}.jsonl"));
        let text = fs::read_to_string(file).expect("the recording is there");
        text.lines().filter(|line| !line.is_empty()).map(Self::parse).collect()
    }

    fn parse(line: &str) -> Self {
        let record: Value = serde_json::from_str(line).expect("a record is JSON");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let response = &record["response"];
        let headers = response["headers"].as_object().cloned().unwrap_or_default();
        let headers: BTreeMap<String, String> = headers
            .iter()
            .filter(|(name, _)| *name != "connection")
            .map(|(name, value)| (name.clone(), text(value)))
            .collect();
        Self {
            scenario: text(&record["scenario"]),
            id: text(&record["id"]),
            method: text(&record["request"]["method"]),
            path: text(&record["request"]["path"]),
            response: Response {
                status: response["status"].as_u64().unwrap_or_default(),
                headers,
                kind: text(&response["body_kind"]),
                body: as_sent(response),
                time: record["time"].as_f64().unwrap_or_default(),
            },
            options: record["compare"].clone(),
            tags: record["tags"].as_array().into_iter().flatten().map(text).collect(),
        }
    }
}

/// The body of a recorded response, its fields in the order in which they were sent.
fn as_sent(response: &Value) -> Value {
    let sent = response["raw"].as_str().filter(|_| response["body_kind"] == "json");
    sent.map_or_else(
        || response["body"].clone(),
        |text| serde_json::from_str(text).expect("a body that is JSON"),
    )
}

/// The state of a run: variables that steps have set, and tokens by user and password.
struct Run<'a> {
    address: SocketAddr,
    clock: &'a ManualClock,
    variables: HashMap<String, String>,
    tokens: HashMap<(String, String), String>,
}

const ADMIN: (&str, &str) = ("admin", "P@ssw0rd!");

impl Scenario {
    /// Every scenario.
    pub(crate) fn all(folder: &Path) -> Vec<Self> {
        let mut files: Vec<_> = fs::read_dir(folder.join("scenarios"))
            .expect("the scenarios are there")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        let read = |file| -> Value {
            let text = fs::read_to_string(file).expect("reads");
            serde_json::from_str(&text).expect("a scenario is JSON")
        };
        files
            .into_iter()
            .map(read)
            .map(|document| Self {
                name: document["name"].as_str().expect("a name").to_owned(),
                document,
            })
            .collect()
    }

    /// Sends the requests, one after another.
    pub(crate) async fn run(
        &self,
        address: SocketAddr,
        clock: &ManualClock,
    ) -> HashMap<String, Response> {
        let mut variables: HashMap<String, String> =
            [("ADMIN_USER", ADMIN.0), ("ADMIN_PASSWORD", ADMIN.1)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        for (name, value) in self.document["vars"].as_object().into_iter().flatten() {
            variables.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
        }
        let mut run = Run { address, clock, variables, tokens: HashMap::new() };
        let mut responses = HashMap::new();
        for step in self.document["steps"].as_array().expect("steps") {
            let id = step["id"].as_str().expect("an id").to_owned();
            let response = run.step(step).await;
            responses.insert(id, response);
        }
        responses
    }
}

impl Run<'_> {
    async fn step(&mut self, step: &Value) -> Response {
        if let Some(seconds) = step["sleep"].as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "a few seconds")]
            self.clock.advance(seconds.ceil() as i64);
        }
        let method = step["method"].as_str().expect("a method");
        let path = self.text(step["path"].as_str().expect("a path"));
        let mut body = self.body(step);
        let mut headers = Vec::new();
        if let Some(value) =
            self.authorization(&step.get("auth").cloned().unwrap_or("admin".into())).await
        {
            headers.push(("Authorization".to_owned(), value));
        }
        match step.get("ctype") {
            Some(Value::String(kind)) => headers.push(("Content-Type".into(), kind.clone())),
            Some(_) => {}
            None if body.is_some() => {
                headers.push(("Content-Type".into(), "application/json".into()));
            }
            None => {}
        }
        for (name, value) in step["headers"].as_object().into_iter().flatten() {
            headers.push((name.clone(), self.text(value.as_str().unwrap_or_default())));
        }
        if body.is_none() && ["POST", "PUT", "PATCH"].contains(&method) {
            body = Some(Vec::new());
        }
        // `retry` is not needed: Sensu Go stores events after its response, our server before it.
        let response = self.exchange(method, &path, &headers, body.as_deref()).await;
        self.capture(step, &response);
        response
    }

    async fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Option<&[u8]>,
    ) -> Response {
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
        let time = self.clock.now() as f64;
        exchange(self.address, method, path, headers, body, time).await
    }

    fn capture(&mut self, step: &Value, response: &Response) {
        let document = response.document();
        for (name, what) in step["capture"].as_object().into_iter().flatten() {
            let path = what.as_str().or(what["path"].as_str()).unwrap_or_default();
            let value = lookup(&document, path).cloned().unwrap_or(Value::Null);
            let number = value.as_u64().unwrap_or_default();
            let text = match what["format"].as_str() {
                Some("%x") => format!("{number:x}"),
                Some("%X") => format!("{number:X}"),
                _ => value.as_str().map_or(value.to_string(), str::to_owned),
            };
            self.variables.insert(name.clone(), text);
        }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.variables {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        text
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(map) => {
                let entries = map.iter().map(|(key, value)| (self.text(key), self.value(value)));
                Value::Object(entries.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    fn body(&self, step: &Value) -> Option<Vec<u8>> {
        if let Some(json) = step.get("json") {
            return Some(self.value(json).to_string().into_bytes());
        }
        if let Some(raw) = step["raw"].as_str() {
            return Some(self.text(raw).into_bytes());
        }
        step["raw_b64"].as_str().map(|text| STANDARD.decode(text).expect("base64"))
    }

    async fn authorization(&mut self, auth: &Value) -> Option<String> {
        match auth {
            Value::Null => None,
            Value::String(text) if text == "admin" => {
                let (user, password) = ADMIN;
                Some(format!("Bearer {}", self.log_in(user, password).await))
            }
            Value::String(text) => {
                let variable = text.strip_prefix("var:").expect("var:NAME");
                let token = self.variables.get(variable).cloned().unwrap_or_default();
                Some(format!("Bearer {token}"))
            }
            auth if auth.get("user").is_some() => {
                let part = |name: &str| self.text(auth[name].as_str().unwrap_or_default());
                let (user, password) = (part("user"), part("password"));
                Some(format!("Bearer {}", self.log_in(&user, &password).await))
            }
            auth if auth.get("basic").is_some() => {
                let part =
                    |index: usize| self.text(auth["basic"][index].as_str().unwrap_or_default());
                Some(basic(&part(0), &part(1)))
            }
            auth => Some(self.text(auth["raw"].as_str().unwrap_or_default())),
        }
    }

    async fn log_in(&mut self, user: &str, password: &str) -> String {
        let credentials = (user.to_owned(), password.to_owned());
        if let Some(token) = self.tokens.get(&credentials) {
            return token.clone();
        }
        let headers = [("Authorization".to_owned(), basic(user, password))];
        let response = self.exchange("GET", "/auth", &headers, None).await;
        let token = response.body["access_token"].as_str().unwrap_or_default().to_owned();
        self.tokens.insert(credentials, token.clone());
        token
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The value at a dotted path.
pub(crate) fn lookup<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(document, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    })
}
