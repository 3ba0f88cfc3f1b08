//! References from one object to another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names another object by its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ResourceReference {
    /// The name of the object.
    pub name: String,
    /// Its kind: `Pipeline`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The group and version of the API that has the kind: `core/v2`.
    pub api_version: String,
}
