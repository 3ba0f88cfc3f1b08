//! `silenced`: regular, with two lists by what is silenced.

use bytes::Bytes;
use dropshot::{Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::silenced::Silenced;
use serde::Deserialize;

use super::params::{Paging, Params};
use super::response::Many;
use super::routes::{Api, Mounted, PREFIX, Routes};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::keyspace::parse;
use crate::rbac::Verb;
use crate::resources::page;
use crate::resources::store::render_selected;
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<Silenced>::of(api)
        .list("silenced_list", "List the silenced entries of a namespace")
        .list_all("silenced_list_all", "List the silenced entries of every namespace")
        .get("silenced_get", "Fetch a silenced entry")
        .create("silenced_create", "Silence a check or subscription")
        .put("silenced_put", "Create or replace a silenced entry")
        .patch("silenced_patch", "Change parts of a silenced entry")
        .delete("silenced_delete", "Delete a silenced entry")
        .also(silenced_list_by)
        .mount()
}

/// Whether a path is not just one that the joined route would take, but one that is published.
pub(crate) fn is_published(path: &str) -> bool {
    let mut words = path.strip_prefix(PREFIX).unwrap_or_default().split('/').skip(1);
    let joined = words.next() == Some("namespaces") && words.nth(1) == Some("silenced");
    let by = words.next().unwrap_or_default();
    let has_value = words.next().is_some();
    !(joined && has_value) || matches!(by, "checks" | "subscriptions")
}

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
/// An answer holds at most 512,000 bytes: if more entries exist, it carries `Sensu-Continue`.
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
    let word = match by {
        By::Checks => "checks",
        By::Subscriptions => "subscriptions",
    };
    let caller = Caller::from_request(&rqctx).await?;
    // As in the reference, what is asked for is to get something of this name.
    caller.authorize::<Silenced>(Verb::Get, &namespace, &format!("{word}/{value}")).await?;
    let grant = caller.grant::<Silenced>(&namespace, "");
    let want = paging.read()?.list_params()?;
    let show = |entry: &sensu_store::Entry| -> Result<Option<Bytes>, crate::error::Error> {
        let silenced: Silenced = parse(entry)?;
        let field = match by {
            By::Checks => &silenced.check,
            By::Subscriptions => &silenced.subscription,
        };
        if *field == value { render_selected::<Silenced>(entry, &want.selection) } else { Ok(None) }
    };
    let page = match grant.prefix() {
        Some(prefix) => {
            let max_bytes = rqctx.context().limits.response_bytes;
            page::read(grant.store(), &prefix, &want, max_bytes, show).await?
        }
        None => page::Page::empty(),
    };
    Ok(Many::of(page, &rqctx))
}
