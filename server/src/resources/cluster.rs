//! The cluster that a server is: one member, with an identity that is made once and kept.

use bytes::Bytes;
use sensu_store::{CommitError, Operation, Precondition, Store, Txn};
use sensu_types::cluster::{Member, MemberList};
use sensu_types::health::HealthHeader;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::keyspace::cluster_identity;
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Context;

/// Ids are numbers that every JSON reader can hold: below 2^53.
const ID_BITS: u32 = 53;

/// Who the cluster and its member are.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Identity {
    cluster_id: u64,
    member_id: u64,
    uuid: String,
    peer_urls: Vec<String>,
}

impl Identity {
    /// The identity that the store keeps, which is made here if there is none yet.
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
                peer_urls: vec!["http://127.0.0.1:2380".into()],
            };
            let precondition = Precondition::Absent(cluster_identity()?);
            // If somebody else was first, theirs is the identity.
            write(store, &identity, precondition, WriteOptions::default()).await?;
        }
    }

    /// Who answers.
    pub(crate) fn header(&self) -> HealthHeader {
        HealthHeader { cluster_id: self.cluster_id, member_id: self.member_id, raft_term: 1 }
    }

    /// The cluster's id.
    pub(crate) fn uuid(&self) -> &str {
        &self.uuid
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

/// The members.
pub(crate) async fn members(cx: &Context) -> Result<MemberList, Error> {
    Ok(Identity::load(cx.store.as_ref()).await?.members())
}

/// Refuses another member, and says why.
pub(crate) async fn add(cx: &Context, addresses: &str) -> Result<MemberList, Error> {
    let addresses = parse(addresses)?;
    let identity = Identity::load(cx.store.as_ref()).await?;
    if addresses.iter().any(|address| identity.peer_urls.contains(address)) {
        return Err(Error::Exists("Peer URLs already exists".into()));
    }
    let why = "no member can be added: the embedded store has exactly one";
    Err(Error::Invalid(why.into()))
}

/// Sets the addresses that are shown for a member.
pub(crate) async fn update(
    cx: &Context,
    id: &str,
    addresses: &str,
    manner: impl Into<WriteOptions>,
) -> Result<MemberList, Error> {
    let manner = manner.into();
    let id = number(id)?;
    let addresses = parse(addresses)?;
    let store = cx.store.as_ref();
    loop {
        let identity = Identity::load(store).await?;
        if id != identity.member_id {
            return Err(Error::NotFound("member not found".into()));
        }
        let Some((_, revision)) = stored(store).await? else { continue };
        let identity = Identity { peer_urls: addresses.clone(), ..identity };
        if write(store, &identity, Precondition::At(cluster_identity()?, revision), manner).await? {
            return Ok(identity.members());
        }
    }
}

/// Refuses to remove the only member.
pub(crate) async fn remove(cx: &Context, id: &str) -> Result<MemberList, Error> {
    let id = number(id)?;
    if id != cx.identity.member_id {
        return Err(Error::NotFound("member not found".into()));
    }
    let why = "re-configuration failed due to not enough started members";
    Err(Error::Invalid(why.into()))
}

/// Addresses separated by commas.
fn parse(addresses: &str) -> Result<Vec<String>, Error> {
    if addresses.is_empty() {
        return Err(Error::Invalid("missing peer-addrs form value".into()));
    }
    let addresses: Vec<String> = addresses.split(',').map(str::to_owned).collect();
    for address in &addresses {
        let scheme = address.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("http" | "https" | "unix" | "unixs")) {
            let why = format!("URL scheme must be http, https, unix, or unixs: {address}");
            return Err(Error::Invalid(why));
        }
    }
    Ok(addresses)
}

/// A member's id, in hexadecimal without a prefix.
fn number(id: &str) -> Result<u64, Error> {
    use std::num::IntErrorKind;

    let digits = id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parsed = if digits { u64::from_str_radix(id, 16) } else { "x".parse() };
    parsed.map_err(|error| {
        let why = match error.kind() {
            IntErrorKind::PosOverflow => "value out of range",
            _ => "invalid syntax",
        };
        Error::Invalid(format!("bad id ({id}): strconv.ParseUint: parsing {id:?}: {why}"))
    })
}

async fn stored(store: &dyn Store) -> Result<Option<(Identity, u64)>, Error> {
    let Some(entry) = store.get(&cluster_identity()?).await? else { return Ok(None) };
    let identity = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored identity: {error}")))?;
    Ok(Some((identity, entry.revision)))
}

/// Says whether the precondition held and the identity was written.
async fn write(
    store: &dyn Store,
    identity: &Identity,
    precondition: Precondition,
    manner: WriteOptions,
) -> Result<bool, Error> {
    let value = serde_json::to_vec(identity).map_err(|error| Error::Internal(error.to_string()))?;
    let put = Operation::Put {
        key: cluster_identity()?,
        value: Bytes::from(value),
        flags: 0,
        expires_at: None,
    };
    let txn = Txn { preconditions: vec![precondition], operations: vec![put] };
    match manner.commit(store, txn).await {
        Ok(_) => Ok(true),
        Err(CommitError::Precondition(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hexadecimal_of_either_case() {
        assert_eq!(number("fF"), Ok(255));
        let refused = |id: &str| match number(id) {
            Err(Error::Invalid(why)) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            refused("zz"),
            r#"bad id (zz): strconv.ParseUint: parsing "zz": invalid syntax"#
        );
        assert!(refused("0xff").ends_with("invalid syntax"));
        assert!(refused("").ends_with("invalid syntax"));
        assert!(refused("fffffffffffffffff").ends_with("value out of range"));
    }
}
