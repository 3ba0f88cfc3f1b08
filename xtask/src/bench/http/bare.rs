//! A server with nothing in it: what answering these bytes costs at least.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Answers every request with this body, on a port of its own.
pub(super) async fn start(body: Bytes) -> anyhow::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let body = body.clone();
            tokio::spawn(async move {
                let service = service_fn(move |asked: Request<hyper::body::Incoming>| {
                    let body = body.clone();
                    async move {
                        // Read, as a server that does anything with it would.
                        let _ = asked.into_body().collect().await;
                        let mut response = Response::new(Full::new(body));
                        let json = HeaderValue::from_static("application/json");
                        response.headers_mut().insert(CONTENT_TYPE, json);
                        Ok::<_, Infallible>(response)
                    }
                });
                // The client hangs up in the end.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Ok(address.to_string())
}
