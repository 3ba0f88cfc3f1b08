//! `users`: who may log in. Passwords, groups and disabling have operations of their own.

use std::collections::BTreeMap;

use dropshot::{HttpResponseDeleted, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::scope::{Everywhere, Name};
use sensu_types::user::{Password, PasswordHash, User};
use serde::Deserialize;

use super::body::Draft;
use super::params::Params;
use super::response::One;
use super::routes::{Api, Mounted, Routes};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::openapi::facts::{Facts, Link};
use crate::rbac::Verb;
use crate::resources::grant::Grant;
use crate::resources::preconditions::Conditions;
use crate::resources::users;
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    let disable = Link {
        from: "user_create",
        name: "disable",
        description: "Keep the user from logging in.",
        body: None,
    };
    let (update, delete) =
        (Facts::custom::<User>(Verb::Update), Facts::custom::<User>(Verb::Delete));
    Routes::<User>::of(api)
        .list("user_list", "List the users")
        .custom(user_get, Facts::get::<User>().or_self())
        .custom(user_create, Facts::create::<User>())
        .custom(user_put, Facts::put::<User>())
        .custom(user_disable, Facts { link: Some(disable), ..delete })
        .custom(user_reinstate, update)
        .custom(user_password, update.or_self())
        .custom(user_password_reset, update)
        .custom(user_group_add, update)
        .custom(user_group_remove, delete)
        .custom(user_groups_clear, delete)
        .mount()
}

/// Fetch a user
///
/// Users may always fetch themselves. Passwords are never shown.
#[endpoint { method = GET, path = "/apis/core/v2/users/{name}", tags = ["users"] }]
async fn user_get(rqctx: RequestContext<Cx>, path: Path<Name>) -> Result<One<User>, ApiError> {
    let name = path.into_inner().name;
    let grant =
        Caller::from_request(&rqctx).await?.authorize_or_self::<User>(Verb::Get, &name).await?;
    Ok(One::read(grant.get().await?, &Conditions::from_headers(rqctx.request.headers())))
}

/// Create a user
///
/// Needs a username and a password of at least 8 characters and at most 72 bytes. Refused with 409 if
/// there is a user with this name, disabled ones included.
#[endpoint { method = POST, path = "/apis/core/v2/users", tags = ["users"] }]
async fn user_create(
    rqctx: RequestContext<Cx>,
    _path: Path<Everywhere>,
    options: Params<WriteOptions>,
    draft: Draft<User>,
) -> Result<One<User>, ApiError> {
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<User>(Verb::Create, "", "")
        .await?
        .with_options(options.read()?);
    let user = draft.read(rqctx.context(), grant.options()).await?;
    Ok(One::written(users::create(&grant, user).await?))
}

/// Create or replace a user
///
/// Groups and `disabled` are replaced as a whole. Without a password, an existing user keeps the one
/// it has; a new password or a change of `disabled` ends the user's sessions.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}", tags = ["users"] }]
async fn user_put(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: Params<WriteOptions>,
    draft: Draft<User>,
) -> Result<One<User>, ApiError> {
    let grant = update(&rqctx, path).await?.with_options(options.read()?);
    let user = draft.read(rqctx.context(), grant.options()).await?;
    let conditions = Conditions::from_headers(rqctx.request.headers());
    Ok(One::written(users::put(&grant, user, &conditions).await?))
}

/// Disable a user
///
/// The user can no longer log in, and its sessions end at once. Users are not removed, because
/// other objects carry their names. Disabling twice is fine.
#[endpoint { method = DELETE, path = "/apis/core/v2/users/{name}", tags = ["users"] }]
async fn user_disable(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: Params<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let name = path.into_inner().name;
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<User>(Verb::Delete, "", &name)
        .await?
        .with_options(options.read()?);
    users::set_disabled(&grant, true).await?;
    Ok(HttpResponseDeleted())
}

