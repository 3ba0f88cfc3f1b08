//! Moving a store from one engine to another: everything, or nothing.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sensu_store::{Clock, Entry, Export, Store, SystemClock};
use sha2::{Digest as _, Sha256};

use crate::cli::store_location::{Database, Location};

/// Settings of `migrate`.
#[derive(Clone, Debug, Args)]
pub(super) struct Migrate {
    /// The store to read: a folder, or `postgres://user:password@host/database`. No server may be
    /// running on it, or what it writes meanwhile stays behind.
    #[arg(long, env = "SENSU_MIGRATE_FROM", hide_env_values = true, value_name = "FOLDER|URL")]
    pub from: String,
    /// Where to make the new store, likewise. There must be none yet.
    #[arg(long, env = "SENSU_MIGRATE_TO", hide_env_values = true, value_name = "FOLDER|URL")]
    pub to: String,
    /// Schema of the database that holds the store, on either side.
    #[arg(long, env = "SENSU_STORE_SCHEMA", default_value = "sensu", value_name = "NAME")]
    pub store_schema: String,
}

/// Copies everything and compares what arrived with what was sent.
pub(crate) async fn migrate(settings: &Migrate) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let database =
        Database { store: None, store_schema: settings.store_schema.clone(), store_connections: 1 };
    let from = Location::named(&settings.from, &database)?;
    let to = Location::named(&settings.to, &database)?;
    let source = from.open_used(Arc::clone(&clock)).await?;
    let moved = copy(&*source, &to, Arc::clone(&clock)).await;
    source.close().await;
    let sent = moved.with_context(|| format!("nothing was moved to {}", to.shown()))?;

    let target = to.open_used(clock).await?;
    let arrived = read(&*target).await;
    target.close().await;
    let arrived = arrived.context("what was moved cannot be read back")?;
    if arrived != sent {
        bail!(
            "{} does not hold what was sent ({arrived} instead of {sent}): do not use it",
            to.shown()
        );
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "moved from {} to {}: {arrived}", from.shown(), to.shown())?;
    Ok(())
}

async fn copy(source: &dyn Store, to: &Location, clock: Arc<dyn Clock>) -> anyhow::Result<Content> {
    source.verify().await.context("the store that is to be moved is damaged")?;
    let export = source.export().await?;
    let progress = bar(&export)?;
    let (summed, sum) = watched(export, progress.clone());
    to.fill(summed, clock).await?;
    progress.finish_and_clear();
    sum.await.context("the copy ended early")
}

async fn read(store: &dyn Store) -> anyhow::Result<Content> {
    store.verify().await?;
    let export = store.export().await?;
    let progress = bar(&export)?;
    let (mut summed, sum) = watched(export, progress.clone());
    while !summed.next().await?.is_empty() {}
    progress.finish_and_clear();
    sum.await.context("reading ended early")
}

/// What a store holds: how much, and a sum over all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    entries: u64,
    hash: String,
}

impl std::fmt::Display for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} entries, SHA-256 {}", self.entries, self.hash)
    }
}

/// The same export, and what its entries come to once the last one has passed.
fn watched(
    export: Export,
    progress: ProgressBar,
) -> (Export, tokio::sync::oneshot::Receiver<Content>) {
    let (say, sum) = tokio::sync::oneshot::channel();
    let (mut say, mut hash, mut entries) = (Some(say), Sha256::new(), 0_u64);
    let watched = export.inspect(move |batch| {
        for entry in batch {
            add(&mut hash, entry);
        }
        entries += batch.len() as u64;
        progress.set_position(entries);
        if batch.is_empty()
            && let Some(say) = say.take()
        {
            let hash = hash.clone().finalize();
            let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            // Nobody may wait for it any more.
            let _ = say.send(Content { entries, hash });
        }
    });
    (watched, sum)
}

/// Everything about an entry, each part with its length where it has one.
fn add(hash: &mut Sha256, entry: &Entry) {
    let Entry { key, value, flags, revision, expires_at } = entry;
    for bytes in [key.as_bytes(), value] {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.update(flags.to_le_bytes());
    hash.update(revision.to_le_bytes());
    hash.update([u8::from(expires_at.is_some())]);
    hash.update(expires_at.unwrap_or_default().to_le_bytes());
}

/// A bar on standard error, if that is a terminal.
pub(crate) fn bar(export: &Export) -> anyhow::Result<ProgressBar> {
    let style = "{bar:40} {pos} of {len} entries, {eta} to go";
    Ok(ProgressBar::new(export.count).with_style(ProgressStyle::with_template(style)?))
}
