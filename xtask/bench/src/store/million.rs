//! A million events in the server itself: what a page of their list costs, what they take of its
//! memory, how long it takes to start.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Entry, Key, Operation, Store, SystemClock, Txn};

use crate::goals::Goals;
use crate::interleaved::{Figures, short};
use crate::plot::{Frame, course};
use crate::process::{PASSWORD, Process};
use crate::traffic::{Connection, log_in, request};

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";

/// Names that are long enough for all that follow, and stand nowhere else in the event.
const ENTITY: &str = "entity-0000000";
const CHECK: &str = "check-00";

/// Events of one entity.
const CHECKS: usize = 10;

/// A page of the middle or of the end may cost so many times what one of the beginning costs.
const CONSTANT: f64 = 1.25;

/// A page of the list.
struct Page {
    /// What the server's processors had spent when it was there.
    worked: Duration,
    /// How long it took, in milliseconds.
    took: f64,
}

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
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
        "starts in",
        "memory at start",
        "after listing them all",
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
            "  {events:>9} {:>7.0} ms {at_start:>13.1} MB {after:>19.1} MB {:>7} {:>18}",
            server.started_in.as_secs_f64() * 1_000.0,
            pages.len(),
            short(per(listed, took)),
        );
        server.stop()?;
        if Some(events) == sizes.last() {
            judge(&pages, goals);
            if let Some((fewer, memory)) = before {
                let each = (after - memory) / per(events - fewer, 100_000.0);
                goals.add("memory of 100,000 more events", format!("{each:.2} MB"), each < 10.0);
            }
            if plots {
                draw(&pages)?;
            }
        }
        before = Some((*events, after));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate is a rough number")]
fn per(count: usize, of: f64) -> f64 {
    count as f64 / of
}

/// One event through the front door, with twenty results of history.
async fn put_one(connection: &mut Connection, authorization: &str) -> anyhow::Result<()> {
    let output = "CPU OK: user 12% system 3% iowait 0% ".repeat(40);
    let event = format!(
        r#"{{"entity":{{"entity_class":"agent","system":{{"hostname":"{ENTITY}"}},"metadata":{{"name":"{ENTITY}"}}}},"check":{{"interval":60,"status":0,"command":"check-cpu.sh","output":"{output}","metadata":{{"name":"{CHECK}"}}}}}}"#
    );
    let put = request(&format!("PUT {EVENTS}/{ENTITY}/{CHECK}"), authorization, &event);
    for _ in 0..20 {
        let answer = connection.send(&put).await?;
        ensure!(matches!(answer.status, 200 | 201), "the event: {}", answer.status);
    }
    Ok(())
}

/// Makes so many of the one that is there, and their entities. The server must not run.
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

/// All pages, as large as the server makes them, and how many events they hold.
async fn list(
    server: &Process,
    connection: &mut Connection,
    authorization: &str,
) -> anyhow::Result<(Vec<Page>, usize)> {
    let (mut pages, mut events, mut token) = (Vec::new(), 0, String::new());
    loop {
        let line = format!("GET {EVENTS}?limit=1000000{token}");
        let asked = request(&line, authorization, "");
        let began = Instant::now();
        let answer = connection.send(&asked).await?;
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        pages.push(Page { worked: server.worked()?, took });
        ensure!(answer.status == 200, "a page: {}", answer.status);
        let page: Vec<serde::de::IgnoredAny> = serde_json::from_slice(answer.body)?;
        events += page.len();
        match answer.next {
            Some(next) => token = format!("&continue={next}"),
            None => return Ok((pages, events)),
        }
    }
}

/// What a page cost the processors, in milliseconds: it can be told for many together only.
fn cost(pages: &[Page]) -> f64 {
    let (Some(first), Some(last)) = (pages.first(), pages.last()) else { return f64::NAN };
    let worked = last.worked.saturating_sub(first.worked).as_secs_f64() * 1_000.0;
    worked / per(pages.len() - 1, 1.0)
}

fn judge(pages: &[Page], goals: &mut Goals) {
    let part = (pages.len() / 10).max(1);
    let costs = [0, (pages.len() - part) / 2, pages.len() - part].map(|from| {
        let part = &pages[from..from + part];
        let took = Figures::from(part.iter().map(|page| page.took).collect::<Vec<_>>());
        (cost(part), took.median())
    });
    let [first, middle, last] = costs
        .map(|(cost, took)| format!("{} ms of processor ({} ms in all)", short(cost), short(took)));
    let least = costs.iter().map(|(cost, _)| *cost).fold(f64::INFINITY, f64::min);
    let most = costs.iter().map(|(cost, _)| *cost).fold(0.0, f64::max);
    goals.add(
        "a page costs the same anywhere in the list",
        format!("{first} at the beginning, {middle} in the middle, {last} at the end"),
        most <= CONSTANT * least,
    );
}

fn draw(pages: &[Page]) -> anyhow::Result<()> {
    let together = pages.len().div_ceil(50).max(2);
    let chunks = pages.chunks(together).filter(|chunk| chunk.len() == together).enumerate();
    let points: Vec<(f64, f64)> =
        chunks.map(|(index, chunk)| (per(index * together, 1.0), cost(chunk))).collect();
    let high = points.iter().map(|point| point.1).fold(0.0, f64::max) * 1.5;
    let frame = Frame {
        title: "What a page of the list of a million events costs",
        x: "page",
        y: "ms of processor",
        range: (0.0, high),
    };
    course(&xtask::root().join("docs/images/performance-pages.svg"), &frame, &points)
}
