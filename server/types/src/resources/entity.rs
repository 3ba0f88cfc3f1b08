//! Entities: what is monitored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::selector::Fields;
use crate::grammar::{name, number, schema};
use crate::{Invalid, Namespaced, ObjectMeta, Resource, WriteContext};

/// Something that is monitored: a host with an agent, or a proxy for anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Entity {
    /// `agent`, `proxy`, or any other word. Required.
    #[schemars(schema_with = "class")]
    pub entity_class: String,
    /// What is known of a system. Fields that are not known are absent.
    pub system: System,
    /// Agents run the checks that have one of these subscriptions.
    pub subscriptions: Vec<String>,
    /// When the entity was last heard of, in seconds since 1970-01-01 UTC. 0 for never.
    pub last_seen: i64,
    /// Whether the entity is removed when its agent stops.
    pub deregister: bool,
    /// What happens when an entity is removed because its agent stopped.
    pub deregistration: Deregistration,
    /// The user that the agent logs in as. Absent when not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Labels and annotations with one of these keys are shown as `REDACTED`, whatever the case of
    /// the key. Absent when empty; then `password`, `passwd`, `pass`, `api_key`, `api_token`,
    /// `access_key`, `secret_key`, `private_key` and `secret` apply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redact: Vec<String>,
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The version of the agent's software. Absent when not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sensu_agent_version: String,
    /// Names of the handlers that hear when the agent falls silent. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keepalive_handlers: Vec<String>,
}

/// What is known of a system. Fields that are not known are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct System {
    /// The name the host has for itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hostname: String,
    /// The operating system: `linux`, `windows`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub os: String,
    /// The distribution: `debian`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub platform: String,
    /// The family of the distribution.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub platform_family: String,
    /// The version of the distribution.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub platform_version: String,
    /// The network of a system.
    pub network: Network,
    /// The architecture: `amd64`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub arch: String,
    /// The version of the ARM architecture. Absent on others.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub arm_version: i32,
    /// The C library: `glibc`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub libc_type: String,
    /// What the machine is virtualized with: `kvm`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vm_system: String,
    /// `host` or `guest`, where machines are virtualized.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vm_role: String,
    /// The public cloud that the system runs in: `EC2`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_provider: String,
    /// How the system computes with fractions: `softfloat` or `hardfloat`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub float_type: String,
    /// The programs that run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<Process>,
}

/// A program that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Process {
    /// Its name.
    pub name: String,
}

/// The network of a system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Network {
    /// Its interfaces.
    pub interfaces: Vec<NetworkInterface>,
}

/// An interface to a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct NetworkInterface {
    /// Its name: `eth0`. Absent when not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its hardware address. Absent when it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mac: String,
    /// Its addresses, with the length of the prefix: `10.0.0.1/8`.
    pub addresses: Vec<String>,
}

/// What happens when an entity is removed because its agent stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Deregistration {
    /// The name of the handler that hears of it. Absent when none does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub handler: String,
}

fn class(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(schema::pattern("^[A-Za-z0-9_.-]+$"))
}

/// What is shown instead of a value that is not for everybody's eyes.
pub const REDACTED: &str = "REDACTED";

/// The keys that are redacted when an entity does not say.
const SECRET_KEYS: [&str; 9] = [
    "password",
    "passwd",
    "pass",
    "api_key",
    "api_token",
    "access_key",
    "secret_key",
    "private_key",
    "secret",
];

