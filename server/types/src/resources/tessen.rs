//! The setting of Tessen, the usage reports that released Sensu servers send to their vendor.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::scope::Singleton;
use crate::{Invalid, ObjectMeta, Resource};

/// Whether usage reports are sent. Stored for released clients and without effect: this server never sends
/// anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TessenConfig {
    /// `true` to send no reports. Default `false`, as in Sensu Go. This server sends none in either case.
    pub opt_out: bool,
}

impl Resource for TessenConfig {
    const KIND: &'static str = "TessenConfig";
    const PLURAL: &'static str = "tessen";
    const HAS_LABELS: bool = false;
    const SINGULAR: &'static str = "tessen";
    const NOUN: &'static str = "setting of Tessen";
    const NAME_POINTERS: &'static [&'static str] = &[];
    type Scope = Singleton;

    fn metadata(&self) -> Option<&ObjectMeta> {
        None
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        None
    }

    fn name(&self) -> &'static str {
        Singleton::NAME
    }

    fn namespace(&self) -> &'static str {
        ""
    }

    fn fill_identity(&mut self, _namespace: &str, _name: &str) {}

    fn validate(&self) -> Result<(), Invalid> {
        Ok(())
    }

    fn example(_name: &str) -> Value {
        json!({"opt_out": true})
    }
}
