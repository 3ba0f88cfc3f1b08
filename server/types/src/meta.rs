//! `metadata`: what almost every object carries.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Invalid;

/// Name, namespace, labels and annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ObjectMeta {
    /// The name, unique among objects of the same kind in the same namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The namespace the object belongs to. Absent on cluster-wide objects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Key and value pairs to select objects by. Absent when empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Key and value pairs for people and tools; not used for selection. Absent when empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Who created the object, in the words of whoever wrote it: the server neither sets nor checks
    /// it. Absent when not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub created_by: String,
}

impl ObjectMeta {
    /// Metadata with a name in a namespace and nothing else.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { name: name.to_owned(), namespace: namespace.to_owned(), ..Self::default() }
    }

    /// Sets the name and the namespace, each only if it is empty.
    pub fn fill_identity(&mut self, namespace: &str, name: &str) {
        if self.name.is_empty() {
            name.clone_into(&mut self.name);
        }
        if self.namespace.is_empty() {
            namespace.clone_into(&mut self.namespace);
        }
    }

    /// Validates that the namespace is set.
    ///
    /// # Errors
    /// [`Invalid`] with Sensu Go's message.
    pub fn require_namespace(&self) -> Result<(), Invalid> {
        if self.namespace.is_empty() {
            return Err(Invalid::new("namespace must be set"));
        }
        Ok(())
    }
}
