//! `/auth`: log in, renew, log out.

use dropshot::{HttpResponseOk, RequestContext, endpoint};
use http::header::AUTHORIZATION;
use sensu_types::tokens::{Refresh, Tokens};

use super::body::Draft;
use super::params::Params;
use super::response::Done;
use super::routes::{Api, Mounted};
use crate::auth;
use crate::error::{ApiError, Error};
use crate::openapi::facts::{Authentication, Facts, Link};
use crate::query;
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Cx;

/// The body that renews or ends the session of the response it is linked from.
const REFRESH: &str = r#"{"refresh_token": "{$response.body#/refresh_token}"}"#;

pub(super) fn mount(api: &mut Api) -> Mounted {
    let basic = Facts::authenticated(Authentication::Basic);
    let session = |name, description| Facts {
        link: Some(Link { from: "auth_login", name, description, body: Some(REFRESH) }),
        ..Facts::authenticated(Authentication::Session)
    };
    api.mount(auth_login, basic)?;
    api.mount(auth_test, basic)?;
    api.mount(auth_refresh, session("refresh", "Exchange both tokens for new ones."))?;
    api.mount(auth_logout, session("logout", "End the session."))
}

/// Log in with user and password
///
/// Exchanges HTTP Basic credentials for an access token, which is good for about 15 minutes, and a
/// refresh token, which renews it. Repeated failures are slowed down: 429 with `Retry-After`.
#[endpoint {
    method = GET,
    path = "/auth",
    tags = ["auth"],
}]
async fn auth_login(rqctx: RequestContext<Cx>) -> Result<HttpResponseOk<Tokens>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let address = rqctx.request.remote_addr().ip();
    let tokens = auth::log_in(rqctx.context(), &authorization(&rqctx), address).await?;
    Ok(HttpResponseOk(tokens))
}

/// Test user and password
///
/// Answers 200 and no body if the HTTP Basic credentials are good for logging in, and begins no
/// session. Failures count as failed log-ins do: 429 with `Retry-After` after several.
#[endpoint {
    method = GET,
    path = "/auth/test",
    tags = ["auth"],
}]
async fn auth_test(rqctx: RequestContext<Cx>) -> Result<Done, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let address = rqctx.request.remote_addr().ip();
    auth::verify_credentials(rqctx.context(), &authorization(&rqctx), address).await?;
    Ok(Done)
}

/// Renew the tokens of a session
///
/// Takes the access token in the header, where it may have expired, and the refresh token in the
/// body. Answers with a new pair; the old pair is dead from then on. A refresh token that is used a
/// second time ends its session, because it must have been copied. The user's groups are read
/// afresh.
#[endpoint {
    method = POST,
    path = "/auth/token",
    tags = ["auth"],
}]
async fn auth_refresh(
    rqctx: RequestContext<Cx>,
    draft: Draft<Refresh>,
) -> Result<HttpResponseOk<Tokens>, ApiError> {
    let (access, refresh) = both(&rqctx, draft).await?;
    Ok(HttpResponseOk(auth::refresh(rqctx.context(), &access, &refresh).await?))
}

/// Log out
///
/// Ends the session that the access token in the header and the refresh token in the body belong
/// to: neither is good for anything afterwards. Other sessions of the user go on. Logging out twice
/// is fine.
#[endpoint {
    method = POST,
    path = "/auth/logout",
    tags = ["auth"],
}]
async fn auth_logout(rqctx: RequestContext<Cx>, draft: Draft<Refresh>) -> Result<Done, ApiError> {
    let (access, refresh) = both(&rqctx, draft).await?;
    auth::log_out(rqctx.context(), &access, &refresh).await?;
    Ok(Done)
}

/// The two tokens that a session is renewed or ended with.
async fn both(
    rqctx: &RequestContext<Cx>,
    draft: Draft<Refresh>,
) -> Result<(String, String), Error> {
    query::validate(rqctx.request.uri().query())?;
    let header = authorization(rqctx);
    let access =
        auth::bearer(&header).ok_or_else(|| Error::Unauthenticated("bad credentials".into()))?;
    let options = Params::<WriteOptions>::of(rqctx).read()?;
    if options.is_dry_run() {
        return Err(Error::Invalid("sessions cannot be tried out: leave dryRun out".into()));
    }
    let body = draft.read(rqctx.context(), options).await?;
    Ok((access.to_owned(), body.refresh_token))
}

fn authorization(rqctx: &RequestContext<Cx>) -> String {
    let header = rqctx.request.headers().get(AUTHORIZATION);
    header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
