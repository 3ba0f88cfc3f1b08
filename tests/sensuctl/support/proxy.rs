//! A proxy that records requests, and can make a server look like another one.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

/// A recorded request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProxiedRequest {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// `Null` if there is none.
    pub body: Value,
    /// Status of the response.
    pub status: u16,
}

impl ProxiedRequest {
    /// Method and path.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Behavior {
    Transparent,
    /// 404 for `/apis`.
    ReleasedBackend,
    /// 404 for `/apis`; ignores the query; empty lists are `null`, as those of assets in Sensu Go 5.0.0.
    ReleasedBackendWithNull,
    /// Ignores the query.
    WithoutDryRun,
}

impl Behavior {
    fn is_released_backend(self) -> bool {
        matches!(self, Self::ReleasedBackend | Self::ReleasedBackendWithNull)
    }

    fn ignores_query(self) -> bool {
        matches!(self, Self::ReleasedBackendWithNull | Self::WithoutDryRun)
    }
}

/// A proxy before a server.
pub(crate) struct Proxy {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<ProxiedRequest>>>,
}

impl Proxy {
    /// Only records.
    pub(crate) async fn transparent(server: String) -> Self {
        Self::start(server, Behavior::Transparent).await
    }

    /// Makes the server look like a released Sensu backend, which has no `/apis`.
    pub(crate) async fn released_backend(server: String) -> Self {
        Self::start(server, Behavior::ReleasedBackend).await
    }

    /// Makes the server look like a released Sensu backend that ignores selectors and sends `null` for empty lists.
    pub(crate) async fn released_backend_with_null(server: String) -> Self {
        Self::start(server, Behavior::ReleasedBackendWithNull).await
    }

    /// Makes the server look like one that writes in spite of `dryRun`.
    pub(crate) async fn without_dry_run(server: String) -> Self {
        Self::start(server, Behavior::WithoutDryRun).await
    }

    async fn start(server: String, behavior: Behavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::<Mutex<Vec<ProxiedRequest>>>::default();
        let http = reqwest::Client::new();
        let recorder = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (recorder, http, server) =
                    (Arc::clone(&recorder), http.clone(), server.clone());
                let forward = service_fn(move |request| {
                    forward(request, http.clone(), server.clone(), behavior, Arc::clone(&recorder))
                });
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(socket), forward));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests since the last call.
    pub(crate) fn take(&self) -> Vec<ProxiedRequest> {
        std::mem::take(&mut self.requests.lock().expect("no panic"))
    }
}

async fn forward(
    request: Request<Incoming>,
    http: reqwest::Client,
    server: String,
    behavior: Behavior,
    recorder: Arc<Mutex<Vec<ProxiedRequest>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let mut headers = parts.headers;
    headers.remove("host");
    let is_hidden = behavior.is_released_backend() && parts.uri.path().starts_with("/apis");
    let path = match is_hidden {
        true => "/no-such-path".to_owned(),
        false if behavior.ignores_query() => parts.uri.path().to_owned(),
        false => parts.uri.to_string(),
    };
    let sent = http.request(parts.method.clone(), format!("{server}{path}"));
    let received = sent.headers(headers).body(body.clone()).send().await.expect("a response");
    let (status, headers) = (received.status(), received.headers().clone());
    let mut content = received.bytes().await.expect("a body");
    if behavior == Behavior::ReleasedBackendWithNull && content == "[]" {
        content = Bytes::from_static(b"null\n");
    }
    recorder.lock().expect("no panic").push(ProxiedRequest {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        status: status.as_u16(),
    });
    let mut response = Response::new(Full::new(content));
    *response.status_mut() = status;
    for (name, value) in &headers {
        if !["transfer-encoding", "content-length", "connection"].contains(&name.as_str()) {
            response.headers_mut().append(name, value.clone());
        }
    }
    Ok(response)
}
