//! Extensions: services that handle, filter or mutate events for the server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Invalid, Namespaced, ObjectMeta, Resource, bound, name};

/// A service that handles, filters or mutates events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Extension {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Where the service is. Required.
    #[schemars(schema_with = "bound::required::<String>")]
    pub url: String,
}

impl Resource for Extension {
    const KIND: &'static str = "Extension";
    const NOUN: &'static str = "extension";
    const PLURAL: &'static str = "extensions";
    const SINGULAR: &'static str = "extension";
    type Scope = Namespaced;

    fn name(&self) -> &str {
        &self.metadata.name
    }

    fn namespace(&self) -> &str {
        &self.metadata.namespace
    }

    fn adopt(&mut self, namespace: &str, name: &str) {
        self.metadata.adopt(namespace, name);
    }

    fn validate(&self) -> Result<(), Invalid> {
        // As in the reference, the message does not say whose name.
        name::plain(&self.metadata.name)?;
        if self.url.is_empty() {
            return Invalid::because("empty URL");
        }
        if self.metadata.namespace.is_empty() {
            return Invalid::because("empty namespace");
        }
        Ok(())
    }

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_the_messages_of_the_reference() {
        let good = Extension { url: "http://x".into(), metadata: ObjectMeta::new("default", "a") };
        assert_eq!(good.validate(), Ok(()));
        assert_eq!(Extension::default().validate().unwrap_err().0, "must not be empty");
        let bare = Extension { url: String::new(), ..good.clone() };
        assert_eq!(bare.validate().unwrap_err().0, "empty URL");
        let nowhere = Extension { metadata: ObjectMeta::new("", "a"), ..good };
        assert_eq!(nowhere.validate().unwrap_err().0, "empty namespace");
    }
}
