//! Entities: the monitored systems and services.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::redaction::{self, REDACTED, RedactedKeys};
use crate::grammar::selector::{Field, fields};
use crate::grammar::{name, number, schema};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::{Invalid, Namespaced, ObjectMeta, Resource, WriteContext};

/// A monitored system or service: a host with an agent, or a proxy entity without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Entity {
    /// Class of the entity: `agent`, `proxy`, or another name. Required.
    #[schemars(schema_with = "schema::required_name")]
    pub entity_class: String,
    /// Information about a system. Unknown fields are omitted.
    pub system: System,
    /// Subscriptions of the entity: its agent executes the checks that have one of them. Agents of Sensu Go 6 use those
    /// of the stored entity, and older ones replace them by their own.
    pub subscriptions: Vec<String>,
    /// Time of the last keepalive by the clock of the agent, in seconds since 1970-01-01 UTC. 0 if there was none.
    pub last_seen: i64,
    /// Whether the server deletes the entity, with its events, when its agent stops sending keepalives.
    pub deregister: bool,
    /// Settings for the deletion of an entity whose agent stopped sending keepalives.
    pub deregistration: Deregistration,
    /// User that the agent authenticates as. Omitted if unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Keys, in any case, of labels and annotations whose values are replaced by `REDACTED` in responses.
    /// Default: `password`, `passwd`, `pass`, `api_key`, `api_token`, `access_key`, `secret_key`,
    /// `private_key` and `secret`. At most %redact-keys% keys of at most %redact-key-bytes% bytes. The values stay hidden until
    /// new values are sent: a key that an update removes from the list is kept in it while the entity has
    /// a value under it. Events of the entity hide the same keys, and those that the list had before.
    /// Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redact: Vec<String>,
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Version of the agent. Omitted if unknown: agents before Sensu Go 5.14 do not send it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sensu_agent_version: String,
    /// Names of the handlers that process the keepalive events of the entity. Omitted if empty, which means the handler
    /// `keepalive`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keepalive_handlers: Vec<String>,
}

/// Information about a system. Unknown fields are omitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct System {
    /// Host name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hostname: String,
    /// Operating system, for example `linux` or `windows`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub os: String,
    /// Distribution, for example `debian`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub platform: String,
    /// Family of the distribution, for example `rhel`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub platform_family: String,
    /// Version of the distribution.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub platform_version: String,
    /// Network configuration of a system.
    pub network: Network,
    /// Processor architecture, for example `amd64`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub arch: String,
    /// Version of the ARM architecture. Omitted for other architectures.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub arm_version: i32,
    /// C library, for example `glibc`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub libc_type: String,
    /// Virtualization, for example `kvm`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vm_system: String,
    /// Role of the machine in virtualization: `host` or `guest`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vm_role: String,
    /// Cloud provider, for example `EC2`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_provider: String,
    /// Floating-point implementation: `softfloat` or `hardfloat`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub float_type: String,
    /// Running processes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<Process>,
}

/// A running process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Process {
    /// Name of the process.
    pub name: String,
}

/// Network configuration of a system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Network {
    /// Network interfaces.
    pub interfaces: Vec<NetworkInterface>,
}

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct NetworkInterface {
    /// Name of the interface, for example `eth0`. Omitted if unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// MAC address. Omitted if the interface has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mac: String,
    /// IP addresses in CIDR notation: `10.0.0.1/8`.
    pub addresses: Vec<String>,
}

/// Settings for the deletion of an entity whose agent stopped sending keepalives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Deregistration {
    /// Name of the handler that processes the event `deregistration`, which is not stored. Omitted if not set.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub handler: String,
}

impl Entity {
    /// Keeps the stored values of keys that a client sends back as `REDACTED`, and keeps them hidden: a
    /// key that `redact` no longer lists is added to it (D25). `more` are keys that are hidden besides
    /// those of `redact`, before and after the write.
    pub fn keep_redacted(&mut self, stored: &Self, more: Option<&RedactedKeys>) {
        let was_hidden = RedactedKeys::new(&stored.redact);
        let hidden = RedactedKeys::new(&self.redact);
        let is_in_more = |key: &str| more.is_some_and(|more| more.contains(key));
        let pairs = [
            (&mut self.metadata.labels, &stored.metadata.labels),
            (&mut self.metadata.annotations, &stored.metadata.annotations),
        ];
        let mut revealed = Vec::new();
        for (map, stored) in pairs {
            for (key, value) in map.iter_mut().filter(|(_, value)| *value == REDACTED) {
                let Some(original) = stored.get(key) else { continue };
                let stays_hidden = hidden.contains(key) || is_in_more(key);
                if stays_hidden || was_hidden.contains(key) {
                    value.clone_from(original);
                    if !stays_hidden {
                        revealed.push(key.clone());
                    }
                }
            }
        }
        if !revealed.is_empty() {
            self.redact = redaction::extended(&self.redact, revealed);
        }
    }

    /// The entity as responses contain it, `None` if that is the stored entity. `more` are keys that are
    /// hidden besides those of `redact`.
    #[must_use]
    pub fn hide_values(&self, more: Option<&RedactedKeys>) -> Option<Self> {
        let metadata = &self.metadata;
        if metadata.labels.is_empty() && metadata.annotations.is_empty() {
            return None;
        }
        let own = RedactedKeys::new(&self.redact);
        let is_hidden =
            |key: &String| own.contains(key) || more.is_some_and(|more| more.contains(key));
        if !metadata.labels.keys().chain(metadata.annotations.keys()).any(is_hidden) {
            return None;
        }
        let mut redacted = self.clone();
        for map in [&mut redacted.metadata.labels, &mut redacted.metadata.annotations] {
            for (_, value) in map.iter_mut().filter(|(key, _)| is_hidden(key)) {
                REDACTED.clone_into(value);
            }
        }
        Some(redacted)
    }
}

