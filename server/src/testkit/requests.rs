//! The record of requests: the last 1,000 in memory, and all in a file if there is one. Secrets are masked.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use http::{HeaderMap, Method, Uri};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::Serialize;
use serde_json::Value;

use super::capture::BodyCapture;
use super::clock::rfc3339;
use super::filter::RequestFilter;
use crate::auth;

/// Maximum number of requests in memory. One more drops the oldest.
const MAX_REQUESTS: usize = 1_000;

/// A recorded request.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct RecordedRequest {
    /// Time of arrival, RFC 3339.
    time: String,
    /// The same in milliseconds since 1970-01-01 UTC.
    #[serde(skip)]
    pub(super) millis: i64,
    /// The `X-Request-Id` of the response.
    id: String,
    /// Method.
    pub(super) method: String,
    /// Path as it was sent.
    pub(super) path: String,
    /// Query string as it was sent.
    query: String,
    /// Headers by name in lower case.
    headers: BTreeMap<String, String>,
    /// The part that the operation read: JSON, or else text; `null` if empty.
    body: Value,
    /// Number of bytes that were read.
    body_bytes: u64,
    /// Operation ID; `null` for unknown routes.
    #[schemars(required, schema_with = "nullable_text")]
    pub(super) operation: Option<String>,
    /// Status of the response; 0 if there was none.
    pub(super) status: u16,
}

fn nullable_text(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = String::json_schema(generator).into_object();
    schema.extensions.insert("nullable".into(), true.into());
    schema.into()
}

/// All recorded requests.
pub(super) struct RequestLog {
    requests: Mutex<VecDeque<RecordedRequest>>,
    file: Option<Mutex<File>>,
}

impl RequestLog {
    /// An empty record. An existing file is truncated.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub(super) fn new(file: Option<&Path>) -> anyhow::Result<Self> {
        let file = file.map(|path| {
            let file = File::create(path);
            file.with_context(|| format!("cannot create the request log {}", path.display()))
        });
        Ok(Self { requests: Mutex::default(), file: file.transpose()?.map(Mutex::new) })
    }

    /// The requests in memory that the filter selects, oldest first.
    pub(super) fn requests(&self, filter: &RequestFilter) -> Vec<RecordedRequest> {
        self.lock().iter().filter(|request| filter.matches(request)).cloned().collect()
    }

    /// Removes the requests in memory.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// Adds a request, unless it is one to the test kit itself.
    pub(super) fn add(&self, request: RecordedRequest) {
        if request.path.starts_with("/dev/") {
            return;
        }
        let mut requests = self.lock();
        if let Some(file) = &self.file {
            let line = serde_json::to_string(&request).unwrap_or_default() + "\n";
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = file.write_all(line.as_bytes()) {
                tracing::error!("cannot write request {} to the request log: {error}", request.id);
            }
        }
        if requests.len() == MAX_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<RecordedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordedRequest {
    /// A request without body and response. `millis` is its time of arrival since 1970-01-01 UTC.
    pub(super) fn new(
        millis: i64,
        id: &str,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            let text = match is_credential(name.as_str()) {
                true => "***".into(),
                false => String::from_utf8_lossy(value.as_bytes()),
            };
            (name.as_str().to_owned(), text.into_owned())
        });
        Self {
            time: rfc3339(millis),
            millis,
            id: id.to_owned(),
            method: method.to_string(),
            path: auth::without_api_keys(uri.path()).into_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body: Value::Null,
            body_bytes: 0,
            operation: None,
            status: 0,
        }
    }

    /// The request with its body and response.
    pub(super) fn completed(
        self,
        capture: &BodyCapture,
        operation: Option<String>,
        status: u16,
    ) -> Self {
        let (body, body_bytes) = (masked_body(capture), capture.bytes());
        Self { body, body_bytes, operation, status, ..self }
    }
}

fn is_credential(header: &str) -> bool {
    matches!(header, "authorization" | "cookie" | "proxy-authorization")
}

fn masked_body(capture: &BodyCapture) -> Value {
    if capture.bytes() == 0 {
        return Value::Null;
    }
    if let Some(mut value) = capture.whole().and_then(|bytes| serde_json::from_slice(bytes).ok()) {
        mask(&mut value);
        return value;
    }
    // Truncated or other text: the end of a secret is unknown.
    let text = String::from_utf8_lossy(capture.beginning());
    if is_secret(&text) { "***".into() } else { text.into() }
}

fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret(name) && !value.is_null() {
                    *value = "***".into();
                } else {
                    mask(value);
                }
            }
        }
        // An environment variable: `API_TOKEN=...`.
        Value::String(text) => {
            if let Some((name, _)) = text.split_once('=')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && is_secret(name)
            {
                *text = format!("{name}=***");
            }
        }
        _ => {}
    }
}

/// Whether a name is that of a secret: the names that Sensu redacts in entities by default, and tokens.
fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 7] =
        ["passw", "secret", "token", "credential", "api_key", "access_key", "private_key"];
    let name = name.to_ascii_lowercase();
    name == "pass" || WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(text: &str) -> Value {
        let mut capture = BodyCapture::default();
        capture.record(text.as_bytes());
        masked_body(&capture)
    }

    #[test]
    fn credentials_in_headers_are_masked() {
        let value = http::HeaderValue::from_static("Bearer abc");
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, value)]);
        let request =
            RecordedRequest::new(1_500, "1", &Method::GET, &Uri::from_static("/a?b=c"), &headers);
        assert_eq!(request.headers["authorization"], "***");
        assert_eq!((request.path.as_str(), request.query.as_str()), ("/a", "b=c"));
        assert_eq!(request.time, "1970-01-01T00:00:01.500Z");
    }

    #[test]
    fn secrets_in_bodies_are_masked() {
        assert_eq!(body(""), Value::Null);
        assert_eq!(body("[1, {\"a\": null}]"), json!([1, { "a": null }]));
        let sent =
            r#"{"username": "a", "password": "x", "labels": [{"Api_Key": 1}], "secrets": null}"#;
        let recorded = json!({
            "username": "a", "password": "***", "labels": [{ "Api_Key": "***" }], "secrets": null
        });
        assert_eq!(body(sent), recorded);
        let sent = r#"{"env_vars": ["DB_PASSWORD=x", "HOME=/"], "command": "run --token=x y"}"#;
        let recorded =
            json!({ "env_vars": ["DB_PASSWORD=***", "HOME=/"], "command": "run --token=x y" });
        assert_eq!(body(sent), recorded);
        assert_eq!(body("{\"name\": "), "{\"name\": ");
        assert_eq!(body("{\"password\": \"x"), "***");
    }

    #[test]
    fn the_oldest_request_is_dropped() {
        let log = RequestLog::new(None).unwrap();
        for id in 0..MAX_REQUESTS + 2 {
            let (id, uri) = (id.to_string(), Uri::from_static("/a"));
            log.add(RecordedRequest::new(0, &id, &Method::GET, &uri, &HeaderMap::new()));
        }
        let requests = log.requests(&RequestFilter::default());
        assert_eq!((requests.len(), requests[0].id.as_str()), (MAX_REQUESTS, "2"));
    }
}
