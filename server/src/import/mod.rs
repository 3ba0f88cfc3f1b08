//! Import of resources from files: a `sensuctl dump`, or manifests written by hand.
//!
//! [`load`] reads all files and validates every object by the rules of `PUT`, against a store in
//! memory, before it writes anything. One invalid manifest rejects the whole import; the error lists
//! every invalid manifest with its file and number.
//!
//! Then it writes object by object, in the order of [`crate::catalog::ImportStage`]. An interrupted
//! import leaves the objects that were written. Running it again has the same result as one complete
//! run, because every object replaces itself; events keep the history of the dump.
//!
//! `sensu-server import` calls [`load`] for a store without a running server, or for a PostgreSQL
//! database in use. [`Server::import`](crate::Server::import) calls it in a running server.

mod objects;
mod plan;

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use futures::stream::{self, StreamExt as _};
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
use plan::Plan;

/// Objects written concurrently. Concurrent commits share one sync of the disk.
const CONCURRENT_WRITES: usize = 64;

/// Errors that a message lists. Of the others it gives the number.
const MAX_LISTED_ERRORS: usize = 20;

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Number of objects by kind, in the order of writing.
    pub counts: Vec<(&'static str, usize)>,
    /// Users that were imported without a password and are disabled.
    pub disabled: Vec<String>,
    /// Dropped fields, as `kind.path`, with their number. The server does not know them.
    pub dropped: BTreeMap<String, usize>,
}

/// Imports files. Directories are read recursively; `-` is standard input. Namespaced objects without
/// a namespace get `namespace`. `progress` is called with the number of objects and the number of
/// written objects.
///
/// # Errors
/// If a file cannot be read or an object is invalid: nothing is written. If the store fails: the
/// objects written before stay, and the import can be run again.
pub(crate) async fn load(
    cx: &Cx,
    files: &[PathBuf],
    namespace: &str,
    progress: impl Fn(usize, usize) + Sync,
) -> anyhow::Result<Imported> {
    let files = sensu_manifests::read_files(files, true)?;
    let plan = Plan::new(&files, namespace).map_err(|errors| rejected(&errors))?;
    if plan.items.is_empty() {
        bail!("no manifests to import: files must end in .json, .yaml or .yml");
    }
    let scratch = scratch_context(cx).await.map_err(Error::operator_error)?;
    let (_, errors) = write(&scratch, &plan, OnError::Continue, |_| ()).await;
    if !errors.is_empty() {
        return Err(rejected(&errors));
    }
    let all = plan.items.len();
    let (mut imported, errors) = write(cx, &plan, OnError::Stop, |done| progress(all, done)).await;
    if let Some(error) = errors.first() {
        let done: usize = imported.counts.iter().map(|(_, count)| count).sum();
        bail!(
            "{error}; {done} of {all} objects were imported: run the same import again to continue"
        );
    }
    imported.disabled.sort();
    imported.dropped = plan.dropped;
    Ok(imported)
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

/// Writes the objects of a plan. Returns what was written, and the error messages.
async fn write(
    cx: &Cx,
    plan: &Plan,
    on_error: OnError,
    progress: impl Fn(usize),
) -> (Imported, Vec<String>) {
    let (mut imported, mut errors, mut done) = (Imported::default(), Vec::new(), 0);
    for items in plan.items.chunk_by(|one, next| one.kind == next.kind) {
        let mut count = 0;
        let writes =
            stream::iter(items).map(|item| async move { (item, item.object.write(cx).await) });
        let mut writes = std::pin::pin!(writes.buffer_unordered(CONCURRENT_WRITES));
        while let Some((item, result)) = writes.next().await {
            match result {
                Ok(written) => {
                    count += 1;
                    if written == Written::Disabled {
                        imported.disabled.push(item.object.identity().1);
                    }
                }
                Err(error) => errors.push(item.error_message(&error.operator_message())),
            }
            done += 1;
            progress(done);
            if on_error == OnError::Stop && !errors.is_empty() {
                break;
            }
        }
        imported.counts.extend(items.first().map(|item| (item.kind, count)));
        if on_error == OnError::Stop && !errors.is_empty() {
            break;
        }
    }
    (imported, errors)
}

impl Display for Imported {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let all: usize = self.counts.iter().map(|(_, count)| count).sum();
        write!(f, "imported {all} objects:")?;
        for (kind, count) in &self.counts {
            write!(f, "\n{count:>8} {kind}")?;
        }
        for (field, count) in &self.dropped {
            write!(f, "\ndropped unknown field: {field} ({count} times)")?;
        }
        if !self.disabled.is_empty() {
            let names = self.disabled.join(", ");
            write!(
                f,
                "\nimported without a password, and therefore disabled: {names}. Set a password for each, then \
                 reinstate it"
            )?;
        }
        Ok(())
    }
}
