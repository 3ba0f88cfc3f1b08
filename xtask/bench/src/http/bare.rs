//! A server with nothing in it: what answering these bytes costs at least. In a process of its own,
//! as the servers it is compared with.

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

/// The server at work. It ends when this is dropped.
pub(super) struct Bare {
    child: Child,
    /// Host and port.
    pub(super) address: String,
}

impl Bare {
    /// Starts one that answers every request with this body. `file` is for the body.
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
        // It ends with its input.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Says where it listens, and answers until its input ends.
pub(in super::super) async fn serve(body: Bytes) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    let input = || std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    let mut ended = tokio::task::spawn_blocking(input);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                tokio::spawn(answer(accepted?.0, body.clone()));
            }
            _ = &mut ended => return Ok(()),
        }
    }
}

/// Answers one connection.
async fn answer(stream: TcpStream, body: Bytes) {
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
}
