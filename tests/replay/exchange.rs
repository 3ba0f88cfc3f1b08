//! One HTTP exchange with every byte of the request under control.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The headers that are compared.
const KEPT: [&str; 10] = [
    "content-type",
    "location",
    "allow",
    "www-authenticate",
    "x-content-type-options",
    "content-encoding",
    "retry-after",
    "link",
    "sensu-edition",
    "sensu-continue",
];

/// An answer, as recordings have it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) headers: BTreeMap<String, String>,
    /// `empty`, `json`, `text`, or `none` if the connection was closed without an answer.
    pub(crate) kind: String,
    pub(crate) body: Value,
    /// When it arrived, in seconds since 1970-01-01 UTC.
    pub(crate) time: f64,
}

impl Answer {
    /// The answer as a document that dotted paths lead into: `status`, `body.name`.
    pub(crate) fn document(&self) -> Value {
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        serde_json::json!({
            "status": self.status,
            "headers": headers,
            "body_kind": self.kind,
            "body": self.body,
        })
    }
}

/// Sends a request and reads the answer.
pub(crate) async fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: Option<&[u8]>,
) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(head.as_bytes()).await.expect("sends");
    stream.write_all(body.unwrap_or_default()).await.expect("sends");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("reads");
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Answer {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut slots);
    let time = now();
    let Ok(httparse::Status::Complete(length)) = response.parse(bytes) else {
        let (headers, kind) = (BTreeMap::new(), "none".to_owned());
        return Answer { status: 0, headers, kind, body: Value::Null, time };
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = response
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), text(header.value)))
        .filter(|(name, _)| KEPT.contains(&name.as_str()))
        .collect();
    let body = &bytes[length..];
    let (kind, body) = match std::str::from_utf8(body) {
        Ok("") => ("empty", Value::Null),
        Ok(text) => match serde_json::from_str(text) {
            Ok(value) => ("json", value),
            Err(_) => ("text", text.into()),
        },
        Err(_) => ("bytes", Value::Null),
    };
    let status = response.code.unwrap_or_default().into();
    Answer { status, headers, kind: kind.to_owned(), body, time }
}

/// Seconds since 1970-01-01 UTC.
pub(crate) fn now() -> f64 {
    use sensu_store::Clock as _;
    let millis = u32::try_from(sensu_store::SystemClock.now_millis() % 1000).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
    let seconds = sensu_store::SystemClock.now() as f64;
    seconds + f64::from(millis) / 1000.0
}
