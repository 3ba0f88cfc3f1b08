//! `cargo xtask bench store`: the engines of the store, compared with the limits of the machine: disk, memory,
//! SQLite and PostgreSQL alone.

mod dataset;
mod growth;
mod million;
mod postgres;
mod reads;
mod tables;
mod target;
mod writes;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::goals::Goals;
use crate::interleaved::Rounds;
use dataset::Dataset;

/// Options of `bench store`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run fewer and shorter rounds with fewer objects. The figures mean little.
    #[arg(long)]
    quick: bool,
    /// Engine to measure.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    engine: Engine,
    /// Folder on the disk to measure [default: the target directory].
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Parts to measure [default: all].
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Draw the plots of docs/performance.md.
    #[arg(long)]
    plots: bool,
}

/// A part of the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Writes and reads of one size, compared with their limits.
    Limits,
    /// The same with 1,000, 100,000 and 1,000,000 events. Needs 5 GB of disk space.
    Growth,
    /// The server with a million events. Needs 5 GB of disk space.
    Pages,
}

impl Options {
    fn takes(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// An engine of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// The embedded engine.
    Sqlite,
    /// PostgreSQL, started for the measurement.
    Postgres,
    /// The engine of tests.
    Memory,
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    let folder = match &options.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        // The folder for temporary files may be in memory.
        None => tempfile::tempdir_in(crate::target_dir()?)?,
    };
    let (rounds, sizes): (_, &[usize]) = match options.quick {
        true => (Rounds { count: 3, span: Duration::from_millis(300) }, &[1_000, 10_000]),
        false => (Rounds { count: 7, span: Duration::from_secs(1) }, &[1_000, 100_000, 1_000_000]),
    };
    let mut goals = Goals::default();
    let dataset = Dataset::new(sizes[1])?;
    println!(
        "{} events of {} bytes, {} rounds of {:?}",
        sizes[1],
        dataset::VALUE,
        rounds.count,
        rounds.span
    );
    let target = target::Target::new(options.engine, folder.path())?;
    if options.takes(Part::Limits) {
        tables::writes(&target, &dataset, rounds, &mut goals).await?;
        tables::reads(&target, &dataset, rounds, &mut goals).await?;
    }
    if options.engine == Engine::Sqlite && options.takes(Part::Growth) {
        growth::run(&target, sizes, rounds, options.plots, &mut goals).await?;
    }
    if options.engine == Engine::Sqlite && options.takes(Part::Pages) {
        million::run(folder.path(), sizes, options.plots, &mut goals).await?;
    }
    println!("\n{goals}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use sensu_store::Durability;

    use super::*;

    #[tokio::test]
    async fn all_engines_are_measured_on_a_small_field() {
        let folder = tempfile::tempdir().unwrap();
        let dataset = Dataset::new(2_000).unwrap();
        let rounds = Rounds { count: 1, span: Duration::from_millis(20) };
        for engine in [Engine::Sqlite, Engine::Memory] {
            let target = target::Target::new(engine, folder.path()).unwrap();
            let mut goals = Goals::default();
            tables::writes(&target, &dataset, rounds, &mut goals).await.unwrap();
            tables::reads(&target, &dataset, rounds, &mut goals).await.unwrap();
            let lines = goals.to_string().lines().count();
            assert_eq!(lines, if engine == Engine::Sqlite { 3 } else { 1 }, "{goals}");
        }
        let target = target::Target::new(Engine::Sqlite, folder.path()).unwrap();
        let store = target.open("durable", Durability::Disk).await.unwrap();
        let entries = store.verify().await.unwrap().entries;
        // The namespace, the events, and an entity per ten events; the measurement added none.
        assert_eq!(entries, 1 + 2_000 + 200);
        store.close().await;
        let mut goals = Goals::default();
        growth::run(&target, &[1_000, 2_000], rounds, false, &mut goals).await.unwrap();
        assert_eq!(goals.to_string().lines().count(), 4, "{goals}");
    }
}
