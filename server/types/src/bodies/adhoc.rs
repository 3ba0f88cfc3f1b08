//! Ad-hoc requests: run a check now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to run a check now. All fields may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct AdhocRequest {
    /// The check's name. Taken from the URL; what the body says is ignored.
    pub check: String,
    /// Ask the agents with these subscriptions. Empty for those of the check.
    pub subscriptions: Vec<String>,
    /// Who asks. The caller; what the body says is ignored.
    pub creator: String,
    /// Why.
    pub reason: String,
}

/// When a request was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Issued {
    /// In seconds since 1970-01-01 UTC.
    pub issued: i64,
}
