//! `cluster`: the members of the cluster, and its id.

use dropshot::{HttpResponseOk, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::cluster::MemberList;
use serde::Deserialize;

use super::body::Form;
use super::params::Params;
use super::routes::{Api, Mounted};
use crate::auth::Caller;
use crate::error::{ApiError, Error};
use crate::openapi::facts::Facts;
use crate::rbac::Verb;
use crate::resources::cluster::{self, Cluster};
use crate::resources::grant::{Grant, Protected as _};
use crate::resources::write_options::DryRun;
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    let facts = |verb| Facts::on(Cluster::RBAC_RESOURCE, verb);
    api.mount(cluster_id_get, facts(Verb::Get))?;
    api.mount(cluster_member_list, facts(Verb::List))?;
    api.mount(cluster_member_add, Facts { conflict: true, ..facts(Verb::Create) })?;
    api.mount(cluster_member_update, Facts { not_found: true, ..facts(Verb::Update) })?;
    api.mount(cluster_member_remove, Facts { not_found: true, ..facts(Verb::Delete) })
}

/// Where a member is reached.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Peers {
    /// Where other members reach it: addresses separated by commas, each beginning with `http`, `https`,
    /// `unix` or `unixs` and `://`. Where the query has none, a form in the body may.
    #[serde(rename = "peer-addrs")]
    #[schemars(required, regex(pattern = "^(https?|unixs?)://[^,]*(,(https?|unixs?)://[^,]*)*$"))]
    addresses: Option<String>,
}

/// A member.
#[derive(Debug, Deserialize, JsonSchema)]
struct MemberId {
    /// The member's number in hexadecimal, without a prefix.
    #[schemars(regex(pattern = "^0*[0-9A-Fa-f]{1,16}$"))]
    id: String,
}

/// Fetch the id of the cluster
///
/// A UUID that is made when the store is, and stays.
#[endpoint { method = GET, path = "/apis/core/v2/cluster/id", tags = ["cluster"] }]
async fn cluster_id_get(rqctx: RequestContext<Cx>) -> Result<HttpResponseOk<String>, ApiError> {
    let grant = authorize(&rqctx, Verb::Get, "").await?;
    Ok(HttpResponseOk(cluster::id(&grant).to_owned()))
}

/// List the members of the cluster
///
/// The embedded store has one.
#[endpoint { method = GET, path = "/apis/core/v2/cluster/members", tags = ["cluster"] }]
async fn cluster_member_list(
    rqctx: RequestContext<Cx>,
) -> Result<HttpResponseOk<MemberList>, ApiError> {
    let grant = authorize(&rqctx, Verb::List, "").await?;
    Ok(HttpResponseOk(cluster::members(&grant).await?))
}

/// Add a member to the cluster
///
/// The embedded store has exactly one member, so another one is refused with 400, and one at a known
/// address with 409.
#[endpoint { method = POST, path = "/apis/core/v2/cluster/members", tags = ["cluster"] }]
async fn cluster_member_add(
    rqctx: RequestContext<Cx>,
    query: Params<Peers>,
    options: Params<DryRun>,
    form: Form,
) -> Result<HttpResponseOk<MemberList>, ApiError> {
    let grant = authorize(&rqctx, Verb::Create, "").await?.with_options(options.read()?);
    let addresses = addresses(&rqctx, &query, form).await?;
    Ok(HttpResponseOk(cluster::add(&grant, &addresses).await?))
}

/// Change the addresses of a member
///
/// Changes what is shown as the member's `peerURLs`.
#[endpoint { method = PUT, path = "/apis/core/v2/cluster/members/{id}", tags = ["cluster"] }]
async fn cluster_member_update(
    rqctx: RequestContext<Cx>,
    path: Path<MemberId>,
    query: Params<Peers>,
    options: Params<DryRun>,
    form: Form,
) -> Result<HttpResponseOk<MemberList>, ApiError> {
    let id = path.into_inner().id;
    let grant = authorize(&rqctx, Verb::Update, &id).await?.with_options(options.read()?);
    let addresses = addresses(&rqctx, &query, form).await?;
    Ok(HttpResponseOk(cluster::update(&grant, &addresses).await?))
}

/// Remove a member from the cluster
///
/// The only member cannot be removed: 400.
#[endpoint { method = DELETE, path = "/apis/core/v2/cluster/members/{id}", tags = ["cluster"] }]
async fn cluster_member_remove(
    rqctx: RequestContext<Cx>,
    path: Path<MemberId>,
    options: Params<DryRun>,
) -> Result<HttpResponseOk<MemberList>, ApiError> {
    let id = path.into_inner().id;
    let grant = authorize(&rqctx, Verb::Delete, &id).await?.with_options(options.read()?);
    Ok(HttpResponseOk(cluster::remove(&grant)?))
}

async fn authorize(
    rqctx: &RequestContext<Cx>,
    verb: Verb,
    id: &str,
) -> Result<Grant<Cluster>, Error> {
    Caller::from_request(rqctx).await?.authorize::<Cluster>(verb, "", id).await
}

async fn addresses(
    rqctx: &RequestContext<Cx>,
    query: &Params<Peers>,
    form: Form,
) -> Result<String, Error> {
    match query.read()?.addresses {
        Some(addresses) => Ok(addresses),
        None => Ok(form.field(rqctx.context(), "peer-addrs").await?.unwrap_or_default()),
    }
}
