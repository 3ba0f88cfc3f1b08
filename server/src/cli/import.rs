//! `sensu-server import`: imports resources from files into a store without a running server.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use chrono::DateTime;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sensu_store::Durability;
use sensu_store::{Clock, Store, SystemClock};
use tempfile::NamedTempFile;

use super::args::Common;
use super::store_location::StoreLocation;
use crate::error::Error;
use crate::import::report::Report;
use crate::import::{Options, load};
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
    /// Time at which the files were written by `sensuctl dump` or `list`: RFC 3339, or seconds since
    /// 1970-01-01 UTC. Sensu Go 5 writes silenced entries with the time that remains until their end.
    /// Default: now.
    #[arg(long, env = "SENSU_TAKEN_AT", value_name = "TIME", value_parser = parse_time)]
    pub taken_at: Option<i64>,
    /// Reject manifests of types, and fields, that this server does not have. By default they are
    /// skipped and reported.
    #[arg(long, env = "SENSU_STRICT")]
    pub strict: bool,
    /// File for a report on every manifest, JSON. An existing file is replaced.
    #[arg(long, env = "SENSU_REPORT", value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Files of YAML or wrapped JSON, as written by `sensuctl dump`; directories of such files; - for
    /// standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Imports the files and prints a summary.
pub(super) async fn import(settings: &Import) -> anyhow::Result<()> {
    // Created first: an import that cannot be reported does not begin.
    let file = settings.report.as_deref().map(|path| Ok((path, create_report(path)?)));
    let file = file.transpose().map_err(|(path, error): (&Path, std::io::Error)| {
        anyhow!(error).context(format!("cannot write the report {}", path.display()))
    })?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let location =
        StoreLocation::from_settings(&settings.common.state_dir, &settings.common.database)?;
    let store = location.open(Durability::Disk, Arc::clone(&clock)).await?;
    let report = into_store(settings, &store, clock).await;
    store.close().await;
    let report = report?;
    if let Some((path, mut file)) = file {
        serde_json::to_writer_pretty(&mut file, &report)?;
        writeln!(file)?;
        file.persist(path)
            .with_context(|| format!("cannot write the report {}", path.display()))?;
    }
    Ok(writeln!(std::io::stdout(), "{report}")?)
}

/// A temporary file that replaces the report when it is complete.
fn create_report(path: &Path) -> Result<NamedTempFile, (&Path, std::io::Error)> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    // Readable by other users, as an ordinary file; temporary files are private by default.
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(parent.unwrap_or(Path::new(".")))
        .map_err(|error| (path, error))
}

/// Seconds since 1970-01-01 UTC from a number or from RFC 3339.
fn parse_time(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds);
    }
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.timestamp())
        .map_err(|_| "write it as 2024-05-01T12:00:00Z, or as seconds since 1970-01-01 UTC".into())
}

async fn into_store(
    settings: &Import,
    store: &Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Report> {
    seed::defaults(store.as_ref()).await.map_err(Error::operator_error)?;
    let limits = Limits {
        password_cost: settings.common.password_cost,
        // Agents that do not connect after a migration are reported.
        keepalives: true,
        ..Limits::default()
    };
    let cx = Context::new(Arc::clone(store), clock, limits).await;
    let cx = cx.map_err(|error| anyhow!("the store is not usable: {error:?}"))?;
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} objects, {eta} remaining")
        .context("the progress bar")?;
    let bar = ProgressBar::new(0).with_style(style);
    let options = Options {
        namespace: &settings.namespace,
        taken_at: settings.taken_at,
        strict: settings.strict,
        reject_unknown_types: false,
    };
    let report = load(&cx, &settings.files, &options, |all, done| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })
    .await;
    bar.finish_and_clear();
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_rfc_3339() {
        for text in ["1714564800", "2024-05-01T12:00:00Z", "2024-05-01T14:00:00+02:00"] {
            assert_eq!(parse_time(text), Ok(1_714_564_800), "{text}");
        }
        assert!(parse_time("yesterday").is_err());
    }
}
