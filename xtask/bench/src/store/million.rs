//! A server with a million events: cost of a page of their list, memory, start time.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Entry, Key, Operation, Store, SystemClock, Txn};

use crate::goals::Goals;
use crate::interleaved::{Figures, short};
use crate::plot::{Frame, scatter};
use crate::process::{PASSWORD, Process};
use crate::traffic::{Connection, log_in, request};

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";

/// Names that occur nowhere else in the event, as long as the names of its copies.
const ENTITY: &str = "entity-0000000";
const CHECK: &str = "check-00";

/// Number of events per entity.
const CHECKS: usize = 10;

/// Highest accepted ratio of the costs of two pages.
const MAX_RATIO: f64 = 1.25;

/// A page of the list.
struct Page {
    /// CPU time of the server so far.
    cpu_time: Duration,
    /// Duration of the request in milliseconds.
    took: f64,
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(super) async fn run(
    folder: &Path,
    sizes: &[usize],
    plots: bool,
    goals: &mut Goals,
) -> anyhow::Result<()> {
    let program = crate::release_build(&xtask::root(), "sensu-server")?;
    let state = folder.join("million");
    Process::init(&program, &state)?;
    println!("\nthe server, as its store grows");
    println!(
        "  {:>9} {:>10} {:>16} {:>22} {:>7} {:>18}",
        "events",
        "start time",
        "memory at start",
        "after listing all",
        "pages",
        "events per second"
    );
    let mut before: Option<(usize, f64)> = None;
    for events in [1].iter().chain(sizes) {
        if *events > 1 {
            multiply(&state, *events).await?;
        }
        let server = Process::start(&program, &state)?;
        let authorization = log_in(&server.address, PASSWORD).await?;
        let mut connection = Connection::open(&server.address).await?;
        if *events == 1 {
            put_one(&mut connection, &authorization).await?;
        }
        let at_start = server.memory()?;
        let began = Instant::now();
        let (pages, listed) = list(&server, &mut connection, &authorization).await?;
        let took = began.elapsed().as_secs_f64();
        ensure!(listed == *events, "{listed} of {events} events were listed");
        let after = server.memory()?;
        println!(
            "  {events:>9} {:>7.0} ms {at_start:>13.1} MiB {after:>19.1} MiB {:>7} {:>18}",
            server.started_in.as_secs_f64() * 1_000.0,
            pages.len(),
            short(per(listed, took)),
        );
        server.stop()?;
        if Some(events) == sizes.last() {
            add_goals(&pages, goals);
            if let Some((fewer, memory)) = before {
                let each = (after - memory) / per(events - fewer, 100_000.0);
                goals.add("memory of 100,000 more events", format!("{each:.2} MiB"), each < 10.0);
            }
            if plots {
                draw(&pages)?;
            }
        }
        before = Some((*events, after));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "rates are approximate")]
fn per(count: usize, of: f64) -> f64 {
    count as f64 / of
}

/// Writes one event through the API, with a complete history of 20 results.
async fn put_one(connection: &mut Connection, authorization: &str) -> anyhow::Result<()> {
    let output = "CPU OK: user 12% system 3% iowait 0% ".repeat(40);
    let event = format!(
        r#"{{"entity":{{"entity_class":"agent","system":{{"hostname":"{ENTITY}"}},"metadata":{{"name":"{ENTITY}"}}}},"check":{{"interval":60,"status":0,"command":"check-cpu.sh","output":"{output}","metadata":{{"name":"{CHECK}"}}}}}}"#
    );
    let put = request(&format!("PUT {EVENTS}/{ENTITY}/{CHECK}"), authorization, &event);
    for _ in 0..20 {
        let response = connection.send(&put).await?;
        ensure!(matches!(response.status, 200 | 201), "the event: {}", response.status);
    }
    Ok(())
}

/// Copies the event and its entity in the store, while no server runs.
async fn multiply(state: &Path, events: usize) -> anyhow::Result<()> {
    let store = SqliteStore::open(state, SqliteOptions::default(), Arc::new(SystemClock))?;
    let event = store.get(&Key::new("events", ["default", ENTITY, CHECK])?).await?;
    let entity = store.get(&Key::new("entities", ["default", ENTITY])?).await?;
    let (event, entity) = (event.context("no event")?, entity.context("no entity")?);
    let mut operations = Vec::new();
    for number in 0..events {
        let name = format!("entity-{:07}", number / CHECKS);
        let check = format!("check-{:02}", number % CHECKS);
        operations.push(copy(&event, &["default", &name, &check])?);
        if number % CHECKS == 0 {
            operations.push(copy(&entity, &["default", &name])?);
        }
        if operations.len() >= 500 || number + 1 == events {
            let operations = std::mem::take(&mut operations);
            store.commit(Txn { operations, ..Txn::default() }).await?;
        }
    }
    store.close().await;
    Ok(())
}

fn copy(entry: &Entry, segments: &[&str]) -> anyhow::Result<Operation> {
    let mut value = std::str::from_utf8(&entry.value)?.replace(ENTITY, segments[1]);
    if let Some(check) = segments.get(2) {
        value = value.replace(CHECK, check);
    }
    let key = Key::new(entry.key.collection(), segments.iter().copied())?;
    Ok(Operation::Put { key, value: Bytes::from(value), flags: entry.flags, expires_at: None })
}

/// Lists all events, in pages of the largest size. Returns the pages and the number of events.
async fn list(
    server: &Process,
    connection: &mut Connection,
    authorization: &str,
) -> anyhow::Result<(Vec<Page>, usize)> {
    let (mut pages, mut events, mut token) = (Vec::new(), 0, String::new());
    loop {
        let line = format!("GET {EVENTS}?limit=1000000{token}");
        let get = request(&line, authorization, "");
        let began = Instant::now();
        let response = connection.send(&get).await?;
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        pages.push(Page { cpu_time: server.cpu_time()?, took });
        ensure!(response.status == 200, "a page: {}", response.status);
        let page: Vec<serde::de::IgnoredAny> = serde_json::from_slice(response.body)?;
        events += page.len();
        match response.next {
            Some(next) => token = format!("&continue={next}"),
            None => return Ok((pages, events)),
        }
    }
}

/// Average CPU time of a page in milliseconds. The clock of the kernel is too coarse for a single page.
fn cpu_per_page(pages: &[Page]) -> f64 {
    let (Some(first), Some(last)) = (pages.first(), pages.last()) else { return f64::NAN };
    let cpu_time = last.cpu_time.saturating_sub(first.cpu_time).as_secs_f64() * 1_000.0;
    cpu_time / per(pages.len() - 1, 1.0)
}

fn add_goals(pages: &[Page], goals: &mut Goals) {
    let part = (pages.len() / 10).max(1);
    let costs = [0, (pages.len() - part) / 2, pages.len() - part].map(|from| {
        let part = &pages[from..from + part];
        let took = Figures::from(part.iter().map(|page| page.took).collect::<Vec<_>>());
        (cpu_per_page(part), took.median())
    });
    let [first, middle, last] = costs
        .map(|(cost, took)| format!("{} ms of CPU ({} ms in total)", short(cost), short(took)));
    let least = costs.iter().map(|(cost, _)| *cost).fold(f64::INFINITY, f64::min);
    let most = costs.iter().map(|(cost, _)| *cost).fold(0.0, f64::max);
    goals.add(
        "a page costs the same anywhere in the list",
        format!("{first} at the beginning, {middle} in the middle, {last} at the end"),
        most <= MAX_RATIO * least,
    );
}

fn draw(pages: &[Page]) -> anyhow::Result<()> {
    let together = pages.len().div_ceil(50).max(2);
    let chunks = pages.chunks(together).filter(|chunk| chunk.len() == together).enumerate();
    let points: Vec<(f64, f64)> =
        chunks.map(|(index, chunk)| (per(index * together, 1.0), cpu_per_page(chunk))).collect();
    let high = points.iter().map(|point| point.1).fold(0.0, f64::max) * 1.5;
    let frame = Frame {
        title: "Cost of a page in a list of a million events",
        x: "page",
        y: "ms of CPU",
        range: (0.0, high),
    };
    scatter(&xtask::root().join("docs/images/performance-pages.svg"), &frame, &points)
}
