//! The caller of an operation: the authenticated user. [`Caller::authorize`] authorizes it.

use std::collections::BTreeSet;
use std::sync::Arc;

use dropshot::RequestContext;
use http::header::AUTHORIZATION;
use quick_cache::sync::Cache;
use sensu_store::{Key, Revision};

use super::api_key;
use super::jwt::{Claims, TokenKind};
use super::session::{self, Session};
use crate::error::{Error, side_channel};
use crate::query;
use crate::rbac::{AccessRequest, Policy};
use crate::runtime::context::{Context, Cx};

/// Maximum number of cached tokens.
const CACHED_TOKENS: usize = 4_096;

/// An authenticated user.
#[derive(Clone)]
pub(crate) struct Caller {
    cx: Cx,
    identity: Arc<Identity>,
}

struct Identity {
    user: String,
    source: Source,
}

/// How a caller was authenticated.
enum Source {
    /// Not by the API: roles do not apply, and everything is allowed.
    Operator,
    /// By an access token of the session under this key.
    Session(Key),
    /// By this API key.
    ApiKey(String),
    /// By the password that an agent connected with.
    Agent,
}

/// A token with a valid signature.
#[derive(Clone)]
struct VerifiedToken {
    claims: Claims,
    identity: Arc<Identity>,
    session: Key,
    /// The revision of the session record that named the token. 0 before the record was read.
    revision: Revision,
}

/// Cache of tokens with valid signatures. Expiry and session are checked for each request.
pub(super) struct VerifiedTokens(Cache<Box<str>, Arc<VerifiedToken>>);

impl VerifiedTokens {
    pub(super) fn new() -> Self {
        Self(Cache::new(CACHED_TOKENS))
    }
}

impl Caller {
    /// Authenticates a request by its access token or API key.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Invalid`] for a malformed query string, which clients without
    /// valid credentials do not learn.
    pub(crate) async fn from_request(rqctx: &RequestContext<Cx>) -> Result<Self, Error> {
        let cx = rqctx.context();
        let header = rqctx.request.headers().get(AUTHORIZATION);
        let header = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if header.is_empty() {
            return Err(Error::Unauthenticated("bad credentials".into()));
        }
        let identity = match (bearer(header), credentials(header, "key")) {
            (Some(token), _) => Arc::clone(&verify(cx, token).await?.identity),
            (None, Some(key)) => {
                let user = api_key::account_for(cx, key).await?.user;
                Arc::new(Identity { user: user.username, source: Source::ApiKey(key.to_owned()) })
            }
            (None, None) => return Err(invalid()),
        };
        cx.connections.authenticated(rqctx.request.remote_addr());
        query::validate(rqctx.request.uri().query())?;
        Ok(Self { cx: Arc::clone(cx), identity })
    }

    /// The operator of the server, who imports files and is not subject to roles. `name` is stored in
    /// objects that record who wrote them.
    pub(crate) fn operator(cx: &Cx, name: &str) -> Self {
        let identity = Identity { user: name.to_owned(), source: Source::Operator };
        Self { cx: Arc::clone(cx), identity: Arc::new(identity) }
    }

    /// The user of an agent.
    pub(super) fn agent(cx: &Cx, user: &str) -> Self {
        let identity = Identity { user: user.to_owned(), source: Source::Agent };
        Self { cx: Arc::clone(cx), identity: Arc::new(identity) }
    }

    /// Verifies in the course of a long request that the caller was not logged out, disabled or deprived of
    /// the API key. The access token may have expired or been renewed since the request began.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error`] if the store fails.
    pub(crate) async fn revalidate(&self) -> Result<(), Error> {
        match &self.identity.source {
            Source::Operator | Source::Agent => Ok(()),
            Source::Session(key) => {
                let session = self.cx.auth.store.get(key).await?;
                session.map(|_| ()).ok_or_else(session::ended)
            }
            Source::ApiKey(key) => api_key::account_for(&self.cx, key).await.map(|_| ()),
        }
    }

    /// The user name.
    pub(crate) fn name(&self) -> &str {
        &self.identity.user
    }

