//! Handlers: actions for events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::combination::{Rejected, Values};
use crate::grammar::enumeration::Enumeration;
use crate::grammar::selector::{Field, fields};
use crate::grammar::{http_url, name, schema};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::parts::secret::Secret;
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

/// An action for events: a command, a network connection, an HTTP request, or a set of other handlers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Handler {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// `pipe` for a command, `tcp` or `udp` for a connection, `http` for an HTTP request, `set` for other
    /// handlers. Required. Sensu Go does not have the type `http`.
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
    /// Time limit of the handler, in seconds. 0 for the default: 60 seconds for `tcp`, `udp` and `http`, 10
    /// minutes for `pipe`.
    pub timeout: u32,
    /// Address that a handler of type `tcp` or `udp` connects to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<HandlerSocket>,
    /// Request of a handler of type `http`. Omitted if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HandlerHttp>,
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

/// Request of a handler of type `http`. The body is the event, as the mutator returns it.
///
/// A response with a status from 200 to 299 is a success. Requests that cannot be sent, and those with status 429
/// or 500 and above, are repeated for up to 60 seconds. Redirects with status 307 or 308 are
/// followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct HandlerHttp {
    /// URL with the scheme `http` or `https`. Required.
    #[schemars(schema_with = "http_url")]
    pub url: String,
    /// Method: `POST`, `PUT` or `PATCH`. Default: `POST`. Omitted if not set.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "method")]
    pub method: String,
    /// Headers of the request. Default of `Content-Type`: `application/json`. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HandlerHeader>,
}

/// Header of the request of a handler of type `http`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct HandlerHeader {
    /// Name. Required.
    #[schemars(schema_with = "header_name")]
    pub name: String,
    /// Value, in printable ASCII and tabs.
    #[schemars(regex(pattern = "^[\\t -~]*$"))]
    pub value: String,
}

fn http_url(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(schema::pattern(&http_url::pattern_with_host()))
}

fn header_name(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(schema::pattern("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"))
}

const METHOD: Enumeration = Enumeration {
    name: "HandlerMethod",
    description: "Method of the request of a handler of type `http`.",
    values: &["POST", "PUT", "PATCH"],
    identifiers: &[],
};

fn method(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    METHOD.schema(generator).into()
}

impl HandlerHttp {
    fn validate(&self) -> Result<(), Invalid> {
        if !http_url::has_host(&self.url) {
            let message =
                format!("{:?} is not a URL with http:// or https:// and a host", self.url);
            return Err(Invalid::new(message).at("/url"));
        }
        if !self.method.is_empty() && !METHOD.contains(&self.method) {
            let message = format!("method {:?} is not valid; use POST, PUT or PATCH", self.method);
            return Err(Invalid::new(message).at("/method"));
        }
        for (index, HandlerHeader { name, value }) in self.headers.iter().enumerate() {
            let at = |field: &str| format!("/headers/{index}/{field}");
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                let message = format!("{name:?} is not a name of a header");
                return Err(Invalid::new(message).at(at("name")));
            }
            if !value.bytes().all(|byte| byte == b'\t' || matches!(byte, b' '..=b'~')) {
                let message =
                    format!("the header {name:?} has a value that is not in printable ASCII");
                return Err(Invalid::new(message).at(at("value")));
            }
        }
        Ok(())
    }
}

const TYPE: Enumeration = Enumeration {
    name: "HandlerType",
    description: "How a handler passes events on: to a command (`pipe`), to a socket (`tcp`, `udp`), in an HTTP \
        request (`http`), or to other handlers (`set`).",
    values: &["pipe", "tcp", "udp", "http", "set"],
    identifiers: &[],
};

fn kind(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(TYPE.schema(generator))
}

/// Types `tcp` and `udp` need a socket, and type `http` needs a request.
pub(super) const REJECTED: Rejected = Rejected::always(&[
    &[("type", Values::OneOf(&["tcp", "udp"])), ("socket/host", Values::Unset)],
    &[("type", Values::OneOf(&["tcp", "udp"])), ("socket/port", Values::Unset)],
    &[("type", Values::OneOf(&["http"])), ("http", Values::Unset)],
]);

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
            "http" if self.http.is_none() => {
                return Err(Invalid::new("http handlers need a request").at("/http"));
            }
            "http" => {}
            kind => {
                return Err(Invalid::new(format!("unknown handler type: {kind}")).at("/type"));
            }
        }
        // Also beside another type: the schema of the field states the same.
        self.http.as_ref().map_or(Ok(()), HandlerHttp::validate).at("/http")?;
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
        assert_eq!(error(&|h| h.kind = "http".into()), "http handlers need a request");
        assert!(error(&|h| h.kind = "grpc".into()).contains("extensions API"));
        assert_eq!(error(&|h| h.metadata.namespace.clear()), "namespace must be set");
    }

    #[test]
    fn the_request_of_an_http_handler_is_validated() {
        let validate = |url: &str, method: &str, header: (&str, &str)| {
            let header = HandlerHeader { name: header.0.into(), value: header.1.into() };
            let headers = vec![header];
            let http = Some(HandlerHttp { url: url.into(), method: method.into(), headers });
            let handler = Handler { kind: "http".into(), http, ..Handler::fixture("a") };
            handler.validate().map_err(|invalid| invalid.field.unwrap_or_default())
        };
        let (url, header) = ("https://example.com/hook", ("Authorization", "Bearer x"));
        assert_eq!(validate(url, "", header), Ok(()));
        assert_eq!(validate(url, "PUT", header), Ok(()));
        for bad in ["", "/hook", "ftp://example.com", "http://"] {
            assert_eq!(validate(bad, "", header), Err("/http/url".to_owned()), "{bad}");
        }
        assert_eq!(validate(url, "GET", header), Err("/http/method".to_owned()));
        assert_eq!(validate(url, "", ("a b", "x")), Err("/http/headers/0/name".to_owned()));
        assert_eq!(validate(url, "", ("a", "x\n")), Err("/http/headers/0/value".to_owned()));
    }
}
