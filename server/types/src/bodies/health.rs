//! Health of the server, in the format of Sensu Go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grammar::schema;

/// Health of the cluster, which has one member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct HealthResponse {
    /// Active alarms of the store. `null` if there are none: released clients test for it.
    #[schemars(schema_with = "schema::nullable::<Vec<Alarm>>")]
    pub alarms: Option<Vec<Alarm>>,
    /// Health of each member.
    pub cluster_health: Vec<MemberHealth>,
    /// Identity of the responding member.
    pub header: HealthHeader,
    /// Health of the event pipeline. Omitted if it is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_health: Option<PipelineHealth>,
}

/// Health of the event pipeline of the responding member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct PipelineHealth {
    /// Number of events whose handlers have not all run.
    pub pending: u64,
    /// Time since the oldest of these events was received, in seconds. 0 if there is none.
    pub oldest_age: i64,
    /// Number of events since the start that no handler processed, because too many were pending or they
    /// were too old.
    pub dropped: u64,
}

/// An active alarm of the store of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Alarm {
    /// ID of the member.
    #[serde(rename = "MemberID")]
    pub member_id: u64,
    /// Name of the alarm.
    pub alarm: String,
}

/// Health of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct MemberHealth {
    /// ID of the member.
    #[serde(rename = "MemberID")]
    pub member_id: u64,
    /// ID of the member in hexadecimal, as in URLs.
    #[serde(rename = "MemberIDHex")]
    pub member_id_hex: String,
    /// Name of the member.
    pub name: String,
    /// Description of the problem. Empty if the member is healthy.
    pub err: String,
    /// Whether the store of the member accepts writes.
    pub healthy: bool,
}

/// Identity of the responding member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct HealthHeader {
    /// ID of the cluster.
    pub cluster_id: u64,
    /// ID of the responding member.
    pub member_id: u64,
    /// Number of leader elections. Always 1: a cluster with one member elects no other leader.
    pub raft_term: u64,
}

impl HealthResponse {
    /// The health of a cluster with one member. `failure` describes the problem of its store, if any.
    #[must_use]
    pub fn of_single_member(header: HealthHeader, failure: Option<String>) -> Self {
        let healthy = failure.is_none();
        let member = MemberHealth {
            member_id: header.member_id,
            member_id_hex: format!("{:x}", header.member_id),
            name: "default".into(),
            err: failure.unwrap_or_default(),
            healthy,
        };
        Self { alarms: None, cluster_health: vec![member], header, pipeline_health: None }
    }
}
