//! Events: what was observed, the result of a check on an entity, with its history.

mod check;
mod fields;
mod metrics;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::entity::Entity;
use crate::grammar::selector::Fields;
use crate::grammar::{number, schema};
use crate::reference::ResourceReference;
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

pub use check::{Check, CheckHistory, Hook};
pub use metrics::{MetricPoint, Metrics};

/// What was observed on an entity: the result of a check, metrics, or both.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Event {
    /// When it was observed, in seconds since 1970-01-01 UTC. Now, if left out.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub timestamp: i64,
    /// The entity that it was observed on. Required. An entity that is not known is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::required::<Entity>")]
    pub entity: Option<Entity>,
    /// A check that ran, and its result. Absent on events that carry only metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// Measurements. Absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// Labels and annotations. Events have no name.
    pub metadata: ObjectMeta,
    /// What tells this event from all others; a UUID, usually. An event that arrives once more, with
    /// the same `id` and in no way changed, is not counted again. Absent when not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The number that the reporter gave the event. Absent when 0.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub sequence: i64,
    /// The pipelines that handle the event. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<ResourceReference>,
    /// The fallback pipeline that handles the event: it tries one pipeline after another. Absent when
    /// there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_pipeline: Option<ResourceReference>,
}

impl Event {
    /// An event with nothing but the names that it is found under.
    #[must_use]
    pub fn of(entity: &str, check: &str) -> Self {
        Self {
            entity: Some(Entity { metadata: ObjectMeta::new("", entity), ..Entity::default() }),
            check: Some(Check { metadata: ObjectMeta::new("", check), ..Check::default() }),
            ..Self::default()
        }
    }

    /// The name of the entity; empty if there is none.
    #[must_use]
    pub fn entity_name(&self) -> &str {
        self.entity.as_ref().map_or("", |entity| &entity.metadata.name)
    }

    /// The name of the check; empty if there is none.
    #[must_use]
    pub fn check_name(&self) -> &str {
        self.check.as_ref().map_or("", |check| &check.metadata.name)
    }
}

/// An event is found under its entity and check; `name` is the check's.
impl Resource for Event {
    const KIND: &'static str = "Event";
    const PLURAL: &'static str = "events";
    const SINGULAR: &'static str = "event";
    const HAS_COMPOSITE_NAME: bool = true;
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

    /// Takes what is missing from a name of the form `entity/check`.
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
            return Err(Invalid::new("event must contain an entity"));
        };
        if self.check.is_none() && self.metrics.is_none() {
            return Err(Invalid::new("event must contain a check or metrics"));
        }
        entity.validate().map_err(|why| Invalid(format!("entity is invalid: {why}")))?;
        if let Some(check) = &self.check {
            check.validate().map_err(|why| Invalid(format!("check is invalid: {why}")))?;
        }
        if !self.metadata.name.is_empty() {
            return Err(Invalid::new("events cannot be named"));
        }
        Ok(())
    }

    fn redacted(&self) -> Option<Self> {
        let entity = self.entity.as_ref()?.redacted()?;
        Some(Self { entity: Some(entity), ..self.clone() })
    }

    /// A label of the check or, where the check has none of this name, of the entity.
    fn label(&self, key: &str) -> Option<&str> {
        let check = self.check.as_ref().and_then(|check| check.metadata.labels.get(key));
        let label = || self.entity.as_ref().and_then(|entity| entity.metadata.labels.get(key));
        check.or_else(label).map(String::as_str)
    }

    fn fields(&self) -> Fields<'_> {
        fields::fields(self)
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
    /// A valid event: a check on an entity, with a status.
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

    fn refused(change: impl Fn(&mut Event)) -> String {
        let mut event = Event::with_status("web", "cpu", 0);
        change(&mut event);
        event.validate().expect_err("is refused").0
    }

    #[test]
    fn rules_have_the_messages_of_the_reference() {
        assert_eq!(Event::with_status("web", "cpu", 0).validate(), Ok(()));
        assert_eq!(refused(|e| e.entity = None), "event must contain an entity");
        assert_eq!(refused(|e| e.check = None), "event must contain a check or metrics");
        assert_eq!(
            refused(|e| e.entity = Some(Entity::fixture(""))),
            "entity is invalid: entity name must not be empty"
        );
        assert_eq!(
            refused(|e| e.check = Some(Check::default())),
            "check is invalid: check name must not be empty"
        );
        assert_eq!(refused(|e| e.metadata.name = "x".into()), "events cannot be named");
    }

    #[test]
    fn names_that_are_left_out_come_from_the_url() {
        let mut event: Event =
            serde_json::from_str(r#"{"entity":{"entity_class":"proxy"},"check":{"interval":1}}"#)
                .unwrap();
        event.fill_identity("default", "web/cpu");
        assert_eq!((event.entity_name(), event.check_name()), ("web", "cpu"));
        assert_eq!(event.namespace(), "default");
        assert_eq!(event.check.unwrap().metadata.namespace, "default");
    }

    #[test]
    fn fields_of_later_releases_are_kept_as_they_come() {
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
        let shown = serde_json::to_string(&read.value).unwrap();
        for part in parts {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn an_event_shows_its_entity_redacted() {
        let mut event = Event::with_status("web", "cpu", 0);
        assert_eq!(event.redacted(), None);
        let entity = event.entity.as_mut().unwrap();
        entity.metadata.labels.insert("password".into(), "x".into());
        let shown = event.redacted().unwrap();
        assert_eq!(shown.entity.unwrap().metadata.labels["password"], "REDACTED");
    }
}
