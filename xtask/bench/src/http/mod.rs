//! `cargo xtask bench http`: requests per second of two operations, as ratios to bare hyper and to the server of
//! another revision.

pub(super) mod bare;
mod revision;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::interleaved::{Figures, Rounds, Subject, interleave};
use crate::process::{PASSWORD, Process};
use crate::traffic::{Connection, Request, Traffic, log_in, request};

const CONNECTIONS: usize = 32;

/// Number of events that each connection writes.
const EVENTS: usize = 100;

const NAMESPACE: &str = "/apis/core/v2/namespaces/default";

/// Options of `bench http`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Git revision to compare with, in the same rounds. Its server is built once, and cached.
    #[arg(long)]
    against: Option<String>,
    /// Run fewer and shorter rounds.
    #[arg(long)]
    quick: bool,
}

pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(crate::target_dir()?)?;
    let other =
        options.against.as_ref().map(|name| anyhow::Ok((name.as_str(), revision::server(name)?)));
    let other: Option<(&str, PathBuf)> = other.transpose()?;
    let this = ("this revision", crate::release_build(&xtask::root(), "sensu-server")?);
    let servers: Vec<(&str, PathBuf)> = [this].into_iter().chain(other).collect();
    let rounds = match options.quick {
        true => Rounds { count: 3, span: Duration::from_millis(500) },
        false => Rounds { count: 9, span: Duration::from_secs(2) },
    };
    let mut running = Vec::new();
    for (index, (name, program)) in servers.iter().enumerate() {
        running.push(Running::start(name, program, &folder.path().join(index.to_string())).await?);
    }
    get_a_check(&running, rounds).await?;
    put_events(&running, rounds).await?;
    for running in running {
        running.process.stop()?;
    }
    Ok(())
}

/// A running server, and the credentials of its administrator.
struct Running {
    name: String,
    process: Process,
    authorization: String,
}

impl Running {
    async fn start(name: &str, program: &Path, state: &Path) -> anyhow::Result<Self> {
        Process::init(program, state)?;
        let process = Process::start(program, state)?;
        let authorization = log_in(&process.address, PASSWORD).await?;
        Ok(Self { name: name.to_owned(), process, authorization })
    }

    /// Sends one request. Returns the body of the response.
    async fn send_once(&self, line: &str, body: &str) -> anyhow::Result<Vec<u8>> {
        let mut connection = Connection::open(&self.process.address).await?;
        let response = connection.send(&request(line, &self.authorization, body)).await?;
        ensure!(matches!(response.status, 200 | 201), "{line}: {}", response.status);
        Ok(response.body.to_vec())
    }
}

async fn get_a_check(servers: &[Running], rounds: Rounds) -> anyhow::Result<()> {
    let check = r#"{"metadata":{"name":"check-cpu"},"command":"check-cpu.sh -w 75 -c 90","interval":60,"subscriptions":["system"],"handlers":["slack"],"publish":true}"#;
    let line = format!("GET {NAMESPACE}/checks/check-cpu");
    let mut body = Vec::new();
    for server in servers {
        server.send_once(&format!("POST {NAMESPACE}/checks"), check).await?;
        body = server.send_once(&line, "").await?;
    }
    let requests = |authorization: &str| -> Vec<Vec<Request>> {
        vec![vec![request(&line, authorization, "")]; CONNECTIONS]
    };
    compare("GET of one check", servers, body, rounds, requests).await
}

async fn put_events(servers: &[Running], rounds: Rounds) -> anyhow::Result<()> {
    let put = |connection: usize, event: usize| {
        let entity = format!("entity-{connection:02}-{event:03}");
        let output = "CPU OK: user 12% system 3% iowait 0% ".repeat(54);
        let body = format!(
            r#"{{"entity":{{"entity_class":"agent","system":{{"hostname":"{entity}"}},"metadata":{{"name":"{entity}"}}}},"check":{{"interval":60,"status":0,"command":"check-cpu.sh","output":"{output}","metadata":{{"name":"check-cpu"}}}}}}"#
        );
        (format!("PUT {NAMESPACE}/events/{entity}/check-cpu"), body)
    };
    let (line, event) = put(0, 0);
    let mut body = Vec::new();
    for server in servers {
        // A complete history of 20 results.
        for _ in 0..20 {
            body = server.send_once(&line, &event).await?;
        }
    }
    let requests = |authorization: &str| -> Vec<Vec<Request>> {
        let one = |connection, event| {
            let (line, event) = put(connection, event);
            request(&line, authorization, &event)
        };
        let of = |connection| (0..EVENTS).map(|event| one(connection, event)).collect();
        (0..CONNECTIONS).map(of).collect()
    };
    compare("PUT of events, durable", servers, body, rounds, requests).await
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#[expect(clippy::cast_precision_loss, reason = "rates are approximate")]
async fn compare(
    what: &str,
    servers: &[Running],
    body: Vec<u8>,
    rounds: Rounds,
    requests: impl Fn(&str) -> Vec<Vec<Request>>,
) -> anyhow::Result<()> {
    println!("{what} ({} bytes), {CONNECTIONS} connections: requests per second", body.len());
    let file = tempfile::NamedTempFile::new()?;
    let bare = bare::Bare::start(file.path(), &body)?;
    let first = servers.first().context("no server")?;
    let bare = Traffic::new("bare hyper", &bare.address, &requests(&first.authorization)).await?;
    let mut subjects: Vec<Box<dyn Subject>> = vec![Box::new(bare)];
    let mut before = Vec::new();
    for server in servers {
        let requests = requests(&server.authorization);
        let traffic = Traffic::new(&server.name, &server.process.address, &requests).await?;
        before.push((server.process.cpu_time()?, traffic.responses()));
        subjects.push(Box::new(traffic));
    }
    let figures = interleave(rounds, &mut subjects).await?;
    for (subject, figures_of) in subjects.iter().zip(&figures) {
        print!("  {:<20} {figures_of:>34}", subject.name());
        println!("   {} of bare hyper", figures_of.over(&figures[0]));
    }
    if let [_, ours, theirs] = &figures[..] {
        let gain: Figures = ours.over(theirs);
        println!("  {} is {gain} x {}", servers[0].name, servers[1].name);
    }
    // On a busy machine, CPU time is more meaningful than the rates.
    for (server, (cpu_before, responses)) in servers.iter().zip(before) {
        let micros = (server.process.cpu_time()? - cpu_before).as_micros() as f64;
        let each = micros / responses.load(Ordering::Relaxed) as f64;
        let memory = server.process.memory()?;
        println!("  {}: {each:.1} us of CPU per request, {memory:.0} MiB of memory", server.name);
    }
    Ok(())
}