impl Resource for Entity {
    const KIND: &'static str = "Entity";
    const PLURAL: &'static str = "entities";
    const SINGULAR: &'static str = "entity";
    const CASCADES_TO: &'static [&'static str] = &["events"];
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    /// Whoever reads an entity and sends it back sends back what it was shown: values shown as
    /// redacted keep what is stored (D25).
    fn prepare(&mut self, _context: &WriteContext<'_>, previous: Option<&Self>) {
        let Some(previous) = previous else { return };
        let redact = self.redact.clone();
        let pairs = [
            (&mut self.metadata.labels, &previous.metadata.labels),
            (&mut self.metadata.annotations, &previous.metadata.annotations),
        ];
        for (map, before) in pairs {
            for (key, value) in map.iter_mut().filter(|(key, _)| is_secret(&redact, key)) {
                if let (REDACTED, Some(kept)) = (value.as_str(), before.get(key)) {
                    value.clone_from(kept);
                }
            }
        }
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("entity name", &self.metadata.name)?;
        name::plain("entity class", &self.entity_class)?;
        self.metadata.require_namespace()
    }

    fn redacted(&self) -> Option<Self> {
        let secret = |key: &String| is_secret(&self.redact, key);
        let metadata = &self.metadata;
        if !metadata.labels.keys().chain(metadata.annotations.keys()).any(secret) {
            return None;
        }
        let mut shown = self.clone();
        for map in [&mut shown.metadata.labels, &mut shown.metadata.annotations] {
            for (_, value) in map.iter_mut().filter(|(key, _)| secret(key)) {
                REDACTED.clone_into(value);
            }
        }
        Some(shown)
    }

    fn fields(&self) -> Fields<'_> {
        Fields::new()
            .flag("deregister", self.deregister)
            .text("entity_class", &self.entity_class)
            .list("subscriptions", &self.subscriptions)
            .text("user", &self.user)
    }

    fn example(name: &str) -> Value {
        json!({"metadata": {"name": name}, "entity_class": "proxy"})
    }
}

/// Whether the value of a label or annotation is not for everybody's eyes.
fn is_secret(redact: &[String], key: &str) -> bool {
    if redact.is_empty() {
        return SECRET_KEYS.iter().any(|secret| secret.eq_ignore_ascii_case(key));
    }
    redact.iter().any(|secret| secret.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(pairs: &[(&str, &str)]) -> Entity {
        let mut entity = Entity::fixture("a");
        for (key, value) in pairs {
            entity.metadata.labels.insert((*key).into(), (*value).into());
        }
        entity
    }

    #[test]
    fn a_minimal_entity_has_the_wire_form_of_the_reference() {
        let text = serde_json::to_string(&Entity::fixture("a")).unwrap();
        assert_eq!(
            text,
            r#"{"entity_class":"proxy","system":{"network":{"interfaces":[]}},"subscriptions":[],"last_seen":0,"deregister":false,"deregistration":{},"metadata":{"name":"a","namespace":"default"}}"#
        );
    }

    #[test]
    fn secrets_are_shown_as_redacted_by_whole_keys() {
        let shown = labelled(&[("PassWord", "x"), ("my_password", "y")]).redacted().unwrap();
        assert_eq!(shown.metadata.labels["PassWord"], REDACTED);
        assert_eq!(shown.metadata.labels["my_password"], "y");
        let mut own = labelled(&[("password", "x"), ("pin", "1")]);
        own.redact = vec!["PIN".into()];
        let shown = own.redacted().unwrap();
        assert_eq!(
            (&*shown.metadata.labels["password"], &*shown.metadata.labels["pin"]),
            ("x", REDACTED)
        );
        assert_eq!(labelled(&[("region", "eu")]).redacted(), None);
    }

    #[test]
    fn what_is_sent_back_redacted_keeps_its_value() {
        let before = labelled(&[("password", "x")]);
        let mut sent = before.redacted().unwrap();
        sent.prepare(&WriteContext { caller: "a", now: 0 }, Some(&before));
        assert_eq!(sent, before);
    }

    #[test]
    fn rules_have_the_messages_of_the_reference() {
        let mut entity = Entity::fixture("a b");
        assert_eq!(
            entity.validate().unwrap_err().0,
            "entity name cannot contain spaces or special characters"
        );
        entity = Entity { entity_class: String::new(), ..Entity::fixture("a") };
        assert_eq!(entity.validate().unwrap_err().0, "entity class must not be empty");
    }
}
