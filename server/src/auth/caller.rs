//! The caller of an operation: authenticated here, authorized with [`Caller::authorize`].

use std::sync::Arc;

use dropshot::RequestContext;
use http::header::AUTHORIZATION;
use quick_cache::sync::Cache;
use sensu_store::{Key, Revision};

use super::api_key;
use super::jwt::{BadToken, Claims, Use, decode_basic};
use super::session::{self, Session};
use crate::error::{Error, side_channel};
use crate::query;
use crate::rbac::AccessRequest;
use crate::runtime::context::{Context, Cx};

/// Somebody whose token has been verified and whose session is alive.
pub(crate) struct Caller {
    cx: Cx,
    who: Arc<Identity>,
}

/// Whom a request speaks for.
#[derive(Debug)]
struct Identity {
    user: String,
    groups: Vec<String>,
}

/// A token whose signature is good, and the session that made it valid when last looked at.
#[derive(Clone)]
pub(crate) struct Verified {
    claims: Claims,
    who: Arc<Identity>,
    session: Key,
    revision: Revision,
}

/// Tokens verified lately, so that a busy client costs one signature, not one for each request.
/// What is remembered is only that the signature is good: expiry and session are judged each time.
pub(crate) struct VerifiedTokens(Cache<Box<str>, Arc<Verified>>);

impl VerifiedTokens {
    pub(crate) fn new() -> Self {
        Self(Cache::new(4_096))
    }
}

impl Caller {
    /// Who sent the request.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] without a good token; [`Error::Invalid`] if the query string
    /// cannot be decoded, which callers without a token are not told.
    pub(crate) async fn from_request(rqctx: &RequestContext<Cx>) -> Result<Self, Error> {
        let cx = rqctx.context();
        let header = rqctx.request.headers().get(AUTHORIZATION);
        let header = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if header.is_empty() {
            return Err(Error::Unauthenticated("bad credentials".into()));
        }
        let who = match (bearer(header), scheme(header, "key")) {
            (Some(token), _) => Arc::clone(&verify(cx, token).await?.who),
            (None, Some(key)) => {
                let user = api_key::holder(cx, key).await?.user;
                let groups = session::groups_of(&user);
                Arc::new(Identity { user: user.username, groups })
            }
            (None, None) => return Err(invalid()),
        };
        query::validate(rqctx.request.uri().query())?;
        Ok(Self { cx: Arc::clone(cx), who })
    }

    /// Whoever runs the program beside its store, and so may do everything; the name is what ends up
    /// in objects that say who wrote them.
    pub(crate) fn operator(cx: &Cx, name: &str) -> Self {
        let who = Identity { user: name.to_owned(), groups: Vec::new() };
        Self { cx: Arc::clone(cx), who: Arc::new(who) }
    }

    /// The user's name.
    pub(crate) fn name(&self) -> &str {
        &self.who.user
    }

    /// The context that the request is served in.
    pub(crate) fn cx(&self) -> &Cx {
        &self.cx
    }

    /// Whether the caller may do this, as far as roles and bindings say.
    pub(crate) async fn allowed(&self, ask: &AccessRequest<'_>) -> Result<bool, Error> {
        side_channel::record_permission(ask.verb.as_str(), ask.resource, ask.namespace);
        let policy = self.cx.policies.current(self.cx.store.as_ref()).await?;
        Ok(policy.allows(self.name(), &self.who.groups, ask))
    }

    /// The namespaces in which some binding applies to the caller (D19).
    pub(crate) async fn bound_namespaces(&self) -> Result<Vec<String>, Error> {
        let policy = self.cx.policies.current(self.cx.store.as_ref()).await?;
        Ok(policy.namespaces_of(self.name(), &self.who.groups))
    }
}

/// The token of a `Bearer` header; the scheme's case does not matter (D14).
pub(crate) fn bearer(header: &str) -> Option<&str> {
    scheme(header, "bearer")
}

/// What follows the name of an authorization scheme.
fn scheme<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let (scheme, rest) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then_some(rest)
}

/// User and password of a `Basic` header, spelled as in the reference.
pub(crate) fn basic_credentials(header: &str) -> Option<(String, String)> {
    decode_basic(header.strip_prefix("Basic ")?)
}

fn invalid() -> Error {
    Error::Unauthenticated("invalid credentials".into())
}

/// The verified token, if its session still names it.
async fn verify(cx: &Context, token: &str) -> Result<Arc<Verified>, Error> {
    let verified = match cx.verified.0.get(token) {
        Some(verified) => verified,
        None => {
            let claims = cx.signer.verify(Use::Access, token).map_err(|_: BadToken| invalid())?;
            let session = session::key(&claims.sub, claims.session())?;
            // No session has revision 0: the record is read below, once.
            let who = Identity { user: claims.sub.clone(), groups: claims.groups.clone() };
            Arc::new(Verified { claims, who: Arc::new(who), session, revision: 0 })
        }
    };
    if verified.claims.exp <= cx.clock.now() {
        return Err(Error::access_token_expired());
    }
    let dead = || Error::Unauthenticated("the session has ended; log in again".into());
    let entry = cx.store.get(&verified.session).await?.ok_or_else(dead)?;
    if verified.revision == entry.revision {
        return Ok(verified);
    }
    let session: Session = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored session: {error}")))?;
    if session.access != verified.claims.jti {
        return Err(dead());
    }
    let verified = Arc::new(Verified { revision: entry.revision, ..(*verified).clone() });
    cx.verified.0.insert(token.into(), Arc::clone(&verified));
    Ok(verified)
}
