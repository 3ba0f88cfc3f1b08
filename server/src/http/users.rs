//! `users`: regular reads; passwords, groups and disabling have operations of their own.

use std::collections::BTreeMap;

use dropshot::{HttpResponseDeleted, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::scope::{Everywhere, Name};
use sensu_types::user::{Password, PasswordHash, User};
use serde::Deserialize;

use super::auth::client;
use super::body::UnreadBody;
use super::query::UnreadQuery;
use super::request::{authorize_write, conditions};
use super::response::ObjectResponse;
use super::routes::{Api, Mount, Mounted, Routes};
use crate::auth::{self, Caller};
use crate::error::{ApiError, Error};
use crate::openapi::facts::{Facts, Link};
use crate::rbac::Verb;
use crate::resources::users;
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::runtime::context::Cx;

impl Mount for User {
    fn mount(api: &mut Api) -> Mounted {
        let stored = Some("The user as stored.");
        let update = Facts { success: stored, ..Facts::custom::<User>(Verb::Update) };
        let remove =
            |success| Facts { success: Some(success), ..Facts::custom::<User>(Verb::Delete) };
        let disable = Link {
            from: "user_create",
            name: "disable",
            description: "Disable the user.",
            body: None,
        };
        Routes::<User>::new(api)
            .list("user_list", "List users")
            .custom(user_get, Facts::get::<User>().or_self())
            .custom(user_create, Facts::create::<User>())
            .custom(user_put, Facts::put::<User>())
            .custom(user_disable, Facts { link: Some(disable), ..remove("Disabled.") })
            .custom(user_reinstate, update)
            .custom(user_password, Facts { throttled: true, ..update.or_self() })
            .custom(user_password_reset, update)
            .custom(user_group_add, update)
            .custom(user_group_remove, remove("Removed."))
            .custom(user_groups_clear, remove("Removed."))
            .mount()
    }
}

/// Get a user
///
/// Returns the user and its `ETag`. Responses never contain passwords or their hashes. If
/// `If-None-Match` names the current state, the status is 304.
#[endpoint { method = GET, path = "/apis/core/v2/users/{name}", tags = ["users"] }]
async fn user_get(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
) -> Result<ObjectResponse<User>, ApiError> {
    let name = path.into_inner().name;
    let caller = Caller::from_request(&rqctx).await?;
    let grant = caller.authorize_or_self::<User>(Verb::Get, &name).await?;
    Ok(ObjectResponse::read(grant.get().await?, &conditions(&rqctx)))
}

/// Create a user
///
/// Stores a new user and returns it as stored. The body requires a user name and a password of at
/// least 8 characters and at most 72 bytes, or its bcrypt hash. If a user with this name exists,
/// even a disabled one, the status is 409.
#[endpoint { method = POST, path = "/apis/core/v2/users", tags = ["users"] }]
async fn user_create(
    rqctx: RequestContext<Cx>,
    _path: Path<Everywhere>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<User>,
) -> Result<ObjectResponse<User>, ApiError> {
    let grant = authorize_write::<User, _>(&rqctx, Verb::Create, "", "", &options).await?;
    let user = body.read(rqctx.context(), grant.options()).await?;
    Ok(ObjectResponse::written(users::create(&grant, user).await?))
}

/// Create or replace a user
///
/// Stores the user under the name in the URL and returns it as stored. Replaces `groups` and
/// `disabled`. An existing user keeps its password if the body has none; a new user requires one. A
/// new password or a change of `disabled` ends all sessions of the user, except the session of the
/// request if users change only their own password. With `If-Match`, only the
/// state with that `ETag` is replaced; with `If-None-Match: *`, the user is only created. Otherwise
/// the status is 412.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}", tags = ["users"] }]
async fn user_put(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<User>,
) -> Result<ObjectResponse<User>, ApiError> {
    let name = path.into_inner().name;
    let grant = authorize_write::<User, _>(&rqctx, Verb::Update, "", &name, &options).await?;
    let user = body.read(rqctx.context(), grant.options()).await?;
    Ok(ObjectResponse::written(users::put(&grant, user, &conditions(&rqctx)).await?))
}

/// Disable a user
///
/// The user can no longer log in, and all its sessions end. The user is not deleted, because other
/// objects refer to it. Disabling a disabled user succeeds.
#[endpoint { method = DELETE, path = "/apis/core/v2/users/{name}", tags = ["users"] }]
async fn user_disable(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: UnreadQuery<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let name = path.into_inner().name;
    let grant = authorize_write::<User, _>(&rqctx, Verb::Delete, "", &name, &options).await?;
    users::set_disabled(&grant, true).await?;
    Ok(HttpResponseDeleted())
}

/// Reinstate a disabled user
///
/// The user can log in again. Sessions that were ended stay ended.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}/reinstate", tags = ["users"] }]
async fn user_reinstate(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: UnreadQuery<DryRun>,
) -> Result<ObjectResponse<User>, ApiError> {
    let name = path.into_inner().name;
    let grant = authorize_write::<User, _>(&rqctx, Verb::Update, "", &name, &options).await?;
    Ok(ObjectResponse::written(users::set_disabled(&grant, false).await?))
}

/// Change the password of a user
///
/// Ends all sessions of the user, except the session of the request if users change their own password.
/// With `password_hash`, the hash of the new password, `password` is the current password, as released
/// clients since Sensu Go 5.21 send it. A wrong current password counts as a failed log-in.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}/password", tags = ["users"] }]
async fn user_password(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<Password>,
) -> Result<ObjectResponse<User>, ApiError> {
    let name = path.into_inner().name;
    let caller = Caller::from_request(&rqctx).await?;
    let grant = caller.authorize_or_self::<User>(Verb::Update, &name).await?;
    let grant = grant.with_options(options.read()?);
    // As in Sensu Go 5.0.0: a map of strings with an exact key.
    let body: BTreeMap<String, String> = body.read_as(rqctx.context(), grant.options()).await?;
    let known = ["password", "password_hash"];
    let unknown = body.keys().filter(|key| !known.contains(&key.as_str())).cloned();
    grant.options().reject_or_warn(unknown.collect())?;
    let text = |key| body.get(key).map(String::as_str).unwrap_or_default();
    let (password, hash) = (text("password"), text("password_hash"));
    if hash.is_empty() {
        return Ok(ObjectResponse::written(users::set_password(&grant, password).await?));
    }
    PasswordHash { password_hash: hash.to_owned() }.validate().map_err(Error::from)?;
    // Otherwise the password of a missing user would be wrong, and count as a failed log-in.
    grant.get().await?;
    let address = client(&rqctx);
    let password = password.to_owned();
    match auth::verify_current_password(rqctx.context(), &name, password, address).await {
        Ok(()) => Ok(ObjectResponse::written(users::set_hash(&grant, hash).await?)),
        Err(Error::BadLogin) => {
            let error = Error::invalid("the current password is not correct");
            Err(error.at("/password").into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Reset the password of a user by its hash
///
/// Sets the bcrypt hash of the password, for administrators and tools that do not know the
/// password. Ends all sessions of the user, except the session of the request if it is the user's own.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}/reset_password", tags = ["users"] }]
async fn user_password_reset(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<PasswordHash>,
) -> Result<ObjectResponse<User>, ApiError> {
    let name = path.into_inner().name;
    let grant = authorize_write::<User, _>(&rqctx, Verb::Update, "", &name, &options).await?;
    let body = body.read(rqctx.context(), grant.options()).await?;
    body.validate().map_err(Error::from)?;
    Ok(ObjectResponse::written(users::set_hash(&grant, &body.password_hash).await?))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Membership {
    /// Name of the user.
    name: String,
    /// Name of the group. Any text.
    group: String,
}

/// Add a user to a group
///
/// Succeeds without a change if the user is already a member. The permissions of running sessions
/// change when their tokens are renewed.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}/groups/{group}", tags = ["users"] }]
async fn user_group_add(
    rqctx: RequestContext<Cx>,
    path: Path<Membership>,
    options: UnreadQuery<DryRun>,
) -> Result<ObjectResponse<User>, ApiError> {
    let Membership { name, group } = path.into_inner();
    let grant = authorize_write::<User, _>(&rqctx, Verb::Update, "", &name, &options).await?;
    let add = |groups: &mut Vec<String>| {
        if !groups.contains(&group) {
            groups.push(group.clone());
        }
    };
    Ok(ObjectResponse::written(users::set_groups(&grant, add).await?))
}

/// Remove a user from a group
///
/// Succeeds without a change if the user is not a member. The permissions of running sessions
/// change when their tokens are renewed.
#[endpoint { method = DELETE, path = "/apis/core/v2/users/{name}/groups/{group}", tags = ["users"] }]
async fn user_group_remove(
    rqctx: RequestContext<Cx>,
    path: Path<Membership>,
    options: UnreadQuery<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let Membership { name, group } = path.into_inner();
    let grant = authorize_write::<User, _>(&rqctx, Verb::Delete, "", &name, &options).await?;
    users::set_groups(&grant, |groups| groups.retain(|member| *member != group)).await?;
    Ok(HttpResponseDeleted())
}

/// Remove a user from all groups
///
/// The permissions of running sessions change when their tokens are renewed.
#[endpoint { method = DELETE, path = "/apis/core/v2/users/{name}/groups", tags = ["users"] }]
async fn user_groups_clear(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: UnreadQuery<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let name = path.into_inner().name;
    let grant = authorize_write::<User, _>(&rqctx, Verb::Delete, "", &name, &options).await?;
    users::set_groups(&grant, Vec::clear).await?;
    Ok(HttpResponseDeleted())
}
