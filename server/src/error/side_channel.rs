//! What an operation leaves for the gateway, past Dropshot (decision record 0013).
//!
//! Dropshot hands the gateway a response or an opaque failure. The error behind a failure, and
//! warnings about the body, travel in a task-local.

use std::cell::RefCell;

use super::ApiError;
use crate::connections::Charge;

/// What an operation has left.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The error that it failed with.
    pub(crate) error: Option<ApiError>,
    /// Its warnings about the body, one for each `Warning` header.
    pub(crate) warnings: Vec<String>,
    /// The buffered bytes of its body.
    pub(crate) body: Option<Charge>,
    /// The permissions that it has requested. Recorded in debug builds only.
    #[cfg(debug_assertions)]
    pub(crate) permissions: Vec<RequestedPermission>,
}

/// A permission that an operation has requested of the policy.
#[cfg(debug_assertions)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestedPermission {
    pub(crate) verb: &'static str,
    pub(crate) resource: String,
    pub(crate) namespace: String,
}

tokio::task_local! {
    static OUTCOME: RefCell<Outcome>;
}

/// Runs an operation and returns what it left beside its result.
pub(crate) async fn run<T>(operation: impl Future<Output = T>) -> (T, Outcome) {
    OUTCOME
        .scope(RefCell::default(), async {
            let result = operation.await;
            (result, OUTCOME.with(RefCell::take))
        })
        .await
}

/// Leaves a copy of the error that the operation fails with.
pub(super) fn set_error(error: &ApiError) {
    update(|outcome| outcome.error = Some(error.clone()));
}

/// Leaves a warning about the body. Does nothing if it has left the same one, for operations that
/// start again after a write conflict.
pub(crate) fn add_warning(text: String) {
    update(|outcome| {
        if !outcome.warnings.contains(&text) {
            outcome.warnings.push(text);
        }
    });
}

/// Leaves the buffered bytes of its body, which count until the operation has ended.
pub(crate) fn hold_body(charge: Charge) {
    update(|outcome| outcome.body = Some(charge));
}

/// Leaves a permission that the operation requests. Does nothing in release builds.
pub(crate) fn record_permission(_verb: &'static str, _resource: &str, _namespace: &str) {
    #[cfg(debug_assertions)]
    update(|outcome| {
        outcome.permissions.push(RequestedPermission {
            verb: _verb,
            resource: _resource.to_owned(),
            namespace: _namespace.to_owned(),
        });
    });
}

/// Background work and commands run outside of a request: what they leave is lost.
fn update(change: impl FnOnce(&mut Outcome)) {
    let _ = OUTCOME.try_with(|outcome| change(&mut outcome.borrow_mut()));
}
