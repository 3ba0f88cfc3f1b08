//! A proxy that keeps what passes.

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

/// A request that passed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Passed {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The body; `Null` if there is none.
    pub body: Value,
    /// The status of the answer.
    pub status: u16,
}

/// What a proxy makes of its server.
#[derive(Clone, Copy, PartialEq)]
enum Face {
    /// What it is.
    True,
    /// A released Sensu backend: `/apis` is not there.
    Released,
    /// One that does not know what a dry run is.
    Earnest,
}

/// A proxy in front of a server.
pub(crate) struct Proxy {
    address: SocketAddr,
    passed: Arc<Mutex<Vec<Passed>>>,
}

impl Proxy {
    /// Starts one.
    pub(crate) async fn before(server: String) -> Self {
        Self::start(server, Face::True).await
    }

    /// Starts one that makes the server look like a released Sensu backend: `/apis` is not there.
    pub(crate) async fn released(server: String) -> Self {
        Self::start(server, Face::Released).await
    }

    /// Starts one that makes the server look like one without dry runs.
    pub(crate) async fn earnest(server: String) -> Self {
        Self::start(server, Face::Earnest).await
    }

    async fn start(server: String, face: Face) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let passed = Arc::<Mutex<Vec<Passed>>>::default();
        let http = reqwest::Client::new();
        let kept = Arc::clone(&passed);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (kept, http, server) = (Arc::clone(&kept), http.clone(), server.clone());
                let pass = service_fn(move |request| {
                    pass(request, http.clone(), server.clone(), face, Arc::clone(&kept))
                });
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(socket), pass));
            }
        });
        Self { address, passed }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What passed since the last time.
    pub(crate) fn take(&self) -> Vec<Passed> {
        std::mem::take(&mut self.passed.lock().expect("nobody panicked"))
    }
}

async fn pass(
    request: Request<Incoming>,
    http: reqwest::Client,
    server: String,
    face: Face,
    kept: Arc<Mutex<Vec<Passed>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let mut headers = parts.headers;
    headers.remove("host");
    let hidden = face == Face::Released && parts.uri.path().starts_with("/apis");
    let path = match face {
        _ if hidden => "/not-there".to_owned(),
        Face::Earnest => parts.uri.path().to_owned(),
        _ => parts.uri.to_string(),
    };
    let sent = http.request(parts.method.clone(), format!("{server}{path}"));
    let answer = sent.headers(headers).body(body.clone()).send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let content = answer.bytes().await.expect("a body");
    kept.lock().expect("nobody panicked").push(Passed {
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
