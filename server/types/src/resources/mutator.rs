//! Mutators: how events are prepared for handlers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::selector::Fields;
use crate::grammar::{expression, name, schema};
use crate::secret::Secret;
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

/// A command that turns an event into what a handler wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Mutator {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The command: reads the event from its standard input, writes the result. Required, unless
    /// `type` is `javascript`; then there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "schema::required::<String>")]
    pub command: String,
    /// Seconds that the command may take. 0 for no limit.
    pub timeout: u32,
    /// Environment variables of the command: `NAME=value`.
    pub env_vars: Vec<String>,
    /// Names of the assets that the command needs.
    pub runtime_assets: Vec<String>,
    /// Secrets that the command is given. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// `pipe` for a command, `javascript` for `eval`. Absent for `pipe`, if not given.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// JavaScript that prepares the event: the body of a function that returns the result as text.
    /// Required if `type` is `javascript`; absent otherwise.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub eval: String,
}

impl Resource for Mutator {
    const KIND: &'static str = "Mutator";
    const PLURAL: &'static str = "mutators";
    const SINGULAR: &'static str = "mutator";
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("mutator name", &self.metadata.name)?;
        match self.kind.as_str() {
            "" | "pipe" => {
                if self.command.is_empty() {
                    return Err(Invalid::new("mutator command must be set"));
                }
                if !self.eval.is_empty() {
                    return Err(Invalid::new("eval is for mutators of type javascript only"));
                }
            }
            "javascript" => {
                if self.eval.is_empty() {
                    return Err(Invalid::new("mutator eval must be set"));
                }
                if !self.command.is_empty() {
                    return Err(Invalid::new("command is for mutators of type pipe only"));
                }
                // The body of a function, on the line that it says it is on.
                expression::check(&format!("(function(event) {{{}\n}})", self.eval))
                    .map_err(|why| Invalid(format!("syntax error in eval: {why}")))?;
            }
            other => return Err(Invalid::new(format!("mutator type {other:?} is not valid"))),
        }
        self.metadata.require_namespace()
    }

    /// As in the reference, the message is the name.
    fn already_exists_message(&self) -> String {
        self.metadata.name.clone()
    }

    fn not_found_message(name: &str) -> String {
        name.to_owned()
    }

    fn fields(&self) -> Fields<'_> {
        Fields::new().list("runtime_assets", &self.runtime_assets)
    }

    fn example(name: &str) -> Value {
        json!({"metadata": {"name": name}, "command": "cat"})
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
        let refused = |kind: &str, command: &str, eval: &str| {
            let texts = (kind.into(), command.into(), eval.into());
            let (kind, command, eval) = texts;
            let mutator = Mutator { kind, command, eval, ..good.clone() };
            mutator.validate().map_err(|why| why.0).err().unwrap_or_default()
        };
        assert_eq!(refused("javascript", "", "return JSON.stringify(event)"), "");
        assert_eq!(refused("pipe", "cat", ""), "");
        assert_eq!(refused("javascript", "", ""), "mutator eval must be set");
        assert!(refused("javascript", "", "return (").starts_with("syntax error in eval"));
        assert!(refused("javascript", "cat", "return 1").contains("type pipe only"));
        assert!(refused("", "cat", "return 1").contains("type javascript only"));
        assert!(refused("x", "cat", "").contains("is not valid"));
        let nowhere = Mutator { metadata: ObjectMeta::new("", "a"), ..good };
        assert_eq!(nowhere.validate().unwrap_err().0, "namespace must be set");
        let nameless = Mutator::default().validate().unwrap_err().0;
        assert_eq!(nameless, "mutator name must not be empty");
    }
}
