//! `/auth`: log in, renew the tokens of a session, log out.

use std::net::IpAddr;

use dropshot::{RequestContext, endpoint};
use http::header::AUTHORIZATION;
use sensu_types::tokens::{Refresh, Tokens};

use super::body::UnreadBody;
use super::query::UnreadQuery;
use super::response::{NoContent, Uncached};
use super::routes::{Api, Mounted};
use crate::auth;
use crate::client_address::client_address;
use crate::error::{ApiError, Error};
use crate::openapi::facts::{Authentication, Facts, Link};
use crate::query;
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::{Cx, Limits};

/// The body that renews or ends the session of the response that the link starts from.
const REFRESH: &str = r#"{"refresh_token": "{$response.body#/refresh_token}"}"#;

pub(super) fn mount(api: &mut Api) -> Mounted {
    let basic =
        |success| Facts { success: Some(success), ..Facts::authenticated(Authentication::Basic) };
    let session = |name, description, success| Facts {
        link: Some(Link { from: "auth_login", name, description, body: Some(REFRESH) }),
        success: Some(success),
        ..Facts::authenticated(Authentication::Session)
    };
    let refresh = session("refresh", "Exchange both tokens for new ones.", "The new tokens.");
    let log_out = session("logout", "End the session.", "Logged out.");
    api.mount(auth_login, basic("The tokens of the new session."))?;
    api.mount(auth_test, basic("The credentials are valid."))?;
    api.mount(auth_refresh, refresh)?;
    api.mount(auth_logout, log_out)
}

/// Log in with user name and password
///
/// Starts a session and returns its tokens in exchange for HTTP Basic credentials: an access token,
/// valid for %access-token% by default, and a refresh token, which renews it.
///
/// After %logins% failures of the user from an address, one attempt per %login-interval% is accepted; after
/// %user-logins% failures of the user from any address, one per %user-login-interval%; after
/// %address-logins% failures from an address, one per %address-login-interval%. The status of others is 429
/// with a `Retry-After` header, whatever the password.
#[endpoint {
    method = GET,
    path = "/auth",
    tags = ["auth"],
}]
async fn auth_login(rqctx: RequestContext<Cx>) -> Result<Uncached<Tokens>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let (header, address) = (authorization(&rqctx), client(&rqctx));
    let tokens = auth::log_in(rqctx.context(), &header, address).await?;
    record_credentials(&rqctx);
    Ok(Uncached(tokens))
}

/// Test user name and password
///
/// Verifies HTTP Basic credentials without starting a session. A failure counts as a failed login:
/// after %logins% failures, one attempt per %login-interval% is accepted; the status of others is 429
/// with a `Retry-After` header.
#[endpoint {
    method = GET,
    path = "/auth/test",
    tags = ["auth"],
}]
async fn auth_test(rqctx: RequestContext<Cx>) -> Result<NoContent, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let (header, address) = (authorization(&rqctx), client(&rqctx));
    auth::verify_credentials(rqctx.context(), &header, address).await?;
    record_credentials(&rqctx);
    Ok(NoContent)
}

/// Renew the tokens of a session
///
/// Requires the access token, expired or not, in the `Authorization` header and the refresh token
/// in the body of at most %token-body-bytes% bytes. Returns a new pair of tokens and invalidates the old one. For
/// %refresh-grace%, the old refresh token returns the same new pair again, so that clients can renew a session at the
/// same time; later use ends the session, because the token must have been copied. The new access token has the
/// current groups of the user.
#[endpoint {
    method = POST,
    path = "/auth/token",
    tags = ["auth"],
}]
async fn auth_refresh(
    rqctx: RequestContext<Cx>,
    body: UnreadBody<Refresh>,
) -> Result<Uncached<Tokens>, ApiError> {
    let (access, refresh) = tokens(&rqctx, body).await?;
    let tokens = auth::refresh(rqctx.context(), &access, &refresh).await?;
    record_credentials(&rqctx);
    Ok(Uncached(tokens))
}

/// Log out
///
/// Requires the access token, expired or not, in the `Authorization` header and the refresh token
/// in the body of at most %token-body-bytes% bytes. Ends the session and invalidates both tokens. Other sessions of the user are not
/// affected. Logging out twice succeeds.
#[endpoint {
    method = POST,
    path = "/auth/logout",
    tags = ["auth"],
}]
async fn auth_logout(
    rqctx: RequestContext<Cx>,
    body: UnreadBody<Refresh>,
) -> Result<NoContent, ApiError> {
    let (access, refresh) = tokens(&rqctx, body).await?;
    auth::log_out(rqctx.context(), &access, &refresh).await?;
    Ok(NoContent)
}

/// The access token and the refresh token of a request.
async fn tokens(
    rqctx: &RequestContext<Cx>,
    body: UnreadBody<Refresh>,
) -> Result<(String, String), Error> {
    query::validate(rqctx.request.uri().query())?;
    let header = authorization(rqctx);
    let access =
        auth::bearer(&header).ok_or_else(|| Error::Unauthenticated("bad credentials".into()))?;
    auth::verify_access_signature(rqctx.context(), access).await?;
    let options = UnreadQuery::<WriteOptions>::new(rqctx).read()?;
    if options.is_dry_run() {
        return Err(Error::invalid("dryRun is not supported for sessions"));
    }
    let body = body.with_limit(Limits::TOKEN_BODY_BYTES).read(rqctx.context(), options).await?;
    Ok((access.to_owned(), body.refresh_token))
}

/// The address of the client.
pub(super) fn client(rqctx: &RequestContext<Cx>) -> IpAddr {
    let (request, cx) = (&rqctx.request, rqctx.context());
    client_address(request.remote_addr().ip(), request.headers(), &cx.limits.trusted_proxies)
}

fn authorization(rqctx: &RequestContext<Cx>) -> String {
    let header = rqctx.request.headers().get(AUTHORIZATION);
    header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Records that the client of the connection has credentials.
fn record_credentials(rqctx: &RequestContext<Cx>) {
    rqctx.context().connections.authenticated(rqctx.request.remote_addr());
}
