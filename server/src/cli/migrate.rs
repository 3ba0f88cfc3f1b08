//! `sensu-server migrate`: copies a store between a directory and a database, completely or not at all.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sensu_store::{Clock, Entry, Export, Store, SystemClock};
use sha2::{Digest as _, Sha256};

use super::store_location::{Database, StoreLocation};

/// Settings of `migrate`.
#[derive(Clone, Debug, Args)]
pub(super) struct Migrate {
    /// Store to copy: a directory or `postgres://user:password@host/database`. Stop its servers first:
    /// writes during the migration are not copied.
    #[arg(long, env = "SENSU_MIGRATE_FROM", hide_env_values = true, value_name = "DIR|URL")]
    pub from: String,
    /// New store: a directory or URL that contains no store.
    #[arg(long, env = "SENSU_MIGRATE_TO", hide_env_values = true, value_name = "DIR|URL")]
    pub to: String,
    /// Database schema of the store, for --from and --to.
    #[arg(long, env = "SENSU_STORE_SCHEMA", default_value = "sensu", value_name = "NAME")]
    pub store_schema: String,
}

/// Copies all entries, then compares the number of entries and a hash on both sides.
pub(super) async fn migrate(settings: &Migrate) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let database =
        Database { store: None, store_schema: settings.store_schema.clone(), store_connections: 1 };
    let from = StoreLocation::parse(&settings.from, &database)?;
    let to = StoreLocation::parse(&settings.to, &database)?;
    let source = from.open_existing(Arc::clone(&clock)).await?;
    let sent = copy(&*source, &to, Arc::clone(&clock)).await;
    source.close().await;
    let sent = sent.with_context(|| format!("the migration to {} failed", to.display()))?;

    let target = to.open_existing(clock).await?;
    let arrived = read(&*target).await;
    target.close().await;
    let arrived = arrived.context("the copy cannot be read")?;
    if arrived != sent {
        bail!(
            "{} differs from the source ({arrived} instead of {sent}): do not use it",
            to.display()
        );
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "migrated {} to {}: {arrived}", from.display(), to.display())?;
    Ok(())
}

async fn copy(
    source: &dyn Store,
    to: &StoreLocation,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Content> {
    source.verify().await.context("the source store is damaged")?;
    let export = source.export().await?;
    let progress = bar(&export)?;
    let (export, sum) = with_hash(export, progress.clone());
    to.fill(export, clock).await?;
    progress.finish_and_clear();
    sum.await.context("the copy was interrupted")
}

async fn read(store: &dyn Store) -> anyhow::Result<Content> {
    store.verify().await?;
    let export = store.export().await?;
    let progress = bar(&export)?;
    let (mut export, sum) = with_hash(export, progress.clone());
    while !export.next().await?.is_empty() {}
    progress.finish_and_clear();
    sum.await.context("reading was interrupted")
}

/// Number of entries of a store and a hash of all of them.
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

/// The export, and the content that passed through it, available after the last entry.
fn with_hash(
    export: Export,
    progress: ProgressBar,
) -> (Export, tokio::sync::oneshot::Receiver<Content>) {
    let (sender, sum) = tokio::sync::oneshot::channel();
    let (mut sender, mut hash, mut entries) = (Some(sender), Sha256::new(), 0_u64);
    let export = export.inspect(move |batch| {
        for entry in batch {
            add(&mut hash, entry);
        }
        entries += batch.len() as u64;
        progress.set_position(entries);
        if batch.is_empty()
            && let Some(sender) = sender.take()
        {
            let hash = hash.clone().finalize();
            let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            // Fails only if the receiver was dropped.
            let _ = sender.send(Content { entries, hash });
        }
    });
    (export, sum)
}

/// Hashes all parts of an entry; parts of variable length with their length.
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

/// Progress bar on standard error, hidden if that is not a terminal.
pub(crate) fn bar(export: &Export) -> anyhow::Result<ProgressBar> {
    let style = "{bar:40} {pos} of {len} entries, {eta} to go";
    Ok(ProgressBar::new(export.count).with_style(ProgressStyle::with_template(style)?))
}
