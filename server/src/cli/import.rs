//! `sensu-server import`: imports resources from files into a store without a running server.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sensu_store::Durability;
use sensu_store::{Clock, Store, SystemClock};

use super::args::Common;
use super::store_location::StoreLocation;
use crate::error::Error;
use crate::import::{Imported, load};
use crate::runtime::context::{Context, Limits};
use crate::seed;

/// Settings of `import`.
#[derive(Clone, Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    pub common: Common,
    /// Namespace of resources without one.
    #[arg(long, env = "SENSU_NAMESPACE", default_value = "default", value_name = "NAME")]
    pub namespace: String,
    /// Files of YAML or wrapped JSON, as written by `sensuctl dump`; directories of such files; - for
    /// standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Imports the files and prints a summary.
pub(super) async fn import(settings: &Import) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let location =
        StoreLocation::from_settings(&settings.common.state_dir, &settings.common.database)?;
    let store = location.open(Durability::Disk, Arc::clone(&clock)).await?;
    let imported = into_store(settings, &store, clock).await;
    store.close().await;
    Ok(writeln!(std::io::stdout(), "{}", imported?)?)
}

async fn into_store(
    settings: &Import,
    store: &Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Imported> {
    seed::defaults(store.as_ref()).await.map_err(Error::operator_error)?;
    let limits = Limits { password_cost: settings.common.password_cost, ..Limits::default() };
    let cx = Context::new(Arc::clone(store), clock, limits).await;
    let cx = cx.map_err(|error| anyhow!("the store is not usable: {error:?}"))?;
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} objects, {eta} remaining")
        .context("the progress bar")?;
    let bar = ProgressBar::new(0).with_style(style);
    let imported = load(&cx, &settings.files, &settings.namespace, |all, done| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })
    .await;
    bar.finish_and_clear();
    imported
}
