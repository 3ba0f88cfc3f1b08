//! Ad hoc requests: executing a check outside of its schedule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request to execute a check now. All fields are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct AdhocRequest {
    /// Name of the check. Set by the server to the name in the URL; ignored in requests.
    pub check: String,
    /// Subscriptions of the agents that execute the check. Default: the subscriptions of the check.
    pub subscriptions: Vec<String>,
    /// User that sent the request. Set by the server; ignored in requests.
    pub creator: String,
    /// Reason for the request. Agents do not receive it.
    pub reason: String,
}

/// Confirmation of an accepted request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Issued {
    /// Time of the request, in seconds since 1970-01-01 UTC.
    pub issued: i64,
}
