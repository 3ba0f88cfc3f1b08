//! `checks`: regular, with their hooks as a sub-resource and a way to run one now.

use dropshot::{HttpResponseAccepted, HttpResponseDeleted, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::adhoc::{AdhocRequest, Issued};
use sensu_types::check::CheckConfig;
use sensu_types::scope::NamespacedName;
use serde::Deserialize;

use super::body::Draft;
use super::params::Params;
use super::response::One;
use super::routes::{Api, Mounted, Routes};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::openapi::facts::{Conditional, Facts, Link};
use crate::rbac::Verb;
use crate::resources::checks;
use crate::resources::preconditions::Conditions;
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    let execute =
        Link { from: "check_create", name: "execute", description: "Run it now.", body: None };
    let execute = Facts { link: Some(execute), ..Facts::custom::<CheckConfig>(Verb::Create) };
    let add_hook =
        Facts { conditional: Conditional::Replace, ..Facts::custom::<CheckConfig>(Verb::Update) };
    let remove_hook =
        Facts { conditional: Conditional::Change, ..Facts::custom::<CheckConfig>(Verb::Delete) };
    Routes::<CheckConfig>::of(api)
        .list("check_list", "List the checks of a namespace")
        .list_all("check_list_all", "List the checks of every namespace")
        .get("check_get", "Fetch a check")
        .create("check_create", "Create a check")
        .put("check_put", "Create or replace a check")
        .patch("check_patch", "Change parts of a check")
        .delete("check_delete", "Delete a check")
        .custom(check_execute, execute)
        .custom(check_hook_add, add_hook)
        .custom(check_hook_remove, remove_hook)
        .mount()
}

/// Run a check now
///
/// Asks the agents that subscribe to the check, or to the subscriptions in the body, to run it once,
/// whether or not it is published. The answer says when the request was taken; results arrive as
/// events.
#[endpoint {
    method = POST,
    path = "/apis/core/v2/namespaces/{namespace}/checks/{name}/execute",
    tags = ["checks"],
}]
async fn check_execute(
    rqctx: RequestContext<Cx>,
    path: Path<NamespacedName>,
    options: Params<WriteOptions>,
    draft: Draft<AdhocRequest>,
) -> Result<HttpResponseAccepted<Issued>, ApiError> {
    let NamespacedName { namespace, name } = path.into_inner();
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<CheckConfig>(Verb::Create, &namespace, &name)
        .await?
        .with_options(options.read()?);
    let request = draft.read(rqctx.context(), grant.options()).await?;
    Ok(HttpResponseAccepted(checks::execute(&grant, request).await?))
}

/// A check and a kind of result that hooks respond to.
#[derive(Debug, Deserialize, JsonSchema)]
struct CheckHookType {
    /// The namespace, for example `default`.
    namespace: String,
    /// The name of the check.
    name: String,
    /// When the hooks run: `ok`, `warning`, `critical`, `unknown`, `non-zero`, or an exit status
    /// from 1 to 255.
    #[serde(rename = "type")]
    _kind: String,
}

/// Add hooks to a check
///
/// The body names the type of result and the hooks to run for it: `{"critical": ["hook"]}`. Hooks
/// that the type has already stay where they are; others are appended.
#[endpoint {
    method = PUT,
    path = "/apis/core/v2/namespaces/{namespace}/checks/{name}/hooks/{type}",
    tags = ["checks"],
}]
async fn check_hook_add(
    rqctx: RequestContext<Cx>,
    path: Path<CheckHookType>,
    options: Params<WriteOptions>,
    draft: Draft<sensu_types::check::HookList>,
) -> Result<One<CheckConfig>, ApiError> {
    // As in the reference, the body says which kind of result it is about.
    let CheckHookType { namespace, name, .. } = path.into_inner();
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<CheckConfig>(Verb::Update, &namespace, &name)
        .await?
        .with_options(options.read()?);
    let hooks = draft.read(rqctx.context(), grant.options()).await?;
    let conditions = Conditions::from_headers(rqctx.request.headers());
    Ok(One::written(checks::add_hooks(&grant, hooks, &conditions).await?))
}

/// A hook of a check.
#[derive(Debug, Deserialize, JsonSchema)]
struct CheckHook {
    /// The namespace, for example `default`.
    namespace: String,
    /// The name of the check.
    name: String,
    /// When the hook runs: `ok`, `warning`, `critical`, `unknown`, `non-zero`, or an exit status
    /// from 1 to 255.
    #[serde(rename = "type")]
    kind: String,
    /// The name of the hook.
    hook: String,
}

/// Remove a hook from a check
///
/// Removes the first of this name from the type; a type without hooks goes with its last one. 404 if
/// the check, the type or the hook is not there.
#[endpoint {
    method = DELETE,
    path = "/apis/core/v2/namespaces/{namespace}/checks/{name}/hooks/{type}/hook/{hook}",
    tags = ["checks"],
}]
async fn check_hook_remove(
    rqctx: RequestContext<Cx>,
    path: Path<CheckHook>,
    options: Params<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let CheckHook { namespace, name, kind, hook } = path.into_inner();
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<CheckConfig>(Verb::Delete, &namespace, &name)
        .await?
        .with_options(options.read()?);
    let conditions = Conditions::from_headers(rqctx.request.headers());
    checks::remove_hook(&grant, &kind, &hook, &conditions).await?;
    Ok(HttpResponseDeleted())
}
