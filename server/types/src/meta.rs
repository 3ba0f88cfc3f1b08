//! Metadata: the part that almost every resource has in common.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Invalid;

/// JSON pointer to the name of most objects.
pub(crate) const NAME: &str = "/metadata/name";
/// JSON pointer to their namespace.
pub(crate) const NAMESPACE: &str = "/metadata/namespace";

/// Name, namespace, labels and annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ObjectMeta {
    /// Name, unique among the objects of the same kind in the same namespace. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Namespace of the object. Omitted for cluster-wide objects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Key-value pairs that label selectors use to select objects. Omitted if empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Key-value pairs for people and tools. Selectors cannot use them. Omitted if empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Creator of the object, as the client sent it: the server neither sets nor verifies the value.
    /// Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub created_by: String,
}

impl ObjectMeta {
    /// Metadata with a name and a namespace.
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
            return Err(Invalid::new("namespace must be set").at(NAMESPACE));
        }
        Ok(())
    }
}
