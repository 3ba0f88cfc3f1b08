//! Bringing in what files hold: a `sensuctl dump`, or what people have written by hand.
//!
//! [`load`] is the whole of it. It reads all files, refuses all of them if there is a mistake in any
//! (the rules are those of a `PUT`; each mistake is told with its file, the number of the document in
//! it and what is wrong), and then writes: namespaces first, events last. Nothing is written before
//! everything was tried out on a store in memory. What is written is written object by object, so an
//! import that is interrupted leaves some of them there; running it again leads to the same end,
//! because every object is replaced by itself: events too, which keep the history they were dumped
//! with.
//!
//! `sensu-server import` calls it on a store that no server has open (or on a database, beside the
//! servers); a running server is given files with [`Server::import`](crate::Server::import).

mod kinds;
mod plan;

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use futures::stream::{self, StreamExt as _};
use sensu_store::{MemoryStore, Store as _, Txn};
use sensu_types::Resource as _;
use sensu_types::namespace::Namespace;

use crate::error::Error;
use crate::keyspace::{self, Encoded};
use crate::rbac;
use crate::runtime::context::{Context, Cx, Limits};
use kinds::Written;
use plan::Plan;

/// Objects that are written at the same time, so that they share syncs.
const TOGETHER: usize = 64;

/// Mistakes that are told; of more it is said how many.
const TOLD: usize = 20;

/// What an import has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many objects of each type, in the order in which they were written.
    pub counts: Vec<(&'static str, usize)>,
    /// Users who came without a password, and so cannot log in.
    pub disabled: Vec<String>,
    /// Fields that were dropped because no object of the type has them: by type and path, with their
    /// number.
    pub dropped: BTreeMap<String, usize>,
}

/// Reads and writes what files hold; directories are read with what is below them, `-` is the
/// standard input. Documents without a namespace go to `namespace`. `progress` is told how many
/// documents there are and how many of them are done.
///
/// # Errors
/// If a file cannot be read or a document breaks a rule: nothing was written then. If the store
/// fails: what was written until then stays, and the same import may be run again.
pub(crate) async fn load(
    cx: &Cx,
    files: &[PathBuf],
    namespace: &str,
    progress: impl Fn(usize, usize) + Sync,
) -> anyhow::Result<Imported> {
    let texts = sensu_manifests::read_files(files, true)?;
    let plan = Plan::of(&texts, namespace).map_err(|mistakes| refused(&mistakes))?;
    if plan.items.is_empty() {
        bail!("there are no documents to import: files end with .json, .yaml or .yml");
    }
    let stage = stage(cx).await.map_err(Error::operator_error)?;
    let (_, mistakes) = write(&stage, &plan, Mistakes::Collect, |_| ()).await;
    if !mistakes.is_empty() {
        return Err(refused(&mistakes));
    }
    let all = plan.items.len();
    let (mut imported, failures) =
        write(cx, &plan, Mistakes::Stop, |done| progress(all, done)).await;
    if let Some(failure) = failures.first() {
        let done: usize = imported.counts.iter().map(|(_, count)| count).sum();
        bail!("{failure}; {done} of {all} are there: run the same import again to go on");
    }
    imported.disabled.sort();
    imported.dropped = plan.dropped;
    Ok(imported)
}

fn refused(mistakes: &[String]) -> anyhow::Error {
    let told = mistakes.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("\n  ");
    let more = match mistakes.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    anyhow!("nothing was imported:\n  {told}{more}")
}

/// Another server's place: as empty as a new one, but for the namespaces that are here.
async fn stage(cx: &Cx) -> Result<Cx, Error> {
    let store = Arc::new(MemoryStore::new(Arc::clone(&cx.clock)));
    rbac::seed(store.as_ref()).await?;
    let prefix = keyspace::whole_collection(Namespace::PLURAL)?;
    let mut operations = Vec::new();
    for namespace in keyspace::all::<Namespace>(cx.store.as_ref(), &prefix).await? {
        let key = keyspace::key::<Namespace>("", &namespace.name).ok_or_else(Error::not_found)?;
        operations.push(Encoded::new(&namespace, usize::MAX)?.put(key));
    }
    store.commit(Txn { preconditions: Vec::new(), operations }).await?;
    // Nobody will log in there.
    let limits = Limits { password_cost: 4, ..cx.limits.clone() };
    Context::new(store, Arc::clone(&cx.clock), limits).await
}

/// What to do about an object that cannot be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mistakes {
    Collect,
    Stop,
}

/// Writes what was planned; says what was written, and what could not be.
async fn write(
    cx: &Cx,
    plan: &Plan,
    mistakes: Mistakes,
    progress: impl Fn(usize),
) -> (Imported, Vec<String>) {
    let (mut imported, mut failures, mut done) = (Imported::default(), Vec::new(), 0);
    for kind in plan.items.chunk_by(|one, next| one.kind == next.kind) {
        let mut count = 0;
        let work =
            stream::iter(kind).map(|item| async move { (item, item.object.write(cx).await) });
        let mut work = std::pin::pin!(work.buffer_unordered(TOGETHER));
        while let Some((item, result)) = work.next().await {
            match result {
                Ok(written) => {
                    count += 1;
                    if written == Written::Disabled {
                        imported.disabled.push(item.object.place().1);
                    }
                }
                Err(error) => failures.push(item.told(&error.operator_message())),
            }
            done += 1;
            progress(done);
            if mistakes == Mistakes::Stop && !failures.is_empty() {
                break;
            }
        }
        imported.counts.extend(kind.first().map(|item| (item.kind, count)));
        if mistakes == Mistakes::Stop && !failures.is_empty() {
            break;
        }
    }
    (imported, failures)
}

impl Display for Imported {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let all: usize = self.counts.iter().map(|(_, count)| count).sum();
        write!(f, "imported {all} objects:")?;
        for (kind, count) in &self.counts {
            write!(f, "\n{count:>8} {kind}")?;
        }
        for (field, count) in &self.dropped {
            write!(f, "\ndropped, because this server does not know it: {field} ({count} times)")?;
        }
        if !self.disabled.is_empty() {
            let names = self.disabled.join(", ");
            write!(
                f,
                "\ncannot log in, because no password came with them: {names}. They are disabled; set a \
                 password for each and reinstate it"
            )?;
        }
        Ok(())
    }
}
