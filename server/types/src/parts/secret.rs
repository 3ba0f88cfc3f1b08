//! Secrets that a command is given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A secret that a command is given as an environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Secret {
    /// The name of the environment variable. Absent when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The name of the secret. Never its value. Absent when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub secret: String,
}
