//! Cluster members, in the shape that Sensu's clients know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::health::HealthHeader;

/// The members of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct MemberList {
    /// Which member answers, for which cluster.
    pub header: HealthHeader,
    /// The members.
    pub members: Vec<Member>,
}

/// A member of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Member {
    /// The member's number. URLs have it in hexadecimal.
    #[serde(rename = "ID")]
    pub id: u64,
    /// The member's name.
    pub name: String,
    /// Where other members reach it.
    #[serde(rename = "peerURLs")]
    pub peer_urls: Vec<String>,
    /// Where clients of its store reach it.
    #[serde(rename = "clientURLs")]
    pub client_urls: Vec<String>,
}
