//! References to other objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reference to an object in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ResourceReference {
    /// Name of the object.
    pub name: String,
    /// Type of the object, for example `Pipeline`.
    #[serde(rename = "type")]
    pub kind: String,
    /// API group and version of the type, for example `core/v2`.
    pub api_version: String,
}
