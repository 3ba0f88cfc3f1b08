//! Extensions: services that filter, mutate or handle events for the server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::{name, schema};
use crate::invalid::Validated as _;
use crate::meta::{NAME, NAMESPACE};
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

/// A service that filters, mutates or handles events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Extension {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// URL of the service. Required.
    #[schemars(schema_with = "schema::required::<String>")]
    pub url: String,
}

impl Resource for Extension {
    const KIND: &'static str = "Extension";
    const PLURAL: &'static str = "extensions";
    const SINGULAR: &'static str = "extension";
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        // As in Sensu Go, the message begins without a subject.
        name::plain("", &self.metadata.name).at(NAME)?;
        if self.url.is_empty() {
            return Err(Invalid::new("empty URL").at("/url"));
        }
        if self.metadata.namespace.is_empty() {
            return Err(Invalid::new("empty namespace").at(NAMESPACE));
        }
        Ok(())
    }

    fn example(name: &str) -> Value {
        json!({"metadata": {"name": name}, "url": "http://127.0.0.1:4000"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_messages_are_those_of_sensu_go() {
        let good = Extension { url: "http://x".into(), metadata: ObjectMeta::new("default", "a") };
        assert_eq!(good.validate(), Ok(()));
        assert_eq!(Extension::default().validate().unwrap_err().message, "must not be empty");
        let without_url = Extension { url: String::new(), ..good.clone() };
        assert_eq!(without_url.validate().unwrap_err().message, "empty URL");
        let without_namespace = Extension { metadata: ObjectMeta::new("", "a"), ..good };
        assert_eq!(without_namespace.validate().unwrap_err().message, "empty namespace");
    }
}
