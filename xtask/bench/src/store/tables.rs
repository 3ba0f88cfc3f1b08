//! Writes and reads of one dataset: an engine compared with its limits.

use std::sync::Arc;
use std::time::Duration;

use sensu_store::Durability;
use sensu_store::Store;

use super::Engine;
use super::dataset::Dataset;
use super::postgres::{Plain, PlainReads, PlainWrites};
use super::reads::{Copies, Points, SCAN, Scans, Selection, SqlitePoints};
use super::target::Target;
use super::writes::{Events, Latencies, RawLog, SingleStatements};
use crate::goals::Goals;
use crate::interleaved::{Figures, Rounds, Subject, interleave, short};

/// Number of events that are read often.
pub(super) const HOT: usize = 1_000;

/// Durable writes with 1, 16 and 64 writers.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(super) async fn writes(
    target: &Target,
    dataset: &Dataset,
    rounds: Rounds,
    goals: &mut Goals,
) -> anyhow::Result<()> {
    let store = target.open("durable", Durability::Disk).await?;
    dataset.load(&*store).await?;
    let relaxed = target.open("relaxed", Durability::Relaxed).await?;
    let mut pair = Vec::new();
    if target.engine != Engine::Memory {
        dataset.load(&*relaxed).await?;
    }
    if target.engine == Engine::Postgres {
        pair.push(target.open("pair", Durability::Disk).await?);
        pair.push(target.open("pair", Durability::Disk).await?);
        dataset.load(&*pair[0]).await?;
    }
    for writers in [1, 16, 64] {
        println!("\nwrites per second, {writers} writers");
        let (latencies, unused) = (Latencies::default(), Latencies::default());
        let events = async |name, stores: &[Arc<dyn Store>], latencies| {
            let events = Events::new(name, dataset, stores, writers, latencies).await?;
            anyhow::Ok(Box::new(events) as Box<dyn Subject>)
        };
        let mut subjects = vec![
            events("the engine, durable", &[Arc::clone(&store)], &latencies).await?,
            Box::new(RawLog::new(&target.folder.join("log"), writers, dataset.values[0].clone())?),
        ];
        if target.engine != Engine::Memory {
            let relaxed = [Arc::clone(&relaxed)];
            subjects.push(events("the engine, relaxed", &relaxed, &unused).await?);
        }
        match target.engine {
            Engine::Sqlite => {
                target.clear("single")?;
                std::fs::create_dir(target.folder.join("single"))?;
                subjects.push(Box::new(SingleStatements::new(&target.file("single"), dataset)?));
            }
            Engine::Postgres => {
                let plain = Plain::new(&target.url()?, dataset).await?;
                subjects.push(Box::new(PlainWrites(plain)));
                if writers > 1 {
                    subjects.push(events("two servers, durable", &pair, &unused).await?);
                }
            }
            Engine::Memory => {}
        }
        let figures = interleave(rounds, &mut subjects).await?;
        table(&subjects, &figures);
        let raw = figures[0].over(&figures[1]);
        let latencies = latencies.lock().map_err(|_| anyhow::anyhow!("a writer failed"))?.clone();
        println!("  latency of the engine: {}", percentiles(latencies));
        if writers == 64 && target.engine != Engine::Memory {
            let (rate, ratio) = (figures[0].median(), raw.median());
            goals.add(
                "64 writers: 0.5 of the rate of the disk or 20,000/s, whichever is lower",
                format!("{}/s, {} of the rate of the disk", short(rate), short(ratio)),
                ratio >= 0.5 || rate >= 20_000.0,
            );
        }
    }
    for store in [store, relaxed].into_iter().chain(pair) {
        store.close().await;
    }
    target.clear("relaxed")?;
    target.clear("single")?;
    Ok(())
}

/// Reads of single events, and scans of a thousand.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(super) async fn reads(
    target: &Target,
    dataset: &Dataset,
    rounds: Rounds,
    goals: &mut Goals,
) -> anyhow::Result<()> {
    let store = target.open("durable", Durability::Disk).await?;
    if target.engine == Engine::Memory {
        dataset.load(&*store).await?;
    }
    println!("\nreads per second, one reader");
    let mut subjects = points(target, &store, dataset).await?;
    let figures = interleave(rounds, &mut subjects).await?;
    table(&subjects, &figures);
    if target.engine == Engine::Sqlite {
        let (hot, any) = (figures[0].over(&figures[1]), figures[2].over(&figures[3]));
        println!("  hot events: {hot} x SQLite alone; any event: {any} x");
        goals.add(
            "reading a hot event: 10 x a SELECT of SQLite alone",
            format!("{} x", short(hot.median())),
            hot.median() >= 10.0,
        );
    }
    let mut subjects: Vec<Box<dyn Subject>> =
        vec![Box::new(Scans::new(&store, dataset)), Box::new(Copies::new(dataset))];
    println!("\nscans of {SCAN} per second");
    let figures = interleave(rounds, &mut subjects).await?;
    table(&subjects, &figures);
    let each = figures[0].inverse().times(1_000.0);
    println!("  one scan: {each} ms, {} x copying", figures[1].over(&figures[0]));
    store.close().await;
    Ok(())
}

/// The subjects that read single events.
pub(super) async fn points(
    target: &Target,
    store: &Arc<dyn Store>,
    dataset: &Dataset,
) -> anyhow::Result<Vec<Box<dyn Subject>>> {
    let (hot, all) = (Selection::of(dataset, HOT), Selection::of(dataset, dataset.keys.len()));
    let ours =
        |selection: &Selection| Points { store: Arc::clone(store), selection: selection.clone() };
    let mut subjects: Vec<Box<dyn Subject>> = Vec::new();
    match target.engine {
        Engine::Sqlite => {
            for selection in [hot, all] {
                subjects.push(Box::new(ours(&selection)));
                subjects.push(Box::new(SqlitePoints::new(&target.file("durable"), selection)?));
            }
        }
        Engine::Postgres => {
            subjects.push(Box::new(ours(&all)));
            subjects.push(Box::new(PlainReads(Plain::new(&target.url()?, dataset).await?)));
        }
        Engine::Memory => subjects.push(Box::new(ours(&all))),
    }
    Ok(subjects)
}

/// Prints the rate of each subject, and its ratio to the first one.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn table(subjects: &[Box<dyn Subject>], figures: &[Figures]) {
    for (index, (subject, figures_of)) in subjects.iter().zip(figures).enumerate() {
        print!("  {:<44} {figures_of:>34}", subject.name());
        match index {
            0 => println!(),
            _ => println!("   the first is {} x as fast", figures[0].over(figures_of)),
        }
    }
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: usize| {
        let time = times.get(times.len() * part / 1000).copied().unwrap_or_default();
        short(time.as_secs_f64() * 1000.0)
    };
    format!(
        "median {} ms, 99th percentile {} ms, 99.9th percentile {} ms",
        at(500),
        at(990),
        at(999)
    )
}
