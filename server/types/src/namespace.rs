//! Namespaces: rooms that keep the objects of one team apart from those of another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scope::Root;
use crate::{Invalid, Resource, bound, name};

/// A room for objects: names need to be unique within it only, and rights can be given for it alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Namespace {
    /// The name: letters, digits, `_`, `.` and `-`.
    #[schemars(schema_with = "bound::name_or_nothing")]
    pub name: String,
}

impl Resource for Namespace {
    const KIND: &'static str = "Namespace";
    const NOUN: &'static str = "namespace";
    const PLURAL: &'static str = "namespaces";
    const SINGULAR: &'static str = "namespace";
    type Scope = Root;

    fn name(&self) -> &str {
        &self.name
    }

    fn namespace(&self) -> &'static str {
        ""
    }

    fn adopt(&mut self, _namespace: &str, name: &str) {
        if self.name.is_empty() {
            name.clone_into(&mut self.name);
        }
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain(&self.name).map_err(|why| Invalid(format!("namespace name {why}")))
    }
}
