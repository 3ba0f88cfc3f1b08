//! Secrets for commands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A secret that a command receives as an environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Secret {
    /// Name of the environment variable. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Name of the secret, not its value. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub secret: String,
}
