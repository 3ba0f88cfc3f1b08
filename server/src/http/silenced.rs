//! `silenced`: regular, with lists by check and by subscription.

use std::sync::Arc;

use dropshot::{Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::silenced::Silenced;
use serde::Deserialize;

use super::lists::{self, PageRequest};
use super::query::{ListQuery, UnreadQuery};
use super::response::ListResponse;
use super::routes::{Api, Mount, Mounted, Routes};
use crate::error::ApiError;
use crate::openapi::facts::{Alternative, Alternatives, Facts};
use crate::rbac::Verb;
use crate::resources::silenced::{self, SilencedField};
use crate::runtime::context::Cx;

impl Mount for Silenced {
    fn mount(api: &mut Api) -> Mounted {
        let by = Facts { alternatives: Some(&BY), ..Facts::partial_list::<Silenced>(Verb::Get) };
        Routes::<Silenced>::new(api)
            .list("silenced_list", "List silenced entries in a namespace")
            .list_all("silenced_list_all", "List silenced entries in all namespaces")
            .get("silenced_get", "Get a silenced entry")
            .create("silenced_create", "Silence a check or subscription")
            .put("silenced_put", "Create or replace a silenced entry")
            .patch("silenced_patch", "Update fields of a silenced entry")
            .delete("silenced_delete", "Delete a silenced entry")
            .custom(silenced_list_by, by)
            .mount()
    }
}

/// Dropshot's router accepts no literal segment beside a variable, so both lists share one route.
const BY: Alternatives = Alternatives {
    selector: "name",
    variable: "value",
    schema: "By",
    operations: &[
        Alternative {
            segment: "checks",
            parameter: ("check", "Name of the check, matched exactly."),
            id: "silenced_list_check",
            summary: "List silenced entries of a check",
            description: "Returns the entries for exactly this check, sorted by name, in byte \
                          order, in pages.",
        },
        Alternative {
            segment: "subscriptions",
            parameter: ("subscription", "Name of the subscription, matched exactly."),
            id: "silenced_list_subscription",
            summary: "List silenced entries of a subscription",
            description: "Returns the entries for exactly this subscription, sorted by name, in \
                          byte order, in pages.",
        },
    ],
};

/// The field to list by.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum By {
    Checks,
    Subscriptions,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct SilencedByPath {
    /// Name of the namespace.
    namespace: String,
    /// The field to list by.
    name: By,
    /// The value of the field.
    value: String,
}

/// List silenced entries of a check or a subscription
///
/// Published as two operations.
#[endpoint {
    method = GET,
    path = "/apis/core/v2/namespaces/{namespace}/silenced/{name}/{value}",
    tags = ["silenced"],
}]
async fn silenced_list_by(
    rqctx: RequestContext<Cx>,
    path: Path<SilencedByPath>,
    query: UnreadQuery<ListQuery>,
) -> Result<ListResponse<Silenced>, ApiError> {
    let SilencedByPath { namespace, name: by, value } = path.into_inner();
    let (segment, field) = match by {
        By::Checks => ("checks", SilencedField::Check),
        By::Subscriptions => ("subscriptions", SilencedField::Subscription),
    };
    // As in Sensu Go 5.0.0, the permission is to get an entry of this name.
    let name = format!("{segment}/{value}");
    let by = Arc::new((namespace, name, value));
    lists::respond(&rqctx, query, move |page: PageRequest| {
        let by = Arc::clone(&by);
        async move {
            let (namespace, name, value) = by.as_ref();
            let grant = page.caller.authorize::<Silenced>(Verb::Get, namespace, name).await?;
            silenced::list_by(&grant, field, value, &page.params::<Silenced>()?).await
        }
    })
    .await
}
