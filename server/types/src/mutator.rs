//! Mutators: how events are prepared for handlers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::selector::Fields;
use crate::{Invalid, Namespaced, ObjectMeta, Resource, bound, name};

/// A command that turns an event into what a handler wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Mutator {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The command: reads the event from its standard input, writes the result. Required.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "bound::required::<String>")]
    pub command: String,
    /// Seconds that the command may take. 0 for no limit.
    pub timeout: u32,
    /// Environment variables of the command: `NAME=value`.
    pub env_vars: Vec<String>,
    /// Names of the assets that the command needs.
    pub runtime_assets: Vec<String>,
}

impl Resource for Mutator {
    const KIND: &'static str = "Mutator";
    const NOUN: &'static str = "mutator";
    const PLURAL: &'static str = "mutators";
    const SINGULAR: &'static str = "mutator";
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
        name::plain(&self.metadata.name).map_err(|why| Invalid(format!("mutator name {why}")))?;
        if self.command.is_empty() {
            return Invalid::because("mutator command must be set");
        }
        if self.metadata.namespace.is_empty() {
            return Invalid::because("namespace must be set");
        }
        Ok(())
    }

    /// As in the reference, the message is the name.
    fn conflict(&self) -> String {
        self.metadata.name.clone()
    }

    fn cannot_delete(name: &str) -> String {
        name.to_owned()
    }

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn fields(&self) -> Fields<'_> {
        Fields::of(self).list("runtime_assets", &self.runtime_assets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_the_messages_of_the_reference() {
        let good = Mutator {
            command: "cat".into(),
            metadata: ObjectMeta::new("default", "a"),
            ..Mutator::default()
        };
        assert_eq!(good.validate(), Ok(()));
        let bare = Mutator { command: String::new(), ..good.clone() };
        assert_eq!(bare.validate().unwrap_err().0, "mutator command must be set");
        let nowhere = Mutator { metadata: ObjectMeta::new("", "a"), ..good };
        assert_eq!(nowhere.validate().unwrap_err().0, "namespace must be set");
        let nameless = Mutator::default().validate().unwrap_err().0;
        assert_eq!(nameless, "mutator name must not be empty");
    }
}