impl Resource for Entity {
    const KIND: &'static str = "Entity";
    const PLURAL: &'static str = "entities";
    const SINGULAR: &'static str = "entity";
    const CASCADES_TO: &'static [&'static str] = &["events"];
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("deregister", |entity| fields::flag(entity.deregister)),
        Field::new("entity_class", |entity| fields::text(&entity.entity_class)),
        Field::new("subscriptions", |entity| fields::list(&entity.subscriptions)),
        Field::new("user", |entity| fields::text(&entity.user)),
    ];
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    /// A client that reads an entity and sends it back sends redacted values. They do not replace the
    /// stored ones (D25).
    fn prepare(&mut self, _context: &WriteContext<'_>, previous: Option<&Self>) {
        if let Some(previous) = previous {
            self.keep_redacted(previous, None);
        }
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("entity name", &self.metadata.name).at(NAME)?;
        name::plain("entity class", &self.entity_class).at("/entity_class")?;
        redaction::validate(&self.redact).at("/redact")?;
        self.metadata.require_namespace()
    }

    fn redacted(&self) -> Option<Self> {
        self.hide_values(None)
    }

    fn redact(&self) -> Option<&[String]> {
        Some(&self.redact)
    }

    fn example(name: &str) -> Value {
        json!({"metadata": {"name": name}, "entity_class": "proxy"})
    }
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
    fn the_wire_format_of_a_minimal_entity_is_that_of_sensu_go() {
        let text = serde_json::to_string(&Entity::fixture("a")).unwrap();
        assert_eq!(
            text,
            r#"{"entity_class":"proxy","system":{"network":{"interfaces":[]}},"subscriptions":[],"last_seen":0,"deregister":false,"deregistration":{},"metadata":{"name":"a","namespace":"default"}}"#
        );
    }

    #[test]
    fn values_are_redacted_by_whole_keys() {
        let redacted = labelled(&[("PassWord", "x"), ("my_password", "y")]).redacted().unwrap();
        assert_eq!(redacted.metadata.labels["PassWord"], REDACTED);
        assert_eq!(redacted.metadata.labels["my_password"], "y");
        let mut own = labelled(&[("password", "x"), ("pin", "1")]);
        own.redact = vec!["PIN".into()];
        let redacted = own.redacted().unwrap();
        assert_eq!(
            (&*redacted.metadata.labels["password"], &*redacted.metadata.labels["pin"]),
            ("x", REDACTED)
        );
        assert_eq!(labelled(&[("region", "eu")]).redacted(), None);
    }

    #[test]
    fn a_redacted_value_that_is_sent_back_does_not_change() {
        let stored = labelled(&[("password", "x")]);
        let mut sent = stored.redacted().unwrap();
        sent.prepare(&WriteContext { caller: "a", now: 0 }, Some(&stored));
        assert_eq!(sent, stored);
    }

    /// Compared one by one, these keys would take hours.
    #[test]
    fn many_keys_and_labels_are_not_compared_one_by_one() {
        let mut entity = Entity::fixture("a");
        entity.redact = (0..300_000).map(|n| format!("r{n}")).collect();
        let labels = (0..300_000).map(|n| (format!("k{n}"), "x".to_owned()));
        entity.metadata.labels = labels.chain([("R7".to_owned(), "x".to_owned())]).collect();
        let redacted = entity.redacted().unwrap();
        assert_eq!(redacted.metadata.labels["R7"], REDACTED);
        let mut sent = redacted;
        sent.prepare(&WriteContext { caller: "a", now: 0 }, Some(&entity));
        assert_eq!(sent.metadata.labels["R7"], "x");
    }

    #[test]
    fn a_hidden_value_stays_hidden_until_a_new_value_is_sent() {
        let stored = labelled(&[("password", "x"), ("Pin", "1")]);
        let stored = Entity { redact: vec!["password".into(), "pin".into()], ..stored };
        let write = |redact: &[&str], change: fn(&mut Entity)| {
            let mut sent = stored.redacted().unwrap();
            sent.redact = redact.iter().map(|key| (*key).to_owned()).collect();
            change(&mut sent);
            sent.prepare(&WriteContext { caller: "a", now: 0 }, Some(&stored));
            sent
        };
        let kept = write(&["other"], |_| {});
        assert_eq!(kept.redact, ["other", "Pin", "password"]);
        assert_eq!(kept.metadata.labels, stored.metadata.labels);
        let defaults = write(&[], |_| {});
        assert!(defaults.redact.len() == 10 && defaults.redact.contains(&"Pin".to_owned()));
        let sent = write(&["other"], |entity| {
            entity.metadata.labels.insert("password".into(), "new".into());
            entity.metadata.labels.remove("Pin");
        });
        assert_eq!(sent.redact, ["other"]);
        assert_eq!(sent.metadata.labels["password"], "new");
        let other_case = write(&["other"], |entity| {
            entity.metadata.labels = [("PASSWORD".to_owned(), REDACTED.to_owned())].into();
        });
        assert_eq!(other_case.metadata.labels["PASSWORD"], REDACTED, "a new label");
    }

    #[test]
    fn validation_messages_are_those_of_sensu_go() {
        let mut entity = Entity::fixture("a b");
        assert_eq!(
            entity.validate().unwrap_err().message,
            "entity name cannot contain spaces or special characters"
        );
        entity = Entity { entity_class: String::new(), ..Entity::fixture("a") };
        assert_eq!(entity.validate().unwrap_err().message, "entity class must not be empty");
    }
}
