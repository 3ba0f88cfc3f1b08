//! `checks`: regular, with hooks as a sub-resource and an operation that runs a check.

use dropshot::{HttpResponseAccepted, HttpResponseDeleted, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::adhoc::{AdhocRequest, Issued};
use sensu_types::check::{CheckConfig, HookList};
use sensu_types::scope::NamespacedName;
use serde::Deserialize;

use super::body::UnreadBody;
use super::query::UnreadQuery;
use super::request::{authorize_write, conditions};
use super::response::ObjectResponse;
use super::routes::{Api, Mount, Mounted, Routes};
use crate::error::ApiError;
use crate::openapi::facts::{Conditional, Facts, Link};
use crate::rbac::Verb;
use crate::resources::checks;
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::runtime::context::Cx;

impl Mount for CheckConfig {
    fn mount(api: &mut Api) -> Mounted {
        let execute = Link {
            from: "check_create",
            name: "execute",
            description: "Run the check now.",
            body: None,
        };
        let execute = Facts {
            link: Some(execute),
            success: Some("Accepted. Results arrive as events."),
            ..Facts::custom::<CheckConfig>(Verb::Create)
        };
        let add_hook = Facts {
            conditional: Conditional::Replace,
            success: Some("The check as stored."),
            ..Facts::custom::<CheckConfig>(Verb::Update)
        };
        let remove_hook = Facts {
            conditional: Conditional::Change,
            success: Some("Removed."),
            ..Facts::custom::<CheckConfig>(Verb::Delete)
        };
        Routes::<CheckConfig>::new(api)
            .list("check_list", "List checks in a namespace")
            .list_all("check_list_all", "List checks in all namespaces")
            .get("check_get", "Get a check")
            .create("check_create", "Create a check")
            .put("check_put", "Create or replace a check")
            .patch("check_patch", "Update fields of a check")
            .delete("check_delete", "Delete a check")
            .custom(check_execute, execute)
            .custom(check_hook_add, add_hook)
            .custom(check_hook_remove, remove_hook)
            .mount()
    }
}

/// Run a check now
///
/// Requests one run of the check from all connected agents with its subscriptions, or with the subscriptions in
/// the body, even if the check is not published, subdued or has `round_robin`; a check with `proxy_requests` is executed
/// for all entities at once. The status is 202, and the response contains the time of the request. The server sends the
/// request to the agents after the response, and does not wait for them: agents that connect later do not get it, and
/// results arrive as events. If agents are disabled (`--disable agents`), nothing is executed. At most the last 10
/// requests of a check wait, for an hour, each of at most 16,384 bytes.
#[endpoint {
    method = POST,
    path = "/apis/core/v2/namespaces/{namespace}/checks/{name}/execute",
    tags = ["checks"],
}]
async fn check_execute(
    rqctx: RequestContext<Cx>,
    path: Path<NamespacedName>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<AdhocRequest>,
) -> Result<HttpResponseAccepted<Issued>, ApiError> {
    let NamespacedName { namespace, name } = path.into_inner();
    let verb = Verb::Create;
    let grant =
        authorize_write::<CheckConfig, _>(&rqctx, verb, &namespace, &name, &options).await?;
    let request = body.read(rqctx.context(), grant.options()).await?;
    Ok(HttpResponseAccepted(checks::execute(&grant, request).await?))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct CheckHookType {
    /// Name of the namespace.
    namespace: String,
    /// Name of the check.
    name: String,
    /// Result that the hooks run for: `ok`, `warning`, `critical`, `unknown`, `non-zero`, or an
    /// exit status from 0 to 255.
    #[schemars(regex(
        pattern = "^(ok|warning|critical|unknown|non-zero|0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])$"
    ))]
    #[serde(rename = "type")]
    kind: String,
}

/// Add hooks to a check
///
/// The body contains the type of result in the URL and the names of the hooks to run for it:
/// `{"critical": ["hook"]}`. Another type is 400. New names are appended; names that the check has for this type keep their position.
/// With `If-Match`, only the state with that `ETag` is changed; otherwise the status is 412.
#[endpoint {
    method = PUT,
    path = "/apis/core/v2/namespaces/{namespace}/checks/{name}/hooks/{type}",
    tags = ["checks"],
}]
async fn check_hook_add(
    rqctx: RequestContext<Cx>,
    path: Path<CheckHookType>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<HookList>,
) -> Result<ObjectResponse<CheckConfig>, ApiError> {
    let CheckHookType { namespace, name, kind } = path.into_inner();
    let verb = Verb::Update;
    let grant =
        authorize_write::<CheckConfig, _>(&rqctx, verb, &namespace, &name, &options).await?;
    let hooks = body.read(rqctx.context(), grant.options()).await?;
    Ok(ObjectResponse::written(checks::add_hooks(&grant, &kind, hooks, &conditions(&rqctx)).await?))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct CheckHook {
    /// Name of the namespace.
    namespace: String,
    /// Name of the check.
    name: String,
    /// Result that the hook runs for: `ok`, `warning`, `critical`, `unknown`, `non-zero`, or an
    /// exit status from 0 to 255.
    #[serde(rename = "type")]
    kind: String,
    /// Name of the hook.
    hook: String,
}

/// Remove a hook from a check
///
/// Removes the first hook with this name from the type, and the type with its last hook. If the
/// check, the type or the hook does not exist, the status is 404. With `If-Match`, only the state
/// with that `ETag` is changed; otherwise the status is 412.
#[endpoint {
    method = DELETE,
    path = "/apis/core/v2/namespaces/{namespace}/checks/{name}/hooks/{type}/hook/{hook}",
    tags = ["checks"],
}]
async fn check_hook_remove(
    rqctx: RequestContext<Cx>,
    path: Path<CheckHook>,
    options: UnreadQuery<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let CheckHook { namespace, name, kind, hook } = path.into_inner();
    let verb = Verb::Delete;
    let grant =
        authorize_write::<CheckConfig, _>(&rqctx, verb, &namespace, &name, &options).await?;
    checks::remove_hook(&grant, &kind, &hook, &conditions(&rqctx)).await?;
    Ok(HttpResponseDeleted())
}
