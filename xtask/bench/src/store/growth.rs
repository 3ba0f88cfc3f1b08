//! Cost of reads and writes as a store grows: 1,000, 100,000 and 1,000,000 events.

use std::sync::Arc;
use std::time::Instant;

use sensu_store::Durability;

use super::dataset::Dataset;
use super::reads::Scans;
use super::tables::points;
use super::target::Target;
use super::writes::{Events, Latencies, RawLog};
use crate::goals::Goals;
use crate::interleaved::{Figures, Rounds, Subject, interleave, short};
use crate::plot::{Frame, Line, growth};

/// Highest accepted ratio of the costs of the largest and the smallest size. A tree that is three levels deeper
/// costs twice as much; a scan of all objects, a thousand times.
const LOGARITHMIC: f64 = 4.0;

/// The figures of one size.
struct Size {
    events: usize,
    writes: Figures,
    /// The same, as a fraction of the rate of the disk.
    of_disk: Figures,
    /// Reads of hot events and of any event, each followed by the rate of SQLite alone.
    points: Vec<Figures>,
    scans: Figures,
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(super) async fn run(
    target: &Target,
    sizes: &[usize],
    rounds: Rounds,
    plots: bool,
    goals: &mut Goals,
) -> anyhow::Result<()> {
    let mut found = Vec::new();
    println!("\nas the store grows: per second");
    println!(
        "  {:>9} {:>34} {:>24} {:>34} {:>34} {:>30} {:>10}",
        "events",
        "writes, 64 writers",
        "of the disk",
        "hot events",
        "any event",
        "scans of 1,000",
        "opened in"
    );
    for &events in sizes {
        let (size, opened) = measure(target, events, rounds).await?;
        let Size { writes, of_disk, points, scans, .. } = &size;
        println!(
            "  {events:>9} {writes:>34} {of_disk:>24} {:>34} {:>34} {scans:>30} {opened:>7.1} ms",
            points[0], points[2],
        );
        found.push(size);
    }
    let (Some(small), Some(large)) = (found.first(), found.last()) else { return Ok(()) };
    let costs = [
        ("writes", small.writes.over(&large.writes)),
        ("hot reads", small.points[0].over(&large.points[0])),
        ("scans", small.scans.over(&large.scans)),
    ];
    // The smallest size fits into the cache and the others do not, so this compares the others.
    if let [_, fewer, .., most] = &found[..] {
        let cost = fewer.points[2].over(&most.points[2]);
        goals.add(
            &format!("reads of any of {} events: flat or logarithmic", most.events),
            format!("{} x their cost at {}", short(cost.median()), fewer.events),
            cost.median() <= LOGARITHMIC,
        );
    }
    for (what, cost) in costs {
        goals.add(
            &format!("{what} at {} events: flat or logarithmic", large.events),
            format!("{} x their cost at {}", short(cost.median()), small.events),
            cost.median() <= LOGARITHMIC,
        );
    }
    if plots { draw(&found) } else { Ok(()) }
}

async fn measure(target: &Target, events: usize, rounds: Rounds) -> anyhow::Result<(Size, f64)> {
    target.clear("durable")?;
    let dataset = Dataset::new(events)?;
    let store = target.open("durable", Durability::Disk).await?;
    dataset.load(&*store).await?;
    let latencies = Latencies::default();
    let stores = [Arc::clone(&store)];
    let events_written = Events::new("", &dataset, &stores, 64, &latencies).await?;
    // The rate of a disk changes between the sizes, which are measured minutes apart.
    let raw = RawLog::new(&target.folder.join("log"), 64, dataset.values[0].clone())?;
    let mut subjects: Vec<Box<dyn Subject>> = vec![Box::new(events_written), Box::new(raw)];
    let mut written = interleave(rounds, &mut subjects).await?;
    let of_disk = written[0].over(&written[1]);
    let writes = written.swap_remove(0);
    drop(subjects);
    let points = interleave(rounds, &mut points(target, &store, &dataset).await?).await?;
    let mut subjects: Vec<Box<dyn Subject>> = vec![Box::new(Scans::new(&store, &dataset))];
    let scans = interleave(rounds, &mut subjects).await?.swap_remove(0);
    store.close().await;
    let opening = Instant::now();
    let store = target.open("durable", Durability::Disk).await?;
    let opened = opening.elapsed().as_secs_f64() * 1_000.0;
    store.close().await;
    // A million events take some gigabytes of disk space.
    target.clear("durable")?;
    Ok((Size { events, writes, of_disk, points, scans }, opened))
}

#[expect(clippy::cast_precision_loss, reason = "a position on an axis")]
fn draw(found: &[Size]) -> anyhow::Result<()> {
    let line = |name: &str, of: &dyn Fn(&Size) -> f64| Line {
        name: name.to_owned(),
        points: found.iter().map(|size| (size.events as f64, of(size))).collect(),
    };
    let images = xtask::root().join("docs/images");
    let lines = [
        line("reads, hot", &|size| size.points[0].median()),
        line("reads, any event", &|size| size.points[2].median()),
        line("SQLite's own reads, any event", &|size| size.points[3].median()),
        line("events read by scans", &|size| size.scans.median() * 1_000.0),
        line("durable writes, 64 writers", &|size| size.writes.median()),
    ];
    let rates = || lines.iter().flat_map(|line| &line.points).map(|point| point.1);
    let range = (rates().fold(f64::INFINITY, f64::min) / 2.0, rates().fold(0.0, f64::max) * 2.0);
    let title = "Embedded store: rates as it grows";
    let frame = Frame { title, x: "events in the store", y: "per second", range };
    growth(&images.join("performance-growth.svg"), &frame, &lines)
}
