//! Events: what clients and agents may write, and retries after concurrent writes. [`write`] derives and stores
//! them, [`keepalives`] are those of agents, [`overdue`] turns missed [`deadlines`] into events, [`sweep`] removes
//! deadlines without event.

mod agent_results;
mod deadlines;
mod keepalives;
mod overdue;
mod silenced_cache;
mod sweep;
mod write;

use std::fmt::Display;

use sensu_types::event::Event;
use sensu_types::{ObjectMeta, Resource as _};

use crate::error::Error;
use crate::resources::grant::Grant;
use crate::resources::preconditions::Conditions;
use crate::resources::store::{Rendered, write_conflict};
use crate::resources::validation::Validation;
use write::{Purpose, attempt, metrics_only, stored};

pub(crate) use agent_results::agent_result;
pub(crate) use deadlines::{remove_deadline, remove_deadlines, remove_deadlines_of};
pub(crate) use keepalives::keepalive;
pub(crate) use overdue::fire_deadlines;
pub(crate) use silenced_cache::SilencedCache;
pub(crate) use sweep::{DeadlineSweep, sweep_deadlines};

/// Attempts to write an event that concurrent writes change.
const ATTEMPTS: usize = 64;

/// Stores the first event of a check on an entity. Entity and check are those of the body.
///
/// # Errors
/// [`Error::Exists`]; [`Error::Invalid`]; [`Error::NotFound`] without namespace; [`Error::Unavailable`]
/// after too many write conflicts.
pub(crate) async fn create(grant: &Grant<Event>, mut event: Event) -> Result<Rendered, Error> {
    event.fill_identity(grant.namespace(), "");
    check_namespaces(grant, &event)?;
    event = Validation::new().run(&grant.cx().compilers, event).await?;
    report(grant, event, &Conditions::default(), Existing::Reject).await
}

/// Stores the latest event of a check on an entity.
///
/// # Errors
/// As [`create`] except `Exists`; [`Error::PreconditionFailed`].
pub(crate) async fn put(
    grant: &Grant<Event>,
    mut event: Event,
    conditions: &Conditions,
) -> Result<Rendered, Error> {
    event.fill_identity(grant.namespace(), grant.name());
    check_namespaces(grant, &event)?;
    event = Validation::new().run(&grant.cx().compilers, event).await?;
    let name = format!("{}/{}", event.entity_name(), event.check_name());
    // An event without a check has no name that the URL could contradict.
    if event.check.is_some() && name != grant.name() {
        return Err(Error::invalid(format!(
            "the event is for {name:?} in the body and {:?} in the URL; they must agree",
            grant.name()
        )));
    }
    report(grant, event, conditions, Existing::Update).await
}

/// Stores an event of a dump with the history that it has there. Importing it again changes nothing.
///
/// # Errors
/// As [`put`].
pub(crate) async fn import(grant: &Grant<Event>, mut event: Event) -> Result<Rendered, Error> {
    event.fill_identity(grant.namespace(), grant.name());
    check_namespaces(grant, &event)?;
    event = Validation::new().run(&grant.cx().compilers, event).await?;
    write_event(grant, event, || Purpose::Import).await
}

/// What to do if the check already has an event on the entity.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Reject,
    Update,
}

/// Rejects an event, entity, check or hook in another namespace than the grant's (D6).
fn check_namespaces(grant: &Grant<Event>, event: &Event) -> Result<(), Error> {
    let url = grant.namespace();
    if let Some(entity) = &event.entity {
        check_namespace(&entity.metadata, "/entity", url)?;
    }
    if let Some(check) = &event.check {
        check_namespace(&check.metadata, "/check", url)?;
        for (index, hook) in check.hooks.iter().enumerate() {
            check_namespace(&hook.metadata, format_args!("/check/hooks/{index}"), url)?;
        }
    }
    check_namespace(&event.metadata, "", url)
}

/// Rejects a part of an event, at a JSON pointer, in another namespace than that of the URL.
fn check_namespace(metadata: &ObjectMeta, part: impl Display, url: &str) -> Result<(), Error> {
    let namespace = &metadata.namespace;
    if namespace.is_empty() || namespace == url {
        return Ok(());
    }
    let error = Error::invalid(format!(
        "the namespace is {namespace:?} in the body and {url:?} in the URL; they must agree"
    ));
    Err(error.at(&format!("{part}/metadata/namespace")))
}

/// Stores an event, whatever is stored before.
async fn write_event(
    grant: &Grant<Event>,
    event: Event,
    purpose: impl Fn() -> Purpose,
) -> Result<Rendered, Error> {
    let (cx, namespace) = (grant.cx(), grant.namespace());
    for _ in 0..ATTEMPTS {
        let stored = stored(grant.store(), namespace, &event).await?;
        if let Some(written) = attempt(cx, namespace, event.clone(), stored, purpose()).await? {
            return Ok(written);
        }
    }
    Err(write_conflict())
}

async fn report(
    grant: &Grant<Event>,
    event: Event,
    conditions: &Conditions,
    existing: Existing,
) -> Result<Rendered, Error> {
    if event.check.is_none() {
        return metrics_only(grant, event).await;
    }
    let (cx, namespace, options) = (grant.cx(), grant.namespace(), grant.options());
    for _ in 0..ATTEMPTS {
        let stored = stored(grant.store(), namespace, &event).await?;
        if existing == Existing::Reject && stored.is_some() {
            let name = format!("{}/{}", event.entity_name(), event.check_name());
            return Err(Error::object_exists::<Event>(namespace, &name));
        }
        if let Err(failed) = conditions.check(stored.as_ref().map(|stored| stored.revision)) {
            grant.require_namespace().await?;
            return Err(failed);
        }
        let purpose = Purpose::Report(options);
        if let Some(written) = attempt(cx, namespace, event.clone(), stored, purpose).await? {
            return Ok(written);
        }
    }
    Err(write_conflict())
}
