//! `cargo xtask bench pipeline`: events per second that reach a TCP handler, while another handler fails and
//! a third one is slow; CPU time and memory of the server.
//!
//! Events are sent at a fixed rate, once without handlers and once with them. The difference in CPU time is
//! the cost of handling.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::goals::Goals;
use crate::process::{PASSWORD, Process};
use crate::traffic::{Connection, log_in, request};

const DEFAULT: &str = "/apis/core/v2/namespaces/default";

/// Number of connections that send events.
const SENDERS: u32 = 16;
/// Number of checks on entities that have events.
const CHECKS: u64 = 200;
/// Time in which the last events must be handled.
const PATIENCE: Duration = Duration::from_secs(60);

/// Options of `bench pipeline`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Events per second.
    #[arg(long, default_value_t = 1_000)]
    rate: u32,
    /// Duration of each phase, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Server to run, instead of the release build of the workspace.
    #[arg(long)]
    server: Option<PathBuf>,
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
    let process = Process::start_with(&program, &state, &["--allow-commands"])?;
    let authorization = log_in(&process.address, PASSWORD).await?;
    let received = Arc::new(Received::default());
    let port = received.listen().await?;
    let handlers = [
        json!({ "metadata": { "name": "archive" }, "type": "tcp",
                "socket": { "host": "127.0.0.1", "port": port } }),
        json!({ "metadata": { "name": "fails" }, "type": "tcp",
                "socket": { "host": "127.0.0.1", "port": 1 }, "timeout": 1 }),
        json!({ "metadata": { "name": "slow" }, "type": "pipe", "command": "sleep 60" }),
    ];
    let mut connection = Connection::open(&process.address).await?;
    for handler in handlers {
        let line = format!("POST {DEFAULT}/handlers");
        let response =
            connection.send(&request(&line, &authorization, &handler.to_string())).await?;
        ensure!(response.status < 300, "{}", String::from_utf8_lossy(response.body));
    }
    let load = Load { options, process: &process, authorization: &authorization };
    let mut goals = Goals::default();
    // Creates the entities, whose cost is not that of events.
    load.send(&json!([]), Duration::from_secs(2)).await?;

    let span = Duration::from_secs(options.seconds);
    let without = load.send(&json!([]), span).await?;
    println!("{without}");
    let with = load.send(&json!(["archive"]), span).await?;
    received.wait_for(with.events).await;
    println!("{with}, received {}", received.count());
    let micros = (with.cpu.as_secs_f64() / count(with.events)
        - without.cpu.as_secs_f64() / count(without.events))
        * 1e6;
    println!("handling: {micros:.0} us of CPU time per event");
    goals.add("lost events", lost(with.events, &received), received.count() >= with.events);
    let bounded = with.memory < without.memory + 100.0;
    goals.add("memory while handling", format!("{:.0} MiB", with.memory), bounded);

    received.reset();
    let alone = load.latency(&received, &json!(["archive"])).await?;
    load.send(&json!(["slow", "fails"]), Duration::from_secs(2)).await?;
    let beside = load.latency(&received, &json!(["slow", "fails", "archive"])).await?;
    println!(
        "from the response to the handler, p99: {alone:.1} ms alone, {beside:.1} ms beside slow and failing handlers"
    );
    goals.advise("p99 beside slow and failing handlers", format!("{beside:.1} ms"), beside < 100.0);
    println!("{goals}");
    ensure!(goals.all_met(), "the goals were not met");
    Ok(())
}

