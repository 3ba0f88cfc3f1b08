//! The members of the cluster, in the format of Sensu Go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::health::HealthHeader;

/// The members of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct MemberList {
    /// Identity of the responding member.
    pub header: HealthHeader,
    /// Members of the cluster.
    pub members: Vec<Member>,
}

/// A member of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Member {
    /// ID of the member. URLs contain it in hexadecimal.
    #[serde(rename = "ID")]
    pub id: u64,
    /// Name of the member.
    pub name: String,
    /// URLs at which other members reach the member.
    #[serde(rename = "peerURLs")]
    pub peer_urls: Vec<String>,
    /// URLs at which clients reach the store of the member.
    #[serde(rename = "clientURLs")]
    pub client_urls: Vec<String>,
}
