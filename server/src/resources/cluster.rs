//! The cluster: always one member, with an identity that is created once per store.

use std::collections::HashSet;

use bytes::Bytes;
use sensu_store::{CommitError, Operation, Precondition, Store, Txn};
use sensu_types::cluster::{Member, MemberList};
use sensu_types::health::HealthHeader;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::keyspace::cluster_identity;
use crate::resources::grant::{Grant, Protected};
use crate::resources::write_options::WriteOptions;

/// Bits of an ID. Every JSON reader represents integers below 2^53 exactly.
const ID_BITS: u32 = 53;

/// The peer URL that earlier versions gave the member of a new cluster. Nothing listens there.
const OLD_PEER_URL: &str = "http://127.0.0.1:2380";

/// The cluster, for authorization. The name of a grant is the ID of a member.
pub(crate) enum Cluster {}

impl Protected for Cluster {
    const RBAC_RESOURCE: &'static str = "cluster";
}

/// IDs and addresses of the cluster and its member.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Identity {
    cluster_id: u64,
    member_id: u64,
    uuid: String,
    peer_urls: Vec<String>,
}

impl Identity {
    /// The identity in the store, which is created if there is none.
    pub(crate) async fn load(store: &dyn Store) -> Result<Self, Error> {
        loop {
            if let Some((identity, _)) = stored(store).await? {
                return Ok(identity);
            }
            let number = || rand::random::<u64>() >> (u64::BITS - ID_BITS);
            let identity = Self {
                cluster_id: number(),
                member_id: number(),
                uuid: uuid::Uuid::new_v4().to_string(),
                peer_urls: Vec::new(),
            };
            let precondition = Precondition::Absent(cluster_identity()?);
            // If another server has created the identity, the next iteration reads it.
            write(store, &identity, precondition, WriteOptions::default()).await?;
        }
    }

    /// The header of cluster responses.
    pub(crate) fn header(&self) -> HealthHeader {
        HealthHeader { cluster_id: self.cluster_id, member_id: self.member_id, raft_term: 1 }
    }

    fn members(self) -> MemberList {
        let member = Member {
            id: self.member_id,
            name: "default".into(),
            peer_urls: self.peer_urls.clone(),
            client_urls: Vec::new(),
        };
        MemberList { header: self.header(), members: vec![member] }
    }
}

/// The ID of the cluster, a UUID.
pub(crate) fn id(grant: &Grant<Cluster>) -> &str {
    &grant.cx().identity.uuid
}

/// The members of the cluster.
pub(crate) async fn members(grant: &Grant<Cluster>) -> Result<MemberList, Error> {
    Ok(Identity::load(grant.store()).await?.members())
}

/// Adds a member.
///
/// # Errors
/// Always: [`Error::Exists`] for a known address, [`Error::Invalid`] otherwise.
pub(crate) async fn add(grant: &Grant<Cluster>, addresses: &str) -> Result<MemberList, Error> {
    let addresses = parse(addresses)?;
    let identity = Identity::load(grant.store()).await?;
    let known: HashSet<&String> = identity.peer_urls.iter().collect();
    if addresses.iter().any(|address| known.contains(address)) {
        return Err(Error::Exists("Peer URLs already exists".into()));
    }
    Err(Error::invalid("no member can be added: the embedded store has exactly one"))
}

/// Changes the peer addresses of a member.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`].
pub(crate) async fn update(grant: &Grant<Cluster>, addresses: &str) -> Result<MemberList, Error> {
    let id = member_id(grant.name())?;
    let addresses = parse(addresses)?;
    let store = grant.store();
    loop {
        let identity = Identity::load(store).await?;
        if id != identity.member_id {
            return Err(Error::NotFound("member not found".into()));
        }
        let Some((_, revision)) = stored(store).await? else { continue };
        let identity = Identity { peer_urls: addresses.clone(), ..identity };
        let precondition = Precondition::At(cluster_identity()?, revision);
        if write(store, &identity, precondition, grant.options()).await? {
            return Ok(identity.members());
        }
    }
}

/// Removes a member.
///
/// # Errors
/// Always: [`Error::Invalid`] for the only member, [`Error::NotFound`] for others.
pub(crate) fn remove(grant: &Grant<Cluster>) -> Result<MemberList, Error> {
    if member_id(grant.name())? != grant.cx().identity.member_id {
        return Err(Error::NotFound("member not found".into()));
    }
    Err(Error::invalid("re-configuration failed due to not enough started members"))
}

/// Parses URLs separated by commas.
fn parse(addresses: &str) -> Result<Vec<String>, Error> {
    if addresses.is_empty() {
        return Err(Error::invalid("missing peer-addrs form value"));
    }
    let addresses: Vec<String> = addresses.split(',').map(str::to_owned).collect();
    for address in &addresses {
        let scheme = address.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("http" | "https" | "unix" | "unixs")) {
            let message = format!("URL scheme must be http, https, unix, or unixs: {address}");
            return Err(Error::invalid(message));
        }
    }
    Ok(addresses)
}

/// Parses the ID of a member: hexadecimal without a prefix.
fn member_id(id: &str) -> Result<u64, Error> {
    use std::num::IntErrorKind;

    let digits = id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parsed = if digits { u64::from_str_radix(id, 16) } else { "x".parse() };
    parsed.map_err(|error| {
        let reason = match error.kind() {
            IntErrorKind::PosOverflow => "value out of range",
            _ => "invalid syntax",
        };
        Error::invalid(format!("bad id ({id}): strconv.ParseUint: parsing {id:?}: {reason}"))
    })
}

async fn stored(store: &dyn Store) -> Result<Option<(Identity, u64)>, Error> {
    let Some(entry) = store.get(&cluster_identity()?).await? else { return Ok(None) };
    let mut identity: Identity = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored identity: {error}")))?;
    if identity.peer_urls == [OLD_PEER_URL] {
        identity.peer_urls.clear();
    }
    Ok(Some((identity, entry.revision)))
}

/// Writes the identity. Returns whether the precondition held.
async fn write(
    store: &dyn Store,
    identity: &Identity,
    precondition: Precondition,
    options: WriteOptions,
) -> Result<bool, Error> {
    let value = serde_json::to_vec(identity).map_err(|error| Error::Internal(error.to_string()))?;
    let value = Bytes::from(value);
    let put = Operation::Put { key: cluster_identity()?, value, flags: 0, expires_at: None };
    let txn = Txn { preconditions: vec![precondition], operations: vec![put] };
    match options.commit(store, txn).await {
        Ok(_) => Ok(true),
        Err(CommitError::Precondition(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hexadecimal_in_upper_or_lower_case() {
        assert_eq!(member_id("fF"), Ok(255));
        let rejected = |id: &str| match member_id(id) {
            Err(Error::Invalid(reason)) => reason.message,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            rejected("zz"),
            r#"bad id (zz): strconv.ParseUint: parsing "zz": invalid syntax"#
        );
        assert!(rejected("0xff").ends_with("invalid syntax"));
        assert!(rejected("").ends_with("invalid syntax"));
        assert!(rejected("fffffffffffffffff").ends_with("value out of range"));
    }
}
