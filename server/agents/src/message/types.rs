//! Payloads that servers send to agents: check requests and entity configurations.

use std::collections::BTreeMap;

use sensu_types::ObjectMeta;
use sensu_types::asset::Asset;
use sensu_types::check::CheckConfig;
use sensu_types::entity::{Deregistration, Entity};
use sensu_types::hook::HookConfig;
use serde::{Deserialize, Serialize};

/// Request to execute a check.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct CheckRequest {
    /// The check. Agents copy it into the event.
    pub config: CheckConfig,
    /// Assets that the command requires.
    pub assets: Vec<Asset>,
    /// Hooks that `config.check_hooks` names.
    pub hooks: Vec<HookConfig>,
    /// Time of the request, in seconds since 1970-01-01 UTC. Not 0, and greater than that of the last request for the
    /// same check and proxy entity: agents from 6.7.3 ignore other requests.
    pub issued: i64,
    /// Assets of the hooks, by name of the hook. For agents from 5.12. Omitted if empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hook_assets: BTreeMap<String, AssetList>,
    /// Resolved secrets, each `NAME=value`. For agents from 5.17. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
}

/// Assets of a hook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct AssetList {
    /// Assets that the command of the hook requires.
    pub assets: Vec<Asset>,
}

/// Configuration of an agent's entity, type `EntityConfig` of `core/v3`. For agents from 6.0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct EntityConfig {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Class: `agent`.
    pub entity_class: String,
    /// User that the agent authenticates as. Omitted if unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Subscriptions of the agent.
    pub subscriptions: Vec<String>,
    /// Whether the entity is deleted when its agent stops sending keepalives.
    pub deregister: bool,
    /// Settings for this deletion.
    pub deregistration: Deregistration,
    /// Names of the handlers that process keepalive events. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keepalive_handlers: Vec<String>,
    /// Keys of labels and annotations whose values are secret. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redact: Vec<String>,
}

impl EntityConfig {
    /// Name in the configuration of an entity that the server does not have.
    const NOT_FOUND: &'static str = "not found";

    /// The configuration for an agent whose entity does not exist: the agent uses its local configuration.
    #[must_use]
    pub fn not_found(namespace: &str) -> Self {
        Self { metadata: ObjectMeta::new(namespace, Self::NOT_FOUND), ..Self::default() }
    }

    /// Whether the entity does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.metadata.name == Self::NOT_FOUND
    }
}

/// The configuration is the entity without its state: system, time of the last keepalive, version of the agent.
impl From<Entity> for EntityConfig {
    fn from(entity: Entity) -> Self {
        let Entity {
            entity_class,
            system: _,
            subscriptions,
            last_seen: _,
            deregister,
            deregistration,
            user,
            redact,
            metadata,
            sensu_agent_version: _,
            keepalive_handlers,
        } = entity;
        Self {
            metadata,
            entity_class,
            user,
            subscriptions,
            deregister,
            deregistration,
            keepalive_handlers,
            redact,
        }
    }
}
