//! The record of requests: in memory, bounded, and in a file if one was named. Secrets are masked
//! before anything is kept.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;
use http::{HeaderMap, Method, Uri};
use serde::Serialize;
use serde_json::Value;

use super::body::Heard;

/// Requests that are remembered; older ones are forgotten.
const REMEMBERED: usize = 1_000;

/// A request, as it is remembered.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Noted {
    /// When it came.
    time: String,
    id: String,
    method: String,
    path: String,
    query: String,
    headers: Value,
    /// What was read of it: JSON, or text; `null` where there was nothing.
    body: Value,
    body_bytes: u64,
    /// The id of the operation; `null` where there is none.
    operation: Option<String>,
    /// 0 if it was never answered.
    status: u16,
}

/// What has been asked of the server.
pub(super) struct Record {
    requests: Mutex<VecDeque<Noted>>,
    file: Option<Mutex<File>>,
}

impl Record {
    /// An empty one; the file, if any, begins empty, too.
    pub(super) fn new(file: Option<&Path>) -> anyhow::Result<Self> {
        let file = file.map(|path| {
            let file = File::create(path);
            file.with_context(|| format!("cannot write the request log {}", path.display()))
        });
        Ok(Self { requests: Mutex::default(), file: file.transpose()?.map(Mutex::new) })
    }

    /// The last requests, oldest first.
    pub(super) fn requests(&self) -> Vec<Noted> {
        self.all().iter().cloned().collect()
    }

    /// Forgets them. What is in the file stays.
    pub(super) fn forget(&self) {
        self.all().clear();
    }

    /// Remembers one.
    pub(super) fn note(&self, noted: Noted) {
        // What is asked of the kit is not what is asked of the API.
        if noted.path.starts_with("/dev/") {
            return;
        }
        let mut requests = self.all();
        if let Some(file) = &self.file {
            let line = serde_json::to_string(&noted).unwrap_or_default() + "\n";
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = file.write_all(line.as_bytes()) {
                tracing::error!("the request log lacks {}: {error}", noted.id);
            }
        }
        if requests.len() == REMEMBERED {
            requests.pop_front();
        }
        requests.push_back(noted);
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Noted>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// A request that has not been answered yet.
    pub(super) fn of(
        millis: i64,
        id: &str,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Self {
        let shown = headers.iter().map(|(name, value)| {
            let text = match is_credential(name.as_str()) {
                true => "***".into(),
                false => String::from_utf8_lossy(value.as_bytes()),
            };
            (name.as_str().to_owned(), Value::from(text))
        });
        let time = UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or_default());
        Self {
            time: humantime::format_rfc3339_millis(time).to_string(),
            id: id.to_owned(),
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: shown.collect::<serde_json::Map<_, _>>().into(),
            body: Value::Null,
            body_bytes: 0,
            operation: None,
            status: 0,
        }
    }

    /// The same, with what became of it.
    pub(super) fn with(self, heard: &Heard, operation: Option<String>, status: u16) -> Self {
        let (body, body_bytes) = (shown(heard), heard.bytes());
        Self { body, body_bytes, operation, status, ..self }
    }
}

fn is_credential(header: &str) -> bool {
    matches!(header, "authorization" | "cookie" | "proxy-authorization")
}

/// A body as it may be seen.
fn shown(heard: &Heard) -> Value {
    if heard.bytes() == 0 {
        return Value::Null;
    }
    if let Some(mut value) = heard.whole().and_then(|bytes| serde_json::from_slice(bytes).ok()) {
        mask(&mut value);
        return value;
    }
    // Where a secret ends cannot be told in what is cut or no JSON.
    let text = String::from_utf8_lossy(heard.kept());
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
        // A variable of an environment: `API_TOKEN=...`.
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

/// Whether a name speaks of a secret: all that Sensu redacts in entities by default, and tokens.
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
        let mut heard = Heard::default();
        heard.hear(text.as_bytes());
        shown(&heard)
    }

    #[test]
    fn secrets_are_not_remembered() {
        let value = http::HeaderValue::from_static("Bearer abc");
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, value)]);
        let noted = Noted::of(1_500, "1", &Method::GET, &Uri::from_static("/a?b=c"), &headers);
        assert_eq!(noted.headers["authorization"], "***");
        assert_eq!((noted.path.as_str(), noted.query.as_str()), ("/a", "b=c"));
        assert_eq!(noted.time, "1970-01-01T00:00:01.500Z");
    }

    #[test]
    fn bodies_are_remembered_without_their_secrets() {
        assert_eq!(body(""), Value::Null);
        assert_eq!(body("[1, {\"a\": null}]"), json!([1, { "a": null }]));
        let sent =
            r#"{"username": "a", "password": "x", "labels": [{"Api_Key": 1}], "secrets": null}"#;
        let seen = json!({
            "username": "a", "password": "***", "labels": [{ "Api_Key": "***" }], "secrets": null
        });
        assert_eq!(body(sent), seen);
        let sent = r#"{"env_vars": ["DB_PASSWORD=x", "HOME=/"], "command": "run --token=x y"}"#;
        let seen =
            json!({ "env_vars": ["DB_PASSWORD=***", "HOME=/"], "command": "run --token=x y" });
        assert_eq!(body(sent), seen);
        assert_eq!(body("{\"name\": "), "{\"name\": ");
        assert_eq!(body("{\"password\": \"x"), "***");
    }

    #[test]
    fn the_last_requests_are_remembered() {
        let record = Record::new(None).expect("no file");
        for id in 0..REMEMBERED + 2 {
            let (id, uri) = (id.to_string(), Uri::from_static("/a"));
            record.note(Noted::of(0, &id, &Method::GET, &uri, &HeaderMap::new()));
        }
        let requests = record.requests();
        assert_eq!((requests.len(), requests[0].id.as_str()), (REMEMBERED, "2"));
    }
}
