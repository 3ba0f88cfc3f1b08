//! Mutators: they transform events for handlers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::combination::{Rejected, Values};
use crate::grammar::enumeration::Enumeration;
use crate::grammar::selector::{Field, fields};
use crate::grammar::{expression, name};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::parts::secret::Secret;
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

/// A command or script that transforms events for handlers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Mutator {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Command that reads the event from its standard input and writes the result to its standard output.
    /// Required for type `pipe`, not allowed for type `javascript`. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Time limit of the command, in seconds. 0 for no limit.
    pub timeout: u32,
    /// Environment variables of the command, each `NAME=value`.
    pub env_vars: Vec<String>,
    /// Names of the assets that the command requires.
    pub runtime_assets: Vec<String>,
    /// Secrets that the command receives as environment variables. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// `pipe`, which executes `command`, or `javascript`, which evaluates `eval`. Default: `pipe`. Omitted
    /// if not set.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "kind")]
    pub kind: String,
    /// Body of a JavaScript function that returns the transformed event as text. Required for type
    /// `javascript`, not allowed for type `pipe`. At most %expression-bytes% bytes and %property-escapes%
    /// Unicode property escapes. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub eval: String,
}

const TYPE: Enumeration = Enumeration {
    name: "MutatorType",
    description: "How a mutator transforms events: it executes `command` (`pipe`, the default) or evaluates \
        `eval` (`javascript`).",
    values: &["pipe", "javascript"],
    // Go has one scope for the values of all enumerations, and `HandlerType` has `pipe`, too.
    identifiers: &["PIPE_MUTATOR", "JAVASCRIPT_MUTATOR"],
};

fn kind(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    TYPE.schema(generator).into()
}

/// Each type has a field of its own, and rejects that of the other.
pub(super) const REJECTED: Rejected = Rejected::always(&[
    &[("type", Values::UnsetOr(&["pipe"])), ("command", Values::Unset)],
    &[("type", Values::UnsetOr(&["pipe"])), ("eval", Values::Set)],
    &[("type", Values::OneOf(&["javascript"])), ("eval", Values::Unset)],
    &[("type", Values::OneOf(&["javascript"])), ("command", Values::Set)],
]);

impl Resource for Mutator {
    const KIND: &'static str = "Mutator";
    const PLURAL: &'static str = "mutators";
    const SINGULAR: &'static str = "mutator";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("runtime_assets", |mutator| fields::list(&mutator.runtime_assets)),
        Field::new("timeout", |mutator| fields::number(mutator.timeout)),
    ];
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("mutator name", &self.metadata.name).at(NAME)?;
        match self.kind.as_str() {
            "" | "pipe" => {
                if self.command.is_empty() {
                    return Err(Invalid::new("mutator command must be set").at("/command"));
                }
                if !self.eval.is_empty() {
                    return Err(Invalid::new("eval requires the type javascript").at("/eval"));
                }
            }
            "javascript" => {
                if self.eval.is_empty() {
                    return Err(Invalid::new("mutator eval must be set").at("/eval"));
                }
                if !self.command.is_empty() {
                    return Err(Invalid::new("command requires the type pipe").at("/command"));
                }
                expression::Checker::default().check_body("eval", &self.eval).at("/eval")?;
            }
            other => {
                let message = format!("mutator type {other:?} is not valid");
                return Err(Invalid::new(message).at("/type"));
            }
        }
        self.metadata.require_namespace()
    }

    fn has_expressions(&self) -> bool {
        !self.eval.is_empty()
    }

    fn example(name: &str) -> Value {
        json!({"metadata": {"name": name}, "command": "cat"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_messages_are_those_of_sensu_go() {
        let good = Mutator {
            command: "cat".into(),
            metadata: ObjectMeta::new("default", "a"),
            ..Mutator::default()
        };
        assert_eq!(good.validate(), Ok(()));
        let without_command = Mutator { command: String::new(), ..good.clone() };
        assert_eq!(without_command.validate().unwrap_err().message, "mutator command must be set");
        let error = |kind: &str, command: &str, eval: &str| {
            let texts = (kind.into(), command.into(), eval.into());
            let (kind, command, eval) = texts;
            let mutator = Mutator { kind, command, eval, ..good.clone() };
            mutator.validate().map_err(|error| error.message).err().unwrap_or_default()
        };
        assert_eq!(error("javascript", "", "return JSON.stringify(event)"), "");
        assert_eq!(error("pipe", "cat", ""), "");
        assert_eq!(error("javascript", "", ""), "mutator eval must be set");
        assert!(error("javascript", "", "return (").starts_with("syntax error in eval"));
        assert!(error("javascript", "cat", "return 1").contains("type pipe"));
        assert!(error("", "cat", "return 1").contains("type javascript"));
        assert!(error("x", "cat", "").contains("is not valid"));
        let without_namespace = Mutator { metadata: ObjectMeta::new("", "a"), ..good };
        assert_eq!(without_namespace.validate().unwrap_err().message, "namespace must be set");
        let error = Mutator::default().validate().unwrap_err().message;
        assert_eq!(error, "mutator name must not be empty");
    }
}
