//! A hyper server that does nothing but respond: a lower bound for the cost of a response. It runs as a
//! process, like the servers that it is compared with.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

/// A running server. Stopped when dropped.
pub(super) struct Bare {
    child: Child,
    /// Host and port.
    pub(super) address: String,
}

impl Bare {
    /// Starts a server that responds to every request with a body, which is written to `file`.
    pub(super) fn start(file: &Path, body: &[u8]) -> anyhow::Result<Self> {
        std::fs::write(file, body)?;
        let mut this = Command::new(std::env::current_exe()?);
        this.arg("bare").arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = this.spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // The end of its input stops it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Prints its address, and serves requests until its input ends.
pub(in super::super) async fn serve(body: Bytes) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    let input = || std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    let mut ended = tokio::task::spawn_blocking(input);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                tokio::spawn(serve_connection(accepted?.0, body.clone()));
            }
            _ = &mut ended => return Ok(()),
        }
    }
}

async fn serve_connection(stream: TcpStream, body: Bytes) {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let body = body.clone();
        async move {
            // Reads the body, as every real server does.
            let _ = request.into_body().collect().await;
            let mut response = Response::new(Full::new(body));
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            Ok::<_, Infallible>(response)
        }
    });
    // Fails when the client disconnects.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
