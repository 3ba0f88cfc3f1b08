//! Requests per second of an authorised GET of one check, as a ratio to bare hyper.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use sensu_server::{Limits, Server, rbac};
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Clock, Store, SystemClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const CONNECTIONS: usize = 32;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(2);

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
pub(super) async fn run() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = SqliteStore::open(folder.path(), SqliteOptions::default(), Arc::clone(&clock))?;
    let store: Arc<dyn Store> = Arc::new(store);
    let told = |error| anyhow::anyhow!("{error:?}");
    rbac::seed(store.as_ref()).await.map_err(told)?;
    rbac::dev_users(store.as_ref(), 4).await.map_err(told)?;
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::start(store, clock, Limits::default(), anywhere, None).await?;

    let token = token(server.address()).await?;
    let path = "/apis/core/v2/namespaces/default/checks";
    let check = r#"{"metadata":{"name":"check-cpu"},"command":"check-cpu.sh -w 75 -c 90","interval":60,"subscriptions":["system"],"handlers":["slack"],"publish":true}"#;
    let create = format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{check}",
        check.len()
    );
    once(server.address(), &create).await?;
    let get = format!(
        "GET {path}/check-cpu HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    let answer = once(server.address(), &get).await?;
    let body = answer.split_once("\r\n\r\n").context("no body")?.1.to_owned();
    ensure!(body.contains("check-cpu"), "unexpected answer: {answer}");

    let bare = hyper_server(Bytes::from(body)).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        theirs.push(rate(bare, &get).await?);
        ours.push(rate(server.address(), &get).await?);
        println!("round {round}: hyper {:.0}/s, sensu-server {:.0}/s", theirs[round], ours[round]);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("median: hyper {theirs:.0}/s, sensu-server {ours:.0}/s, {CONNECTIONS} connections");
    println!("http ratio {:.2}", ours / theirs);
    server.stop().await
}

/// A server with nothing in it: what answering these bytes costs at least.
async fn hyper_server(body: Bytes) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let body = body.clone();
            tokio::spawn(async move {
                let service = service_fn(move |_: Request<hyper::body::Incoming>| {
                    let body = body.clone();
                    async move {
                        let mut response = Response::new(Full::new(body));
                        let json = hyper::header::HeaderValue::from_static("application/json");
                        response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
                        Ok::<_, Infallible>(response)
                    }
                });
                // The client hangs up at the end of each round.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Ok(address)
}

/// Requests per second over one round.
async fn rate(address: SocketAddr, request: &str) -> anyhow::Result<f64> {
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let request: Arc<[u8]> = request.as_bytes().into();
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let (stop, count, request) = (Arc::clone(&stop), Arc::clone(&count), Arc::clone(&request));
        clients.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            // Every answer to one request has the same length; the first one tells it.
            let length = exchange(&mut stream, &request).await?.len();
            let mut buffer = vec![0; length];
            while !stop.load(Ordering::Relaxed) {
                stream.write_all(&request).await?;
                stream.read_exact(&mut buffer).await?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::ensure!(buffer.starts_with(b"HTTP/1.1 200"), "not a success");
            Ok(())
        }));
    }
    let started = Instant::now();
    tokio::time::sleep(ROUND).await;
    let (done, elapsed) = (count.load(Ordering::Relaxed), started.elapsed());
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate is a rough number")]
    let done = done as f64;
    Ok(done / elapsed.as_secs_f64())
}

/// One request, and its answer as text.
async fn once(address: SocketAddr, request: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let answer = exchange(&mut stream, request.as_bytes()).await?;
    Ok(String::from_utf8(answer)?)
}

async fn exchange(stream: &mut TcpStream, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        ensure!(read > 0, "the server closed the connection");
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .context("no content length")?;
        if body.len() >= length.1.parse()? {
            return Ok(answer);
        }
    }
}

async fn token(address: SocketAddr) -> anyhow::Result<String> {
    // admin:P@ssw0rd!
    let request =
        "GET /auth HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic YWRtaW46UEBzc3cwcmQh\r\n\r\n";
    let answer = once(address, request).await?;
    let body = answer.split_once("\r\n\r\n").context("no body")?.1;
    let tokens: serde_json::Value = serde_json::from_str(body)?;
    Ok(tokens["access_token"].as_str().context("no access token")?.to_owned())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
