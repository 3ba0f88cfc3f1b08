//! Events: observations of an entity, which are check results, metrics, or both.

mod check;
mod fields;
mod metrics;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::combination::{Rejected, Values};
use crate::grammar::redaction::RedactedKeys;
use crate::grammar::selector::Field;
use crate::grammar::{number, schema};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::parts::reference::ResourceReference;
use crate::resources::entity::Entity;
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

pub use check::{Check, CheckHistory, Hook};
pub use metrics::{MetricPoint, Metrics};

/// An observation of an entity: the result of a check, metrics, or both.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Event {
    /// Time of the observation, in seconds since 1970-01-01 UTC. Default: the time of the request.
    #[serde(skip_serializing_if = "number::is_zero")]
    #[schemars(schema_with = "schema::set_by_server::<i64>")]
    pub timestamp: i64,
    /// The observed entity. Required. The server creates an entity that does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::required::<Entity>")]
    pub entity: Option<Entity>,
    /// An executed check and its result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// Metrics that were measured on an entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// Labels and annotations. Events have no name: they are identified by entity and check.
    pub metadata: ObjectMeta,
    /// Unique ID of the event, usually a UUID. If the stored event is sent again with the same `id` and
    /// without changes, the server does not count it again. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Sequence number that the client assigned to the event. Omitted if 0.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub sequence: i64,
    /// Pipelines that process the event. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<ResourceReference>,
    /// Fallback pipeline that processes the event: it tries pipelines in order until one succeeds. Omitted
    /// if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_pipeline: Option<ResourceReference>,
}

impl Event {
    /// An event with no content except the names of its entity and check.
    #[must_use]
    pub fn with_names(entity: &str, check: &str) -> Self {
        Self {
            entity: Some(Entity { metadata: ObjectMeta::new("", entity), ..Entity::default() }),
            check: Some(Check { metadata: ObjectMeta::new("", check), ..Check::default() }),
            ..Self::default()
        }
    }

    /// The name of the entity. Empty if the event has no entity.
    #[must_use]
    pub fn entity_name(&self) -> &str {
        self.entity.as_ref().map_or("", |entity| &entity.metadata.name)
    }

    /// The name of the check. Empty if the event has no check.
    #[must_use]
    pub fn check_name(&self) -> &str {
        self.check.as_ref().map_or("", |check| &check.metadata.name)
    }
}

/// An event contains a check or metrics, and has no name of its own.
pub(super) const REJECTED: Rejected = Rejected::always(&[
    &[("check", Values::Unset), ("metrics", Values::Unset)],
    &[("metadata/name", Values::Set)],
]);

/// The name of an event is `entity/check` in keys and URLs; `name` returns the name of the check.
impl Resource for Event {
    const KIND: &'static str = "Event";
    const PLURAL: &'static str = "events";
    const SINGULAR: &'static str = "event";
    const NAMESPACE_POINTER: &'static str = "/entity/metadata/namespace";
    const NAME_POINTERS: &'static [&'static str] =
        &["/entity/metadata/name", "/check/metadata/name"];
    const FIELDS: &'static [Field<Self>] = fields::FIELDS;
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn name(&self) -> &str {
        self.check_name()
    }

    fn namespace(&self) -> &str {
        self.entity.as_ref().map_or("", |entity| &entity.metadata.namespace)
    }

    /// `name` is `entity/check`, or an entity.
    fn fill_identity(&mut self, namespace: &str, name: &str) {
        let (entity, check) = name.split_once('/').unwrap_or((name, ""));
        if let Some(part) = &mut self.entity {
            part.metadata.fill_identity(namespace, entity);
        }
        if let Some(part) = &mut self.check {
            part.metadata.fill_identity(namespace, check);
        }
    }

    fn validate(&self) -> Result<(), Invalid> {
        let Some(entity) = &self.entity else {
            return Err(Invalid::new("event must contain an entity").at("/entity"));
        };
        if self.check.is_none() && self.metrics.is_none() {
            return Err(Invalid::new("event must contain a check or metrics").at("/check"));
        }
        entity.validate().map_err(|error| error.prefixed("entity is invalid: ")).at("/entity")?;
        if let Some(check) = &self.check {
            check.validate().map_err(|error| error.prefixed("check is invalid: ")).at("/check")?;
        }
        if !self.metadata.name.is_empty() {
            return Err(Invalid::new("events cannot be named").at(NAME));
        }
        Ok(())
    }

    fn has_expressions(&self) -> bool {
        let check = self.check.as_ref();
        let requests = check.and_then(|check| check.proxy_requests.as_ref());
        requests.is_some_and(crate::check::ProxyRequests::has_expressions)
    }

    fn redacted(&self) -> Option<Self> {
        let entity = self.entity.as_ref()?.redacted()?;
        Some(Self { entity: Some(entity), ..self.clone() })
    }

    fn redacted_with(&self, keys: &RedactedKeys) -> Option<Self> {
        let entity = self.entity.as_ref()?.hide_values(Some(keys))?;
        Some(Self { entity: Some(entity), ..self.clone() })
    }

    /// The label of the check or, if the check does not have it, of the entity.
    fn label(&self, key: &str) -> Option<&str> {
        let check = self.check.as_ref().and_then(|check| check.metadata.labels.get(key));
        let label = || self.entity.as_ref().and_then(|entity| entity.metadata.labels.get(key));
        check.or_else(label).map(String::as_str)
    }

    /// `name` is `entity/check`, or one name for both.
    fn example(name: &str) -> Value {
        let (entity, check) = name.split_once('/').unwrap_or((name, name));
        json!({
            "entity": {"metadata": {"name": entity}, "entity_class": "proxy"},
            "check": {"metadata": {"name": check}, "interval": 60, "status": 0},
        })
    }
}

