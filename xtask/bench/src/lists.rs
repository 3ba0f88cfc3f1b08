//! `cargo xtask bench lists`: memory of the server while many clients receive complete lists (D12).
//!
//! The clients send the requests of released clients, which do not know pages. In the first phase they read as
//! fast as they can, in the second slowly, and in the third not at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use clap::Args;
use futures::future::join_all;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST};
use hyper_util::rt::TokioIo;
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Key, Operation, Store as _, SystemClock, Txn};
use tokio::net::TcpStream;

use crate::goals::Goals;
use crate::process::{PASSWORD, Process};
use crate::traffic::log_in;

/// Size of an event in bytes, as of one with an output and 20 results of history.
const VALUE: usize = 3_000;

/// Number of events per transaction.
const BATCH: usize = 1_000;

/// Highest resident memory of the server, in MiB.
const GOAL: f64 = 200.0;

/// Time between two samples of the memory.
const INTERVAL: Duration = Duration::from_millis(20);

/// Pause of a slow client after each part of a response.
const PAUSE: Duration = Duration::from_millis(50);

/// Options of `bench lists`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Number of clients.
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// Number of events in the list.
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// Duration of the phases with slow clients and with clients that do not read, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Server to run, instead of the release build of the workspace.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// How clients read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Fast,
    Slow,
    Never,
}

#[expect(clippy::print_stdout, reason = "a task prints its figures")]
pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    let program = match &options.server {
        Some(program) => program.clone(),
        None => crate::release_build(&xtask::root(), "sensu-server")?,
    };
    let folder = tempfile::tempdir_in(crate::target_dir()?)?;
    let state = folder.path().join("state");
    Process::init(&program, &state)?;
    let list_bytes = load(&state, options.events).await?;
    let process = Process::start(&program, &state)?;
    let authorization = log_in(&process.address, PASSWORD).await?;
    println!("{} clients, {} events, {list_bytes} bytes each", options.clients, options.events);
    println!("at rest: {:.0} MiB resident", process.resident()?);
    let mut goals = Goals::default();
    for (name, reading) in
        [("fast", Reading::Fast), ("slow", Reading::Slow), ("not at all", Reading::Never)]
    {
        let client = Client {
            address: process.address.clone(),
            authorization: authorization.clone(),
            reading,
            span: Duration::from_secs(options.seconds),
        };
        let began = Instant::now();
        let ended = AtomicBool::new(false);
        let clients = async {
            let received = join_all((0..options.clients).map(|_| client.receive())).await;
            ended.store(true, Ordering::Relaxed);
            received.into_iter().collect::<anyhow::Result<Vec<usize>>>()
        };
        let (received, peak) = tokio::join!(clients, peak(&process, &ended));
        let (received, peak, took) = (received?, peak?, began.elapsed().as_secs_f64());
        let megabytes = megabytes(received.iter().sum());
        println!("read {name}: {megabytes:.0} MB in {took:.1} s, peak {peak:.0} MiB resident");
        goals.add(&format!("read {name}: below {GOAL} MiB"), format!("{peak:.0}"), peak < GOAL);
        if reading == Reading::Fast {
            let complete = received.iter().filter(|bytes| **bytes == list_bytes).count();
            let text = format!("{complete} of {}", options.clients);
            goals.add("complete lists", text, complete == options.clients);
        }
    }
    process.stop()?;
    println!("{goals}");
    ensure!(goals.all_met(), "the goals were not met");
    Ok(())
}

/// Writes the events to the store of a server that does not run. Returns the size of their list in bytes.
async fn load(state: &Path, events: usize) -> anyhow::Result<usize> {
    let store = SqliteStore::open(state, SqliteOptions::default(), Arc::new(SystemClock))?;
    let (mut total, mut operations) = (1, Vec::with_capacity(BATCH));
    for number in 0..events {
        let entity = format!("entity-{number:06}");
        let head = format!(
            r#"{{"timestamp":1,"entity":{{"entity_class":"proxy","metadata":{{"name":"{entity}","namespace":"default"}}}},"check":{{"interval":60,"metadata":{{"name":"cpu","namespace":"default"}},"output":""#
        );
        let end = r#""},"metadata":{"namespace":"default"}}"#;
        let value =
            format!("{head}{}{end}", "x".repeat(VALUE.saturating_sub(head.len() + end.len())));
        // With the comma or bracket after it.
        total += value.len() + 1;
        let key = Key::new("events", ["default", &entity, "cpu"])?;
        operations.push(Operation::Put { key, value: value.into(), flags: 0, expires_at: None });
        if operations.len() == BATCH || number + 1 == events {
            let operations = std::mem::replace(&mut operations, Vec::with_capacity(BATCH));
            store.commit(Txn { operations, ..Txn::default() }).await?;
        }
    }
    store.close().await;
    Ok(total)
}

/// Highest resident memory until the clients have ended.
async fn peak(process: &Process, ended: &AtomicBool) -> anyhow::Result<f64> {
    let mut peak = 0.0_f64;
    while !ended.load(Ordering::Relaxed) {
        peak = peak.max(process.resident()?);
        tokio::time::sleep(INTERVAL).await;
    }
    Ok(peak)
}

struct Client {
    address: String,
    authorization: String,
    reading: Reading,
    /// How long slow clients read.
    span: Duration,
}

impl Client {
    /// Requests the list and reads it. Returns the number of bytes received.
    async fn receive(&self) -> anyhow::Result<usize> {
        let stream = TcpStream::connect(&self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = Request::get("/api/core/v2/namespaces/default/events")
            .header(HOST, &self.address)
            .header(AUTHORIZATION, &self.authorization)
            .body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        ensure!(response.status() == 200, "status {}", response.status());
        let mut received = 0;
        match self.reading {
            Reading::Fast => self.read(response.into_body(), &mut received).await?,
            Reading::Slow => {
                let read = self.read(response.into_body(), &mut received);
                // Slow clients do not get to the end.
                tokio::time::timeout(self.span, read).await.unwrap_or(Ok(()))?;
            }
            Reading::Never => tokio::time::sleep(self.span).await,
        }
        connection.abort();
        Ok(received)
    }

    /// Reads to the end, and counts the bytes.
    async fn read(&self, mut body: Incoming, received: &mut usize) -> anyhow::Result<()> {
        while let Some(frame) = body.frame().await {
            let frame = frame.context("the response is incomplete")?;
            *received += frame.data_ref().map_or(0, Bytes::len);
            if self.reading == Reading::Slow {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes are approximate")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
