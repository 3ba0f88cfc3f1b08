//! Hooks: commands that an agent executes in response to the result of a check.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::{name, schema};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

/// A command that an agent executes in response to the result of a check.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct HookConfig {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Command to execute. Required.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "schema::required::<String>")]
    pub command: String,
    /// Time limit of the command, in seconds. Required, greater than 0.
    #[schemars(schema_with = "schema::required::<u32>")]
    pub timeout: u32,
    /// Whether the agent writes the event, in JSON, to the standard input of the command.
    pub stdin: bool,
    /// Names of the assets that the command requires. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runtime_assets: Vec<String>,
}

impl Resource for HookConfig {
    const KIND: &'static str = "HookConfig";
    const PLURAL: &'static str = "hooks";
    const SINGULAR: &'static str = "hook";
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("hook name", &self.metadata.name).at(NAME)?;
        if self.command.is_empty() {
            return Err(Invalid::new("command cannot be empty").at("/command"));
        }
        if self.timeout == 0 {
            return Err(Invalid::new("hook timeout must be greater than 0").at("/timeout"));
        }
        self.metadata.require_namespace()
    }

    fn example(name: &str) -> Value {
        json!({"metadata": {"name": name}, "command": "ps aux", "timeout": 10})
    }
}
