//! `silenced`: regular, with two lists by what is silenced.

use dropshot::{Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::silenced::Silenced;
use serde::Deserialize;

use super::params::{Paging, Params};
use super::response::Many;
use super::routes::{Api, Mounted, Routes};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::openapi::facts::{Alternative, Alternatives, Facts};
use crate::rbac::Verb;
use crate::resources::silenced::{self, SilencedField};
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    // As in the reference, the permission is to get an entry of the name `checks/...`.
    let by = Facts { alternatives: Some(&BY), ..Facts::partial_list::<Silenced>(Verb::Get) };
    Routes::<Silenced>::of(api)
        .list("silenced_list", "List the silenced entries of a namespace")
        .list_all("silenced_list_all", "List the silenced entries of every namespace")
        .get("silenced_get", "Fetch a silenced entry")
        .create("silenced_create", "Silence a check or subscription")
        .put("silenced_put", "Create or replace a silenced entry")
        .patch("silenced_patch", "Change parts of a silenced entry")
        .delete("silenced_delete", "Delete a silenced entry")
        .custom(silenced_list_by, by)
        .mount()
}

/// Dropshot's router takes no literal segment beside a variable, so both lists are one route.
const BY: Alternatives = Alternatives {
    selector: "name",
    variable: "value",
    schema: "By",
    operations: &[
        Alternative {
            segment: "checks",
            parameter: ("check", "The check, matched exactly."),
            id: "silenced_list_check",
            summary: "List the silenced entries of a check",
            description: "Entries whose check is exactly the one in the URL, in byte order of their names. An answer \
             holds at most %RESPONSE_BYTES% bytes: if more entries exist, it carries `Sensu-Continue`.",
        },
        Alternative {
            segment: "subscriptions",
            parameter: ("subscription", "The subscription, matched exactly."),
            id: "silenced_list_subscription",
            summary: "List the silenced entries of a subscription",
            description: "Entries whose subscription is exactly the one in the URL, in byte order of their names. An answer \
             holds at most %RESPONSE_BYTES% bytes: if more entries exist, it carries `Sensu-Continue`.",
        },
    ],
};

/// What silenced entries are looked up by.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum By {
    /// The check.
    Checks,
    /// The subscription.
    Subscriptions,
}

/// Entries of a namespace that silence something. Dropshot's router takes no word beside a variable,
/// so both lists are one route; the published document shows two.
#[derive(Debug, Deserialize, JsonSchema)]
struct SilencedBy {
    /// The namespace, for example `default`.
    namespace: String,
    /// What to look for: `checks` or `subscriptions`.
    name: By,
    /// The check or subscription, matched exactly.
    value: String,
}

/// List the silenced entries of one check or subscription
///
/// Entries whose check or subscription is exactly the one in the URL, in byte order of their names.
/// An answer holds at most %RESPONSE_BYTES% bytes: if more entries exist, it carries `Sensu-Continue`.
#[endpoint {
    method = GET,
    path = "/apis/core/v2/namespaces/{namespace}/silenced/{name}/{value}",
    tags = ["silenced"],
}]
async fn silenced_list_by(
    rqctx: RequestContext<Cx>,
    path: Path<SilencedBy>,
    paging: Params<Paging>,
) -> Result<Many<Silenced>, ApiError> {
    let SilencedBy { namespace, name: by, value } = path.into_inner();
    let (word, field) = match by {
        By::Checks => ("checks", SilencedField::Check),
        By::Subscriptions => ("subscriptions", SilencedField::Subscription),
    };
    let caller = Caller::from_request(&rqctx).await?;
    // As in Sensu Go 5.0.0, the permission is to get an entry of this name.
    let grant =
        caller.authorize::<Silenced>(Verb::Get, &namespace, &format!("{word}/{value}")).await?;
    let page = silenced::list_by(&grant, field, &value, &paging.read()?.list_params()?).await?;
    Ok(Many::of(page, &rqctx))
}
