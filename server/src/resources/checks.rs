//! Checks: adding and removing hooks, and requests to run a check now.

use bytes::Bytes;
use sensu_store::{CommitError, Operation, Precondition, Scan, Txn};
use sensu_types::adhoc::{AdhocRequest, Issued};
use sensu_types::check::hooks;
use sensu_types::check::{CheckConfig, HookList};

use crate::error::Error;
use crate::keyspace::{self, ADHOC};
use crate::resources::grant::Grant;
use crate::resources::preconditions::Conditions;
use crate::resources::store::{Rendered, invalid_name};

/// Seconds until a request to run a check expires.
const EXECUTION_TIMEOUT: i64 = 3600;

/// Maximum number of requests that a check keeps; the next one replaces the oldest.
const MAX_REQUESTS: usize = 10;

/// Maximum size of a stored request, in bytes.
const MAX_REQUEST_BYTES: usize = 16_384;

/// Maximum number of requests that one execution removes. Only stores of older versions have more than
/// [`MAX_REQUESTS`].
const BATCH: usize = 256;

/// Adds hooks to a check. `kind` is the type of result in the URL; a body without type gets it (D6).
///
/// # Errors
/// As [`Grant::change`]; [`Error::Invalid`] if the body has another type.
pub(crate) async fn add_hooks(
    grant: &Grant<CheckConfig>,
    kind: &str,
    mut hooks: HookList,
    conditions: &Conditions,
) -> Result<Rendered, Error> {
    if let Some(other) = hooks.0.keys().find(|key| *key != kind) {
        return Err(Error::invalid(format!(
            "the type of the hooks is {other:?} in the body and {kind:?} in the URL; they must agree"
        )));
    }
    hooks.0.entry(kind.to_owned()).or_default();
    let add = |stored: &CheckConfig| {
        let mut check = stored.clone();
        hooks::add(&mut check.check_hooks, hooks.clone());
        Ok(check)
    };
    grant.change(add, conditions).await
}

/// Removes a hook from a check. `kind` is the status or severity that the hook runs for.
///
/// # Errors
/// As [`Grant::change`]; [`Error::NotFound`] if the check does not have the hook.
pub(crate) async fn remove_hook(
    grant: &Grant<CheckConfig>,
    kind: &str,
    hook: &str,
    conditions: &Conditions,
) -> Result<(), Error> {
    let remove = |stored: &CheckConfig| {
        let mut check = stored.clone();
        match hooks::remove(&mut check.check_hooks, kind, hook) {
            true => Ok(check),
            false => {
                let message = format!(
                    "not found: hook {hook:?} of type {kind:?} in check {:?} in namespace {:?}",
                    grant.name(),
                    grant.namespace()
                );
                Err(Error::NotFound(message.into()))
            }
        }
    };
    grant.change(remove, conditions).await.map(drop)
}

/// Stores a request to run the check now, which the scheduler takes, in place of the oldest if there are too many.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::TooLarge`]; [`Error::Invalid`] if the name of the check leaves no space for the request's key.
pub(crate) async fn execute(
    grant: &Grant<CheckConfig>,
    request: AdhocRequest,
) -> Result<Issued, Error> {
    let context = grant.write_context();
    let check = keyspace::key::<CheckConfig>(grant.namespace(), grant.name())
        .ok_or_else(|| grant.not_found())?;
    let (check_name, creator) = (grant.name().to_owned(), context.caller.to_owned());
    let request = AdhocRequest { check: check_name, creator, ..request };
    let value = serde_json::to_vec(&request).map_err(|error| Error::Internal(error.to_string()))?;
    if value.len() > MAX_REQUEST_BYTES {
        return Err(Error::TooLarge(format!(
            "the request takes {} bytes; the maximum is {MAX_REQUEST_BYTES}",
            value.len()
        )));
    }
    let requests = keyspace::prefix_of::<CheckConfig>(ADHOC, grant.namespace(), grant.name())
        .ok_or_else(|| grant.not_found())?;
    let scan = Scan { prefix: requests, after: None, limit: BATCH, max_bytes: usize::MAX };
    let stored = grant.store().scan(scan).await?;
    let excess = stored.len().saturating_sub(MAX_REQUESTS - 1);
    let mut operations: Vec<Operation> =
        stored.into_iter().take(excess).map(|entry| Operation::Delete(entry.key)).collect();
    let random = rand::random::<u64>();
    let key = keyspace::adhoc_request(grant.namespace(), grant.name(), context.now, random)
        .ok_or_else(invalid_name)?;
    operations.push(Operation::Put {
        key,
        value: Bytes::from(value),
        flags: 0,
        expires_at: Some(context.now.saturating_add(EXECUTION_TIMEOUT)),
    });
    let txn = Txn { preconditions: vec![Precondition::Present(check)], operations };
    match grant.commit(txn).await {
        Ok(_) => {
            grant.cx().resources.execution_requested.notify_one();
            Ok(Issued { issued: context.now })
        }
        Err(CommitError::Precondition(_)) => Err(grant.not_found()),
        Err(error) => Err(error.into()),
    }
}
