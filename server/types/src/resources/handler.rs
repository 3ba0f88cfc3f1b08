//! Handlers: actions for events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::enumeration::Enumeration;
use crate::grammar::selector::{Field, fields};
use crate::grammar::{name, schema};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::parts::secret::Secret;
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

/// An action for events: a command, a network connection, or a set of other handlers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Handler {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// `pipe` for a command, `tcp` or `udp` for a connection, `set` for other handlers. Required.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "kind")]
    pub kind: String,
    /// Name of the mutator that transforms the event. Default: none, the handler receives the event in
    /// JSON. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mutator: String,
    /// Command that reads the event from its standard input, for type `pipe`. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Time limit of the handler, in seconds. 0 for no limit.
    pub timeout: u32,
    /// Address that a handler of type `tcp` or `udp` connects to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<HandlerSocket>,
    /// Names of the other handlers, for type `set`.
    pub handlers: Vec<String>,
    /// Names of the filters that an event must pass.
    pub filters: Vec<String>,
    /// Environment variables of the command, each `NAME=value`.
    pub env_vars: Vec<String>,
    /// Names of the assets that the command requires.
    pub runtime_assets: Vec<String>,
    /// Secrets that the command receives as environment variables. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
}

/// Address that a handler of type `tcp` or `udp` connects to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct HandlerSocket {
    /// Host name or IP address. Required.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// Port. Required, greater than 0.
    pub port: u32,
}

const TYPE: Enumeration = Enumeration {
    name: "HandlerType",
    description: "How a handler passes events on: to a command (`pipe`), to a socket (`tcp`, `udp`), or to \
        other handlers (`set`).",
    values: &["pipe", "tcp", "udp", "set"],
    identifiers: &[],
};

fn kind(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(TYPE.schema(generator))
}

impl Resource for Handler {
    const KIND: &'static str = "Handler";
    const PLURAL: &'static str = "handlers";
    const SINGULAR: &'static str = "handler";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("filters", |handler| fields::list(&handler.filters)),
        Field::new("handlers", |handler| fields::list(&handler.handlers)),
        Field::new("mutator", |handler| fields::text(&handler.mutator)),
        Field::new("timeout", |handler| fields::number(handler.timeout)),
        Field::new("type", |handler| fields::text(&handler.kind)),
    ];
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("handler name", &self.metadata.name).at(NAME)?;
        match self.kind.as_str() {
            "" => return Err(Invalid::new("empty handler type").at("/type")),
            "pipe" | "set" | "grpc" => {}
            "tcp" | "udp" => match &self.socket {
                None => {
                    let message = "tcp and udp handlers need a valid socket";
                    return Err(Invalid::new(message).at("/socket"));
                }
                Some(socket) if socket.host.is_empty() => {
                    return Err(Invalid::new("socket host undefined").at("/socket/host"));
                }
                Some(socket) if socket.port == 0 => {
                    return Err(Invalid::new("socket port undefined").at("/socket/port"));
                }
                Some(_) => {}
            },
            kind => {
                return Err(Invalid::new(format!("unknown handler type: {kind}")).at("/type"));
            }
        }
        self.metadata.require_namespace()?;
        if self.kind == "grpc" {
            let message = "use the extensions API for this handler type";
            return Err(Invalid::new(message).at("/type"));
        }
        Ok(())
    }

    fn example(name: &str) -> Value {
        json!({"metadata": {"name": name}, "type": "pipe", "command": "cat"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_messages_are_those_of_sensu_go() {
        let error = |change: &dyn Fn(&mut Handler)| {
            let mut handler = Handler::fixture("a");
            change(&mut handler);
            handler.validate().expect_err("invalid").message
        };
        let socket = |host: &str, port| Some(HandlerSocket { host: host.into(), port });
        assert_eq!(Handler::fixture("a").validate(), Ok(()));
        assert_eq!(error(&|h| h.metadata.name.clear()), "handler name must not be empty");
        assert_eq!(error(&|h| h.kind.clear()), "empty handler type");
        assert_eq!(error(&|h| h.kind = "x".into()), "unknown handler type: x");
        assert_eq!(error(&|h| h.kind = "tcp".into()), "tcp and udp handlers need a valid socket");
        assert_eq!(
            error(&|h| (h.kind, h.socket) = ("udp".into(), socket("", 1))),
            "socket host undefined"
        );
        assert_eq!(
            error(&|h| (h.kind, h.socket) = ("tcp".into(), socket("a", 0))),
            "socket port undefined"
        );
        assert!(error(&|h| h.kind = "grpc".into()).contains("extensions API"));
        assert_eq!(error(&|h| h.metadata.namespace.clear()), "namespace must be set");
    }
}
