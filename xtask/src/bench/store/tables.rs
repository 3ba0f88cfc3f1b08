//! Writes and reads of one field, each engine beside what limits it.

use std::sync::Arc;
use std::time::Duration;

use sensu_store::Store;
use sensu_store::sqlite::Durability;

use super::super::contest::{Contender, Figures, Rounds, contest, short};
use super::super::verdict::Verdicts;
use super::Engine;
use super::field::Field;
use super::place::Place;
use super::postgres::{Plain, PlainReads, PlainWrites};
use super::reads::{Among, Copies, OwnPoints, Points, SCAN, Scans};
use super::writes::{Events, Latencies, RawLog, SingleStatements};

/// Events that are asked for often.
pub(super) const HOT: usize = 1_000;

/// Durable writes with 1, 16 and 64 writers.
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
pub(super) async fn writes(
    place: &Place,
    field: &Field,
    rounds: Rounds,
    verdicts: &mut Verdicts,
) -> anyhow::Result<()> {
    let store = place.open("durable", Durability::Disk).await?;
    field.sow(&*store).await?;
    let relaxed = place.open("relaxed", Durability::Relaxed).await?;
    let mut pair = Vec::new();
    if place.engine != Engine::Memory {
        field.sow(&*relaxed).await?;
    }
    if place.engine == Engine::Postgres {
        pair.push(place.open("pair", Durability::Disk).await?);
        pair.push(place.open("pair", Durability::Disk).await?);
        field.sow(&*pair[0]).await?;
    }
    for writers in [1, 16, 64] {
        println!("\nwrites per second, {writers} at a time");
        let (times, untimed) = (Latencies::default(), Latencies::default());
        let events = async |name, stores: &[Arc<dyn Store>], times| {
            let events = Events::new(name, field, stores, writers, times).await?;
            anyhow::Ok(Box::new(events) as Box<dyn Contender>)
        };
        let mut contenders = vec![
            events("the engine, on the disk", &[Arc::clone(&store)], &times).await?,
            Box::new(RawLog::new(&place.folder.join("log"), writers, field.values[0].clone())?),
        ];
        if place.engine != Engine::Memory {
            let relaxed = [Arc::clone(&relaxed)];
            contenders.push(events("the engine, relaxed", &relaxed, &untimed).await?);
        }
        match place.engine {
            Engine::Sqlite => {
                place.clear("single")?;
                std::fs::create_dir(place.folder.join("single"))?;
                contenders.push(Box::new(SingleStatements::new(&place.file("single"), field)?));
            }
            Engine::Postgres => {
                let plain = Plain::new(&place.url()?, field).await?;
                contenders.push(Box::new(PlainWrites(plain)));
                if writers > 1 {
                    contenders.push(events("two servers, on the disk", &pair, &untimed).await?);
                }
            }
            Engine::Memory => {}
        }
        let figures = contest(rounds, &mut contenders).await?;
        table(&contenders, &figures);
        let raw = figures[0].over(&figures[1]);
        let times = times.lock().map_err(|_| anyhow::anyhow!("a writer failed"))?.clone();
        println!("  the engine's answers: {}", percentiles(times));
        if writers == 64 && place.engine != Engine::Memory {
            let (rate, ratio) = (figures[0].median(), raw.median());
            verdicts.add(
                "64 writers: 0.5 of the disk's rate or 20,000/s, whichever is lower",
                format!("{}/s, {} of the disk's rate", short(rate), short(ratio)),
                ratio >= 0.5 || rate >= 20_000.0,
            );
        }
    }
    for store in [store, relaxed].into_iter().chain(pair) {
        store.close().await;
    }
    place.clear("relaxed")?;
    place.clear("single")?;
    Ok(())
}

/// Single events, and a thousand in a row.
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
pub(super) async fn reads(
    place: &Place,
    field: &Field,
    rounds: Rounds,
    verdicts: &mut Verdicts,
) -> anyhow::Result<()> {
    let store = place.open("durable", Durability::Disk).await?;
    if place.engine == Engine::Memory {
        field.sow(&*store).await?;
    }
    println!("\nreads per second, one at a time");
    let mut contenders = points(place, &store, field).await?;
    let figures = contest(rounds, &mut contenders).await?;
    table(&contenders, &figures);
    if place.engine == Engine::Sqlite {
        let (hot, any) = (figures[0].over(&figures[1]), figures[2].over(&figures[3]));
        println!("  hot events: {hot} x SQLite's own; any event: {any} x");
        verdicts.add(
            "reading an event that is asked for often: 10 x SQLite's own SELECT",
            format!("{} x", short(hot.median())),
            hot.median() >= 10.0,
        );
    }
    let mut contenders: Vec<Box<dyn Contender>> =
        vec![Box::new(Scans::new(&store, field)), Box::new(Copies::new(field))];
    println!("\nscans of {SCAN} per second");
    let figures = contest(rounds, &mut contenders).await?;
    table(&contenders, &figures);
    let each = figures[0].inverse().times(1_000.0);
    println!("  one scan: {each} ms, {} x copying", figures[1].over(&figures[0]));
    store.close().await;
    Ok(())
}

/// Those who read single events.
pub(super) async fn points(
    place: &Place,
    store: &Arc<dyn Store>,
    field: &Field,
) -> anyhow::Result<Vec<Box<dyn Contender>>> {
    let (hot, all) = (Among::some(field, HOT), Among::some(field, field.keys.len()));
    let ours = |among: &Among| Points { store: Arc::clone(store), among: among.clone() };
    let mut contenders: Vec<Box<dyn Contender>> = Vec::new();
    match place.engine {
        Engine::Sqlite => {
            for among in [hot, all] {
                contenders.push(Box::new(ours(&among)));
                contenders.push(Box::new(OwnPoints::new(&place.file("durable"), among)?));
            }
        }
        Engine::Postgres => {
            contenders.push(Box::new(ours(&all)));
            contenders.push(Box::new(PlainReads(Plain::new(&place.url()?, field).await?)));
        }
        Engine::Memory => contenders.push(Box::new(ours(&all))),
    }
    Ok(contenders)
}

/// Each one's rate, and how the first one's compares.
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn table(contenders: &[Box<dyn Contender>], figures: &[Figures]) {
    for (index, (contender, figures_of)) in contenders.iter().zip(figures).enumerate() {
        print!("  {:<44} {figures_of:>34}", contender.name());
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
