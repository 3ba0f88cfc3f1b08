//! What handlers need of a request: its authorization, its write options and its conditions.

use dropshot::RequestContext;

use super::query::UnreadQuery;
use crate::auth::Caller;
use crate::error::Error;
use crate::rbac::Verb;
use crate::resources::grant::{Grant, Protected};
use crate::resources::preconditions::Conditions;
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Cx;

/// Authenticates the caller and authorizes a read.
///
/// # Errors
/// As [`Caller::from_request`] and [`Caller::authorize`].
pub(super) async fn authorize<T: Protected>(
    rqctx: &RequestContext<Cx>,
    verb: Verb,
    namespace: &str,
    name: &str,
) -> Result<Grant<T>, Error> {
    Caller::from_request(rqctx).await?.authorize(verb, namespace, name).await
}

/// Authenticates the caller, authorizes a write, and then reads its options.
///
/// # Errors
/// As [`authorize`] and [`UnreadQuery::read`].
pub(super) async fn authorize_write<T: Protected, O>(
    rqctx: &RequestContext<Cx>,
    verb: Verb,
    namespace: &str,
    name: &str,
    options: &UnreadQuery<O>,
) -> Result<Grant<T>, Error>
where
    O: Into<WriteOptions> + serde::de::DeserializeOwned,
{
    Ok(authorize(rqctx, verb, namespace, name).await?.with_options(options.read()?))
}

/// `If-Match` and `If-None-Match`.
pub(super) fn conditions(rqctx: &RequestContext<Cx>) -> Conditions {
    Conditions::from_headers(rqctx.request.headers())
}
