//! Writes and reads of one dataset, each engine beside what limits it.

use std::sync::Arc;
use std::time::Duration;

use sensu_store::Durability;
use sensu_store::Store;

use super::Engine;
use super::dataset::Dataset;
use super::postgres::{Plain, PlainReads, PlainWrites};
use super::reads::{Among, Copies, OwnPoints, Points, SCAN, Scans};
use super::target::Target;
use super::writes::{Events, Latencies, RawLog, SingleStatements};
use crate::goals::Goals;
use crate::interleaved::{Figures, Rounds, Subject, interleave, short};

/// Events that are asked for often.
pub(super) const HOT: usize = 1_000;

/// Durable writes with 1, 16 and 64 writers.
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
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
        println!("\nwrites per second, {writers} at a time");
        let (times, untimed) = (Latencies::default(), Latencies::default());
        let events = async |name, stores: &[Arc<dyn Store>], times| {
            let events = Events::new(name, dataset, stores, writers, times).await?;
            anyhow::Ok(Box::new(events) as Box<dyn Subject>)
        };
        let mut subjects = vec![
            events("the engine, on the disk", &[Arc::clone(&store)], &times).await?,
            Box::new(RawLog::new(&target.folder.join("log"), writers, dataset.values[0].clone())?),
        ];
        if target.engine != Engine::Memory {
            let relaxed = [Arc::clone(&relaxed)];
            subjects.push(events("the engine, relaxed", &relaxed, &untimed).await?);
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
                    subjects.push(events("two servers, on the disk", &pair, &untimed).await?);
                }
            }
            Engine::Memory => {}
        }
        let figures = interleave(rounds, &mut subjects).await?;
        table(&subjects, &figures);
        let raw = figures[0].over(&figures[1]);
        let times = times.lock().map_err(|_| anyhow::anyhow!("a writer failed"))?.clone();
        println!("  the engine's answers: {}", percentiles(times));
        if writers == 64 && target.engine != Engine::Memory {
            let (rate, ratio) = (figures[0].median(), raw.median());
            goals.add(
                "64 writers: 0.5 of the disk's rate or 20,000/s, whichever is lower",
                format!("{}/s, {} of the disk's rate", short(rate), short(ratio)),
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

/// Single events, and a thousand in a row.
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
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
    println!("\nreads per second, one at a time");
    let mut subjects = points(target, &store, dataset).await?;
    let figures = interleave(rounds, &mut subjects).await?;
    table(&subjects, &figures);
    if target.engine == Engine::Sqlite {
        let (hot, any) = (figures[0].over(&figures[1]), figures[2].over(&figures[3]));
        println!("  hot events: {hot} x SQLite's own; any event: {any} x");
        goals.add(
            "reading an event that is asked for often: 10 x SQLite's own SELECT",
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

/// Those who read single events.
pub(super) async fn points(
    target: &Target,
    store: &Arc<dyn Store>,
    dataset: &Dataset,
) -> anyhow::Result<Vec<Box<dyn Subject>>> {
    let (hot, all) = (Among::some(dataset, HOT), Among::some(dataset, dataset.keys.len()));
    let ours = |among: &Among| Points { store: Arc::clone(store), among: among.clone() };
    let mut subjects: Vec<Box<dyn Subject>> = Vec::new();
    match target.engine {
        Engine::Sqlite => {
            for among in [hot, all] {
                subjects.push(Box::new(ours(&among)));
                subjects.push(Box::new(OwnPoints::new(&target.file("durable"), among)?));
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

/// Each one's rate, and how the first one's compares.
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn table(subjects: &[Box<dyn Subject>], figures: &[Figures]) {
    for (index, (subject, figures_of)) in subjects.iter().zip(figures).enumerate() {
        print!("  {:<44} {figures_of:>34}", subject.name());
        match index {
            0 => println!(),
            _ => println!("   the first is {} x this", figures[0].over(figures_of)),
        }
    }
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: usize| {
        let time = times.get(times.len() * part / 1000).copied().unwrap_or_default();
        short(time.as_secs_f64() * 1000.0)
    };
    format!("half within {} ms, 99 % within {} ms, 99.9 % within {} ms", at(500), at(990), at(999))
}