    /// The key of the session of the request. `None` for API keys.
    pub(crate) fn session(&self) -> Option<&Key> {
        match &self.identity.source {
            Source::Session(key) => Some(key),
            Source::Operator | Source::ApiKey(_) | Source::Agent => None,
        }
    }

    /// The context of the server.
    pub(crate) fn cx(&self) -> &Cx {
        &self.cx
    }

    /// Whether roles and bindings allow a request. Operations use [`Caller::authorize`].
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn is_allowed(&self, request: &AccessRequest<'_>) -> Result<bool, Error> {
        side_channel::record_permission(request.verb.as_str(), request.resource, request.namespace);
        if matches!(self.identity.source, Source::Operator) {
            return Ok(true);
        }
        let (policy, groups) = self.policy_and_groups(request.namespace).await?;
        Ok(policy.allows(self.name(), &groups, request).await)
    }

    /// The namespaces with a binding that applies to the caller (D19).
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn bound_namespaces(&self) -> Result<BTreeSet<String>, Error> {
        let (_, groups) = self.policy_and_groups("").await?;
        let auth = &self.cx.auth;
        auth.policies.namespaces_of(&auth.store, self.name(), &groups).await
    }

    /// The policy of a namespace and the groups of the caller, as stored at the time of the call (D15).
    async fn policy_and_groups(&self, namespace: &str) -> Result<(Policy, Arc<[String]>), Error> {
        let auth = &self.cx.auth;
        let (policy, revision) = auth.policies.current(&auth.store, namespace).await?;
        Ok((policy, auth.groups.of_user(auth.store.as_ref(), self.name(), revision).await?))
    }
}

/// The token of a `Bearer` header, whose scheme is not case-sensitive, or of a header that is only a JWT (D14).
pub(crate) fn bearer(header: &str) -> Option<&str> {
    credentials(header, "bearer").or_else(|| is_jwt(header).then_some(header))
}

/// Whether a text has the form of a JWT: three parts in base64url, separated by periods.
fn is_jwt(text: &str) -> bool {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_base64url);
    text.split('.').count() == 3 && text.split('.').all(is_part)
}

/// The credentials of an `Authorization` header with this scheme.
pub(super) fn credentials<'a>(header: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, credentials) = header.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then_some(credentials)
}

fn invalid() -> Error {
    Error::Unauthenticated("invalid credentials".into())
}

/// Verifies an access token: signature, expiry, and that its session names it.
async fn verify(cx: &Context, token: &str) -> Result<Arc<VerifiedToken>, Error> {
    let auth = &cx.auth;
    let verified = match auth.verified.0.get(token) {
        Some(verified) => verified,
        None => {
            let store = auth.store.as_ref();
            let claims = auth.secret.verify(store, TokenKind::Access, token).await?;
            let session = session::key(&claims.sub, claims.session())?;
            let source = Source::Session(session.clone());
            let identity = Arc::new(Identity { user: claims.sub.clone(), source });
            Arc::new(VerifiedToken { claims, identity, session, revision: 0 })
        }
    };
    if verified.claims.exp <= cx.clock.now() {
        return Err(Error::access_token_expired());
    }
    let entry = auth.store.get(&verified.session).await?.ok_or_else(session::ended)?;
    if verified.revision == entry.revision {
        return Ok(verified);
    }
    let session = Session::parse(&entry)?;
    if session.access != verified.claims.jti {
        return Err(session::ended());
    }
    let verified = Arc::new(VerifiedToken { revision: entry.revision, ..(*verified).clone() });
    auth.verified.0.insert(token.into(), Arc::clone(&verified));
    Ok(verified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_accepted_with_and_without_a_scheme() {
        for header in ["a-b.c_d.e0", "Bearer a-b.c_d.e0", "bearer a-b.c_d.e0"] {
            assert_eq!(bearer(header), Some("a-b.c_d.e0"), "{header}");
        }
        for header in ["", "a.b", "a.b.c.d", "a..c", "a.b.c=", " a.b.c", "Basic a.b.c", "Key a.b.c"]
        {
            assert_eq!(bearer(header), None, "{header}");
        }
    }
}
