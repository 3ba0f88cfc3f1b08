//! What an agent is, and how it behaves.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::bail;
use rustls::ClientConfig;

/// Release of Sensu whose agent is imitated. Each behaves like the previous one, with the named changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// JSON, no pings, no header `Accept`.
    V5_0,
    /// Pings every 30 s; ends the connection 45 s after the last pong.
    V5_11,
    /// Offers protobuf.
    V5_12,
    /// Ignores check requests, and sends no keepalive, until an entity configuration arrives or 10 s pass. Events have
    /// identifiers, keepalives a critical timeout and handlers.
    V6_0,
    /// Ignores check requests that were not issued after the last one of the same check and proxy entity. Events have
    /// sequence numbers.
    V6_7_3,
}

impl Release {
    /// All releases, from the oldest to the newest.
    pub const ALL: [Self; 5] = [Self::V5_0, Self::V5_11, Self::V5_12, Self::V6_0, Self::V6_7_3];

    /// The version, for example `6.7.3`.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::V5_0 => "5.0.0",
            Self::V5_11 => "5.11.0",
            Self::V5_12 => "5.12.0",
            Self::V6_0 => "6.0.0",
            Self::V6_7_3 => "6.7.3",
        }
    }
}

impl FromStr for Release {
    type Err = anyhow::Error;

    /// The version, or its first two numbers.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let is = |release: &Self| {
            let version = release.version();
            version == text || version.strip_suffix(".0") == Some(text)
        };
        match Self::ALL.into_iter().find(is) {
            Some(release) => Ok(release),
            None => bail!("unknown release {text:?}; releases are 5.0, 5.11, 5.12, 6.0 and 6.7.3"),
        }
    }
}

/// An agent and its server. Start with [`AgentOptions::new`] and change fields.
#[derive(Clone, Debug)]
pub struct AgentOptions {
    /// URL of the server: `ws://` or `wss://`. Default port: 8081.
    pub url: String,
    /// Name of the agent and its entity.
    pub name: String,
    /// Namespace. Default: `default`.
    pub namespace: String,
    /// User. Default: `agent`.
    pub user: String,
    /// Password. Default: `P@ssw0rd!`.
    pub password: String,
    /// Subscriptions.
    pub subscriptions: Vec<String>,
    /// Labels of the entity.
    pub labels: BTreeMap<String, String>,
    /// Imitated release. Default: 6.7.3.
    pub release: Release,
    /// Time between keepalives, in seconds. Default: 20.
    pub keepalive_interval: u32,
    /// Time without keepalive after which the server warns, in seconds. Default: 120.
    pub keepalive_timeout: u32,
    /// Time after which a missing keepalive is critical, in seconds. From 6.0. Default: 0, never.
    pub keepalive_critical_timeout: u32,
    /// Handlers of keepalive events. From 6.0.
    pub keepalive_handlers: Vec<String>,
    /// Whether the server deletes the entity when keepalives are missing.
    pub deregister: bool,
    /// Handler of the deregistration event.
    pub deregistration_handler: String,
    /// Headers of the handshake that differ from those of the release: another value, further ones, or none.
    pub headers: Vec<(String, Option<String>)>,
    /// Configuration for `wss://`.
    pub tls: Option<Arc<ClientConfig>>,
}

impl AgentOptions {
    /// An agent with default settings.
    #[must_use]
    pub fn new(url: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            name: name.into(),
            namespace: "default".to_owned(),
            user: "agent".to_owned(),
            password: "P@ssw0rd!".to_owned(),
            subscriptions: Vec::new(),
            labels: BTreeMap::new(),
            release: Release::V6_7_3,
            keepalive_interval: 20,
            keepalive_timeout: 120,
            keepalive_critical_timeout: 0,
            keepalive_handlers: Vec::new(),
            deregister: false,
            deregistration_handler: String::new(),
            headers: Vec::new(),
            tls: None,
        }
    }

    /// Sets the release.
    #[must_use]
    pub fn with_release(mut self, release: Release) -> Self {
        self.release = release;
        self
    }

    /// Sets the subscriptions.
    #[must_use]
    pub fn with_subscriptions(mut self, names: &[&str]) -> Self {
        self.subscriptions = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Sends a header with another value than the release does.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    /// Omits a header of the release.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.push((name.to_owned(), None));
        self
    }
}