#[cfg(any(test, feature = "fixtures"))]
impl Event {
    /// A valid event in the namespace `default`, with the status of a check.
    #[must_use]
    pub fn with_status(entity: &str, check: &str, status: u32) -> Self {
        Self {
            timestamp: 1,
            entity: Some(Entity::fixture(entity)),
            check: Some(Check {
                interval: 10,
                status,
                metadata: ObjectMeta::new("default", check),
                ..Check::default()
            }),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(change: impl Fn(&mut Event)) -> String {
        let mut event = Event::with_status("web", "cpu", 0);
        change(&mut event);
        event.validate().expect_err("invalid").message
    }

    #[test]
    fn validation_messages_are_those_of_sensu_go() {
        assert_eq!(Event::with_status("web", "cpu", 0).validate(), Ok(()));
        assert_eq!(error(|e| e.entity = None), "event must contain an entity");
        assert_eq!(error(|e| e.check = None), "event must contain a check or metrics");
        assert_eq!(
            error(|e| e.entity = Some(Entity::fixture(""))),
            "entity is invalid: entity name must not be empty"
        );
        assert_eq!(
            error(|e| e.check = Some(Check::default())),
            "check is invalid: check name must not be empty"
        );
        assert_eq!(error(|e| e.metadata.name = "x".into()), "events cannot be named");
    }

    #[test]
    fn missing_names_come_from_the_url() {
        let mut event: Event =
            serde_json::from_str(r#"{"entity":{"entity_class":"proxy"},"check":{"interval":1}}"#)
                .unwrap();
        event.fill_identity("default", "web/cpu");
        assert_eq!((event.entity_name(), event.check_name()), ("web", "cpu"));
        assert_eq!(event.namespace(), "default");
        assert_eq!(event.check.unwrap().metadata.namespace, "default");
    }

    #[test]
    fn fields_of_later_releases_are_stored_unchanged() {
        let parts = [
            r#""sensu_agent_version":"6.0.0","keepalive_handlers":["h"]}"#,
            r#""arm_version":7,"libc_type":"glibc","vm_system":"kvm","vm_role":"guest","cloud_provider":"EC2","float_type":"hardfloat","processes":[{"name":"init"}]}"#,
            r#""is_silenced":false,"#,
            r#""scheduler":"memory","processed_by":"agent","#,
            r#""id":"3a5948f3-6ffd-4ea2-a41e-334f4a72ca2f","sequence":3,"pipelines":[{"name":"p","type":"Pipeline","api_version":"core/v2"}],"fallback_pipeline":{"name":"f","type":"FallbackPipeline","api_version":"fallback_pipeline/v1"}}"#,
        ];
        let [entity, system, silenced, by, event] = parts;
        let text = format!(
            r#"{{"entity":{{"system":{{{system},{entity},"check":{{{silenced}{by}"ttl_status":2}},{event}"#
        );
        let read = sensu_decode::from_slice::<Event>(text.as_bytes()).unwrap();
        assert_eq!(read.unknown, [""; 0]);
        let written = serde_json::to_string(&read.value).unwrap();
        for part in parts {
            assert!(written.contains(part), "{part} in {written}");
        }
    }

    #[test]
    fn a_redacted_event_contains_the_redacted_entity() {
        let mut event = Event::with_status("web", "cpu", 0);
        assert_eq!(event.redacted(), None);
        let entity = event.entity.as_mut().unwrap();
        entity.metadata.labels.insert("password".into(), "x".into());
        entity.metadata.labels.insert("pin".into(), "1".into());
        let redacted = event.redacted().unwrap();
        let labels = redacted.entity.unwrap().metadata.labels;
        assert_eq!((&*labels["password"], &*labels["pin"]), ("REDACTED", "1"));
        let redacted = event.redacted_with(&RedactedKeys::new(&["pin".into()])).unwrap();
        let labels = redacted.entity.unwrap().metadata.labels;
        assert_eq!((&*labels["password"], &*labels["pin"]), ("REDACTED", "REDACTED"));
    }
}