fn lost(events: u64, received: &Received) -> String {
    events.saturating_sub(received.count()).to_string()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of events are small")]
fn count(events: u64) -> f64 {
    events.max(1) as f64
}

/// The peer of the TCP handler.
#[derive(Default)]
struct Received(AtomicU64);

impl Received {
    /// Listens on a free port, which is returned. Each connection carries one event.
    async fn listen(self: &Arc<Self>) -> anyhow::Result<u16> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let received = Arc::clone(self);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let received = Arc::clone(&received);
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    let is_event = stream.read_to_end(&mut bytes).await.is_ok()
                        && serde_json::from_slice::<Value>(&bytes).is_ok();
                    received.0.fetch_add(u64::from(is_event), Ordering::Relaxed);
                });
            }
        });
        Ok(port)
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Waits for a number of events, but not for ever.
    async fn wait_for(&self, events: u64) {
        let began = Instant::now();
        while self.count() < events && began.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

struct Load<'a> {
    options: &'a Options,
    process: &'a Process,
    authorization: &'a str,
}

/// The result of one phase.
struct Phase {
    handlers: String,
    events: u64,
    span: Duration,
    cpu: Duration,
    /// Peak of the memory, in MiB.
    memory: f64,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rate = count(self.events) / self.span.as_secs_f64();
        let micros = self.cpu.as_secs_f64() * 1e6 / count(self.events);
        let Self { handlers, events, memory, .. } = self;
        write!(f, "handlers {handlers}: {events} events, {rate:.0} per second, ")?;
        write!(f, "{micros:.0} us of CPU time each, peak {memory:.0} MiB")
    }
}

impl Load<'_> {
    fn put(&self, number: u64, handlers: &Value) -> crate::traffic::Request {
        let entity = format!("host-{}", number % CHECKS);
        let line = format!("PUT {DEFAULT}/events/{entity}/cpu");
        let check = json!({
            "metadata": { "name": "cpu" }, "interval": 60, "status": number % 3,
            "output": "CPU 97 %", "handlers": handlers,
        });
        let entity = json!({ "metadata": { "name": entity }, "entity_class": "proxy" });
        let body = json!({ "entity": entity, "check": check }).to_string();
        request(&line, self.authorization, &body)
    }

    /// Sends events at the rate for a time.
    async fn send(&self, handlers: &Value, span: Duration) -> anyhow::Result<Phase> {
        let next = Arc::new(AtomicU64::new(0));
        let interval = Duration::from_secs(1) * SENDERS / self.options.rate;
        let (cpu, began) = (self.process.cpu_time()?, Instant::now());
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            let mut connection = Connection::open(&self.process.address).await?;
            let requests: Vec<_> = (0..CHECKS).map(|number| self.put(number, handlers)).collect();
            let next = Arc::clone(&next);
            senders.spawn(async move {
                let mut ticks = tokio::time::interval_at(
                    tokio::time::Instant::now() + interval * sender / SENDERS,
                    interval,
                );
                while began.elapsed() < span {
                    ticks.tick().await;
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let index = usize::try_from(number % CHECKS)?;
                    let put = requests.get(index).context("a request")?;
                    let response = connection.send(put).await?;
                    ensure!(response.status < 300, "{}", response.status);
                }
                anyhow::Ok(())
            });
        }
        let mut memory = 0.0_f64;
        while began.elapsed() < span {
            memory = memory.max(self.process.memory()?);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        while let Some(ended) = senders.join_next().await {
            ended??;
        }
        let cpu = self.process.cpu_time()?.saturating_sub(cpu);
        let (events, span) = (next.load(Ordering::Relaxed), began.elapsed());
        Ok(Phase { handlers: handlers.to_string(), events, span, cpu, memory })
    }

    /// The 99th percentile of the time from the response to the arrival at the peer, in milliseconds.
    async fn latency(&self, received: &Received, handlers: &Value) -> anyhow::Result<f64> {
        let mut connection = Connection::open(&self.process.address).await?;
        let mut times = Vec::new();
        for number in 0..CHECKS {
            let before = received.count();
            let response = connection.send(&self.put(number, handlers)).await?;
            ensure!(response.status < 300, "{}", response.status);
            let began = Instant::now();
            received.wait_for(before + 1).await;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let p99 = times.get(times.len() * 99 / 100).context("no times")?;
        Ok(p99.as_secs_f64() * 1e3)
    }
}
