//! Namespaces: they separate the objects of different teams.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::{name, schema};
use crate::invalid::Validated as _;
use crate::scope::Root;
use crate::{Invalid, ObjectMeta, Resource};

/// A namespace: names of objects are unique within it, and roles can be granted for it alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Namespace {
    /// Name: letters, digits, `_`, `.` and `-`. Default: the name in the URL.
    #[schemars(schema_with = "schema::optional_name")]
    pub name: String,
}

impl Resource for Namespace {
    const KIND: &'static str = "Namespace";
    const PLURAL: &'static str = "namespaces";
    const HAS_LABELS: bool = false;
    const SINGULAR: &'static str = "namespace";
    const NAME_POINTERS: &'static [&'static str] = &["/name"];
    type Scope = Root;

    fn metadata(&self) -> Option<&ObjectMeta> {
        None
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        None
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn namespace(&self) -> &'static str {
        ""
    }

    fn fill_identity(&mut self, _namespace: &str, name: &str) {
        if self.name.is_empty() {
            name.clone_into(&mut self.name);
        }
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("namespace name", &self.name).at("/name")
    }

    fn example(name: &str) -> Value {
        json!({"name": name})
    }
}
