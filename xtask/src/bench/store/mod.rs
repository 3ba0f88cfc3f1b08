//! The store's engines against the limits of the machine: its disk, its memory, SQLite and
//! PostgreSQL without anything around them.

mod field;
mod growth;
mod million;
mod place;
mod postgres;
mod reads;
mod tables;
mod writes;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::contest::Rounds;
use super::verdict::Verdicts;
use field::Field;

/// How the store is measured.
#[derive(Debug, Args)]
pub struct Options {
    /// Fewer and shorter rounds, fewer objects: to see that it works. The figures mean little.
    #[arg(long)]
    quick: bool,
    /// Which engine.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    engine: Engine,
    /// Folder for the files, on the disk to be measured.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Only some parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Draw the plots of docs/performance.md anew.
    #[arg(long)]
    plots: bool,
}

/// A part of the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Writes and reads of one size, beside their limits.
    Limits,
    /// The same on a thousand, a hundred thousand and a million events: takes 5 GB of disk.
    Growth,
    /// The server over a million events: takes 5 GB of disk.
    Pages,
}

impl Options {
    fn takes(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// The embedded one.
    Sqlite,
    /// Several servers on one PostgreSQL, started here.
    Postgres,
    /// The one of tests.
    Memory,
}

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    let folder = match &options.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        // Not where temporary files go: that may be no disk.
        None => tempfile::tempdir_in(super::target()?)?,
    };
    let (rounds, sizes): (_, &[usize]) = match options.quick {
        true => (Rounds { count: 3, span: Duration::from_millis(300) }, &[1_000, 10_000]),
        false => (Rounds { count: 7, span: Duration::from_secs(1) }, &[1_000, 100_000, 1_000_000]),
    };
    let mut verdicts = Verdicts::default();
    let field = Field::new(sizes[1])?;
    println!(
        "{} events of {} bytes, {} rounds of {:?}",
        sizes[1],
        field::VALUE,
        rounds.count,
        rounds.span
    );
    let place = place::Place::new(options.engine, folder.path())?;
    if options.takes(Part::Limits) {
        tables::writes(&place, &field, rounds, &mut verdicts).await?;
        tables::reads(&place, &field, rounds, &mut verdicts).await?;
    }
    if options.engine == Engine::Sqlite && options.takes(Part::Growth) {
        growth::run(&place, sizes, rounds, options.plots, &mut verdicts).await?;
    }
    if options.engine == Engine::Sqlite && options.takes(Part::Pages) {
        million::run(folder.path(), sizes, options.plots, &mut verdicts).await?;
    }
    println!("\n{verdicts}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use sensu_store::sqlite::Durability;

    use super::*;

    #[tokio::test]
    async fn everything_is_measured_on_a_small_field() {
        let folder = tempfile::tempdir().unwrap();
        let field = Field::new(2_000).unwrap();
        let rounds = Rounds { count: 1, span: Duration::from_millis(20) };
        for engine in [Engine::Sqlite, Engine::Memory] {
            let place = place::Place::new(engine, folder.path()).unwrap();
            let mut verdicts = Verdicts::default();
            tables::writes(&place, &field, rounds, &mut verdicts).await.unwrap();
            tables::reads(&place, &field, rounds, &mut verdicts).await.unwrap();
            let judged = verdicts.to_string().lines().count();
            assert_eq!(judged, if engine == Engine::Sqlite { 3 } else { 1 }, "{verdicts}");
        }
        let place = place::Place::new(Engine::Sqlite, folder.path()).unwrap();
        let store = place.open("durable", Durability::Disk).await.unwrap();
        let entries = store.verify().await.unwrap();
        // The namespace, the events, and an entity for each ten of them; writing added none.
        assert_eq!(entries, 1 + 2_000 + 200);
        store.close().await;
        let mut verdicts = Verdicts::default();
        growth::run(&place, &[1_000, 2_000], rounds, false, &mut verdicts).await.unwrap();
        assert_eq!(verdicts.to_string().lines().count(), 4, "{verdicts}");
    }
}
