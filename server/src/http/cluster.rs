//! `cluster`: the cluster ID and the members.

use dropshot::{HttpResponseOk, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::cluster::MemberList;
use serde::Deserialize;

use super::body::Form;
use super::query::UnreadQuery;
use super::request::{authorize, authorize_write};
use super::routes::{Api, Mounted};
use crate::error::{ApiError, Error};
use crate::openapi::facts::Facts;
use crate::rbac::Verb;
use crate::resources::cluster::{self, Cluster};
use crate::resources::grant::Protected as _;
use crate::resources::write_options::DryRun;
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    let on_cluster = |verb| Facts::on(Cluster::RBAC_RESOURCE, verb);
    let members = |verb| Facts { success: Some("The members of the cluster."), ..on_cluster(verb) };
    let id = Facts { success: Some("The cluster ID."), ..on_cluster(Verb::Get) };
    api.mount(cluster_id_get, id)?;
    api.mount(cluster_member_list, members(Verb::List))?;
    api.mount(cluster_member_add, Facts { conflict: true, ..members(Verb::Create) })?;
    api.mount(cluster_member_update, Facts { not_found: true, ..members(Verb::Update) })?;
    api.mount(cluster_member_remove, Facts { not_found: true, ..members(Verb::Delete) })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
struct PeerAddresses {
    /// URLs of the member for other members, separated by commas. Each starts with `http://`,
    /// `https://`, `unix://` or `unixs://`. A form field in the body is accepted in place of the
    /// parameter.
    #[serde(rename = "peer-addrs")]
    #[schemars(required, regex(pattern = "^(https?|unixs?)://[^,]*(,(https?|unixs?)://[^,]*)*$"))]
    addresses: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct MemberId {
    /// ID of the member, in hexadecimal without a prefix.
    #[schemars(regex(pattern = "^0*[0-9A-Fa-f]{1,16}$"))]
    id: String,
}

/// Get the cluster ID
///
/// Returns a UUID that is generated with the store and never changes.
#[endpoint { method = GET, path = "/apis/core/v2/cluster/id", tags = ["cluster"] }]
async fn cluster_id_get(rqctx: RequestContext<Cx>) -> Result<HttpResponseOk<String>, ApiError> {
    let grant = authorize::<Cluster>(&rqctx, Verb::Get, "", "").await?;
    Ok(HttpResponseOk(cluster::id(&grant).to_owned()))
}

/// List cluster members
///
/// Returns all members. The embedded store has exactly one, which no other member reaches: it has the
/// `peerURLs` that clients have set, none at first, and no `clientURLs`.
#[endpoint { method = GET, path = "/apis/core/v2/cluster/members", tags = ["cluster"] }]
async fn cluster_member_list(
    rqctx: RequestContext<Cx>,
) -> Result<HttpResponseOk<MemberList>, ApiError> {
    let grant = authorize::<Cluster>(&rqctx, Verb::List, "", "").await?;
    Ok(HttpResponseOk(cluster::members(&grant).await?))
}

/// Add a cluster member
///
/// Fails on the embedded store, which has exactly one member: the status is 409 for the addresses
/// of this member, and 400 for others.
#[endpoint { method = POST, path = "/apis/core/v2/cluster/members", tags = ["cluster"] }]
async fn cluster_member_add(
    rqctx: RequestContext<Cx>,
    query: UnreadQuery<PeerAddresses>,
    options: UnreadQuery<DryRun>,
    form: Form,
) -> Result<HttpResponseOk<MemberList>, ApiError> {
    let grant = authorize_write::<Cluster, _>(&rqctx, Verb::Create, "", "", &options).await?;
    let addresses = addresses(&rqctx, &query, form).await?;
    Ok(HttpResponseOk(cluster::add(&grant, &addresses).await?))
}

/// Update the addresses of a cluster member
///
/// Replaces the `peerURLs` of the member and returns all members.
#[endpoint { method = PUT, path = "/apis/core/v2/cluster/members/{id}", tags = ["cluster"] }]
async fn cluster_member_update(
    rqctx: RequestContext<Cx>,
    path: Path<MemberId>,
    query: UnreadQuery<PeerAddresses>,
    options: UnreadQuery<DryRun>,
    form: Form,
) -> Result<HttpResponseOk<MemberList>, ApiError> {
    let id = path.into_inner().id;
    let grant = authorize_write::<Cluster, _>(&rqctx, Verb::Update, "", &id, &options).await?;
    let addresses = addresses(&rqctx, &query, form).await?;
    Ok(HttpResponseOk(cluster::update(&grant, &addresses).await?))
}

/// Remove a cluster member
///
/// Fails on the embedded store, whose only member cannot be removed: the status is 400.
#[endpoint { method = DELETE, path = "/apis/core/v2/cluster/members/{id}", tags = ["cluster"] }]
async fn cluster_member_remove(
    rqctx: RequestContext<Cx>,
    path: Path<MemberId>,
    options: UnreadQuery<DryRun>,
) -> Result<HttpResponseOk<MemberList>, ApiError> {
    let id = path.into_inner().id;
    let grant = authorize_write::<Cluster, _>(&rqctx, Verb::Delete, "", &id, &options).await?;
    Ok(HttpResponseOk(cluster::remove(&grant)?))
}

async fn addresses(
    rqctx: &RequestContext<Cx>,
    query: &UnreadQuery<PeerAddresses>,
    form: Form,
) -> Result<String, Error> {
    match query.read()?.addresses {
        Some(addresses) => Ok(addresses),
        None => Ok(form.field(rqctx.context(), "peer-addrs").await?.unwrap_or_default()),
    }
}
