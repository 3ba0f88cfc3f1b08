//! Import of resources from files: a `sensuctl dump`, or manifests written by hand.
//!
//! [`load`] reads all files and validates every object by the rules of `PUT`, against a store in
//! memory, before it writes anything. One invalid manifest rejects the whole import; the error lists
//! every invalid manifest with its file and number. Manifests of types that this server does not have
//! are skipped. The [`Report`] states for each manifest what was imported, changed or skipped.
//!
//! Then it writes object by object, in the order of [`crate::catalog::ImportStage`]. An interrupted
//! import leaves the objects that were written. Running it again has the same result as one complete
//! run, because every object replaces itself; events keep the history of the dump.
//!
//! `sensu-server import` calls [`load`] for a store without a running server, or for a PostgreSQL
//! database in use. [`Server::import`](crate::Server::import) calls it in a running server.

mod changes;
mod next_steps;
mod objects;
mod plan;
pub mod report;
mod silences;
mod table;
mod unsupported;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use sensu_manifests::SourceFile;
use sensu_store::{MemoryStore, Store as _, Txn};
use sensu_types::namespace::Namespace;

use crate::auth::Caller;
use crate::error::Error;
use crate::keyspace::{self, Encoded};
use crate::rbac::Verb;
use crate::resources::namespaces;
use crate::runtime::context::{Context, Cx, Limits};
use crate::seed;
use objects::Written;
use plan::{Item, Plan};
use report::{Outcome, Report};

pub use table::kinds_table;

/// Objects written concurrently. Concurrent commits share one sync of the disk.
const CONCURRENT_WRITES: usize = 64;

/// Errors that a message lists. Of the others it gives the number.
const MAX_LISTED_ERRORS: usize = 20;

/// Options of an import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options<'a> {
    /// Namespace of namespaced objects without one.
    pub(crate) namespace: &'a str,
    /// Time at which the files were written by `sensuctl dump`, in seconds since 1970-01-01 UTC.
    /// Default: the time of the import.
    pub(crate) taken_at: Option<i64>,
    /// Whether a manifest that cannot be imported, or a field that the server does not have, rejects the
    /// import. Otherwise they are left out.
    pub(crate) strict: bool,
    /// Whether a type that the server does not have rejects the import, also if it is not strict. In files
    /// that were written for this server, it is a mistake.
    pub(crate) reject_unknown_types: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { namespace: "default", taken_at: None, strict: false, reject_unknown_types: false }
    }
}

/// Imports files. Directories are read recursively; `-` is standard input. `progress` is called with the
/// number of objects and the number of written objects.
///
/// # Errors
/// If a file cannot be read or an object is invalid: nothing is written. If the store fails: the
/// objects written before stay, and the import can be run again.
pub(crate) async fn load(
    cx: &Cx,
    files: &[PathBuf],
    options: &Options<'_>,
    progress: impl Fn(usize, usize) + Sync,
) -> anyhow::Result<Report> {
    load_sources(cx, &sensu_manifests::read_files(files, true)?, options, progress).await
}

/// Imports files that have been read, as [`load`] does.
///
/// # Errors
/// As [`load`].
pub(crate) async fn load_sources(
    cx: &Cx,
    files: &[SourceFile],
    options: &Options<'_>,
    progress: impl Fn(usize, usize) + Sync,
) -> anyhow::Result<Report> {
    let now = cx.clock.now();
    let mut plan = Plan::new(files, options, now).map_err(|errors| rejected(&errors))?;
    if plan.manifests.is_empty() {
        bail!("no manifests to import: files must end in .json, .yaml or .yml");
    }
    let scratch = scratch_context(cx).await.map_err(Error::operator_error)?;
    let errors = write(&scratch, &plan.items, OnError::Continue, |_, _| ()).await;
    if !errors.is_empty() {
        return Err(rejected(&errors));
    }
    let mut report = Report {
        taken_at: options.taken_at.unwrap_or(now),
        manifests: std::mem::take(&mut plan.manifests),
        ..Report::default()
    };
    let (all, mut done) = (plan.items.len(), 0);
    let errors = write(cx, &plan.items, OnError::Stop, |item, written| {
        done += 1;
        progress(all, done);
        record(&mut report, item, written);
    })
    .await;
    if let Some(error) = errors.first() {
        bail!(
            "{error}; {done} of {all} objects were imported: run the same import again to continue"
        );
    }
    report.disabled_users.sort();
    report.count(
        plan.items
            .chunk_by(|one, next| one.kind == next.kind)
            .filter_map(|kind| kind.first().map(|item| item.kind)),
    );
    report.next_steps =
        next_steps::after(cx, &report.disabled_users).await.map_err(Error::operator_error)?;
    Ok(report)
}

/// Records what was written for an object.
fn record(report: &mut Report, item: &Item, written: &Written) {
    if let Some(manifest) = report.manifests.get_mut(item.index) {
        manifest.changes.extend(item.object.changes(&written.body));
        if !manifest.changes.is_empty() {
            manifest.outcome = Outcome::Changed;
        }
    }
    if written.lacks_password {
        report.disabled_users.push(item.object.identity().1);
    }
}

fn rejected(errors: &[String]) -> anyhow::Error {
    let listed: Vec<&str> = errors.iter().take(MAX_LISTED_ERRORS).map(String::as_str).collect();
    let listed = listed.join("\n  ");
    let more = match errors.len().saturating_sub(MAX_LISTED_ERRORS) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    anyhow!("nothing was imported:\n  {listed}{more}")
}

/// The context of a new server with an empty store in memory that has the same namespaces.
async fn scratch_context(cx: &Cx) -> Result<Cx, Error> {
    let store = Arc::new(MemoryStore::new(Arc::clone(&cx.clock)));
    seed::defaults(store.as_ref()).await?;
    let grant = Caller::operator(cx, "").authorize::<Namespace>(Verb::List, "", "").await?;
    let mut operations = Vec::new();
    for namespace in namespaces::all(&grant).await? {
        let key = keyspace::key::<Namespace>("", &namespace.name).ok_or_else(Error::not_found)?;
        operations.push(Encoded::new(&namespace, usize::MAX)?.put(key));
    }
    store.commit(Txn { preconditions: Vec::new(), operations }).await?;
    // Its passwords are never verified.
    let limits = Limits { password_cost: 4, ..cx.limits.clone() };
    Context::new(store, Arc::clone(&cx.clock), limits).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OnError {
    Continue,
    Stop,
}

/// Writes objects, kind by kind. `on_written` is called after each. Returns the error messages.
async fn write(
    cx: &Cx,
    items: &[Item],
    on_error: OnError,
    mut on_written: impl FnMut(&Item, &Written),
) -> Vec<String> {
    let mut errors = Vec::new();
    for items in items.chunk_by(|one, next| one.kind == next.kind) {
        // Boxed: the compiler cannot prove that a stream of unboxed futures of borrowed items is `Send`.
        let writes: Vec<BoxFuture<'_, (&Item, Result<Written, Error>)>> = items
            .iter()
            .map(|item| async move { (item, item.object.write(cx).await) }.boxed())
            .collect();
        let mut writes = stream::iter(writes).buffer_unordered(CONCURRENT_WRITES);
        while let Some((item, result)) = writes.next().await {
            match result {
                Ok(written) => on_written(item, &written),
                Err(error) => errors.push(item.error_message(&error.operator_message())),
            }
            if on_error == OnError::Stop && !errors.is_empty() {
                return errors;
            }
        }
    }
    errors
}