/// Reinstate a disabled user
///
/// The user can log in again; sessions from before stay ended.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}/reinstate", tags = ["users"] }]
async fn user_reinstate(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: Params<DryRun>,
) -> Result<One<User>, ApiError> {
    let grant = update(&rqctx, path).await?.with_options(options.read()?);
    Ok(One::written(users::set_disabled(&grant, false).await?))
}

/// Change a password
///
/// Users may always change their own. Ends all sessions of the user, the one that asks included if
/// it is its own.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}/password", tags = ["users"] }]
async fn user_password(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: Params<WriteOptions>,
    draft: Draft<Password>,
) -> Result<One<User>, ApiError> {
    let name = path.into_inner().name;
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize_or_self::<User>(Verb::Update, &name)
        .await?
        .with_options(options.read()?);
    // As in the reference: a map of texts, its key spelled exactly.
    let body: BTreeMap<String, String> = draft.read_as(rqctx.context(), grant.options()).await?;
    let others = body.keys().filter(|key| *key != "password").cloned();
    grant.options().reject_or_warn(others.collect())?;
    let password = body.get("password").map(String::as_str).unwrap_or_default();
    Ok(One::written(users::set_password(&grant, password).await?))
}

/// Set a password by its hash
///
/// For administrators and tools that know only the bcrypt hash. Ends all sessions of the user.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}/reset_password", tags = ["users"] }]
async fn user_password_reset(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: Params<WriteOptions>,
    draft: Draft<PasswordHash>,
) -> Result<One<User>, ApiError> {
    let grant = update(&rqctx, path).await?.with_options(options.read()?);
    let body = draft.read(rqctx.context(), grant.options()).await?;
    body.validate().map_err(crate::error::Error::from)?;
    Ok(One::written(users::set_hash(&grant, &body.password_hash).await?))
}

/// A user and one of its groups.
#[derive(Debug, Deserialize, JsonSchema)]
struct Membership {
    /// The name of the user.
    name: String,
    /// The name of the group. Any text.
    group: String,
}

/// Add a user to a group
///
/// Nothing changes if the user is a member already. Rights of running sessions change when they are
/// renewed.
#[endpoint { method = PUT, path = "/apis/core/v2/users/{name}/groups/{group}", tags = ["users"] }]
async fn user_group_add(
    rqctx: RequestContext<Cx>,
    path: Path<Membership>,
    options: Params<DryRun>,
) -> Result<One<User>, ApiError> {
    let Membership { name, group } = path.into_inner();
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<User>(Verb::Update, "", &name)
        .await?
        .with_options(options.read()?);
    let add = |groups: &mut Vec<String>| {
        if !groups.contains(&group) {
            groups.push(group.clone());
        }
    };
    Ok(One::written(users::set_groups(&grant, add).await?))
}

/// Remove a user from a group
///
/// Nothing changes if the user is not a member. Rights of running sessions change when they are
/// renewed.
#[endpoint { method = DELETE, path = "/apis/core/v2/users/{name}/groups/{group}", tags = ["users"] }]
async fn user_group_remove(
    rqctx: RequestContext<Cx>,
    path: Path<Membership>,
    options: Params<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let Membership { name, group } = path.into_inner();
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<User>(Verb::Delete, "", &name)
        .await?
        .with_options(options.read()?);
    users::set_groups(&grant, |groups| groups.retain(|member| *member != group)).await?;
    Ok(HttpResponseDeleted())
}

/// Remove a user from all groups
///
/// Rights of running sessions change when they are renewed.
#[endpoint { method = DELETE, path = "/apis/core/v2/users/{name}/groups", tags = ["users"] }]
async fn user_groups_clear(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: Params<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let name = path.into_inner().name;
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<User>(Verb::Delete, "", &name)
        .await?
        .with_options(options.read()?);
    users::set_groups(&grant, Vec::clear).await?;
    Ok(HttpResponseDeleted())
}

async fn update(rqctx: &RequestContext<Cx>, path: Path<Name>) -> Result<Grant<User>, ApiError> {
    let name = path.into_inner().name;
    Ok(Caller::from_request(rqctx).await?.authorize::<User>(Verb::Update, "", &name).await?)
}
