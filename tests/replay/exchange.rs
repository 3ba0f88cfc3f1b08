//! One HTTP exchange, with every byte of the request under control.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The headers that are compared.
const COMPARED: [&str; 10] = [
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

/// A response, as recordings have it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u64,
    pub(crate) headers: BTreeMap<String, String>,
    /// `empty`, `json`, `text`, or `none` if the connection was closed without a response.
    pub(crate) kind: String,
    pub(crate) body: Value,
    /// When it arrived, in seconds since 1970-01-01 UTC.
    pub(crate) time: f64,
}

impl Response {
    /// The response as a JSON object, for dotted paths: `status`, `body.name`.
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

/// Sends a request and reads the response. `time` is the server's.
pub(crate) async fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: Option<&[u8]>,
    time: f64,
) -> Response {
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
    parse(&bytes, time)
}

fn parse(bytes: &[u8], time: f64) -> Response {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut slots);
    let Ok(httparse::Status::Complete(length)) = response.parse(bytes) else {
        let (headers, kind) = (BTreeMap::new(), "none".to_owned());
        return Response { status: 0, headers, kind, body: Value::Null, time };
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = response
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), text(header.value)))
        .filter(|(name, _)| COMPARED.contains(&name.as_str()))
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
    Response { status, headers, kind: kind.to_owned(), body, time }
}
