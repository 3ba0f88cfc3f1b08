//! Health: whether the server can do its work, in the shape that Sensu's clients know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The health of the cluster, which here is one member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct HealthResponse {
    /// Alarms of the store. Empty when all is well.
    pub alarms: Vec<Alarm>,
    /// The health of each member.
    pub cluster_health: Vec<MemberHealth>,
    /// Which member answers, for which cluster.
    pub header: HealthHeader,
}

/// An alarm that a member's store has raised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Alarm {
    /// The member that raised it.
    #[serde(rename = "MemberID")]
    pub member_id: u64,
    /// What is wrong.
    pub alarm: String,
}

/// The health of one member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct MemberHealth {
    /// The member's number.
    #[serde(rename = "MemberID")]
    pub member_id: u64,
    /// The member's number in hexadecimal, as cluster commands take it.
    #[serde(rename = "MemberIDHex")]
    pub member_id_hex: String,
    /// The member's name.
    pub name: String,
    /// What is wrong; empty when the member is healthy.
    pub err: String,
    /// Whether the member can do its work: its store accepts writes.
    pub healthy: bool,
}

/// Which member answers, for which cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct HealthHeader {
    /// The number of the cluster.
    pub cluster_id: u64,
    /// The number of the member that answers.
    pub member_id: u64,
    /// How often the cluster has elected a leader. A single server never does: 1.
    pub raft_term: u64,
}

impl HealthResponse {
    /// The health of a cluster with one member, which is well unless its store has failed.
    #[must_use]
    pub fn of_one(header: HealthHeader, failure: Option<String>) -> Self {
        let healthy = failure.is_none();
        let member = MemberHealth {
            member_id: header.member_id,
            member_id_hex: format!("{:x}", header.member_id),
            name: "default".into(),
            err: failure.unwrap_or_default(),
            healthy,
        };
        Self { alarms: Vec::new(), cluster_health: vec![member], header }
    }
}
