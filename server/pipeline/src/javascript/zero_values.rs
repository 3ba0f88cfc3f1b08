//! The fields that JSON omits if they are empty. Scripts find them with their zero values, as in Sensu Go 6.

use serde_json::{Map, Value};

/// A zero value.
#[derive(Clone, Copy)]
pub(super) enum Zero {
    Text,
    Number,
    False,
    List,
    Object,
    Null,
}

use Zero::{False, List, Null, Number, Object, Text};

/// Names and zero values of fields.
pub(super) type Fields = &'static [(&'static str, Zero)];

pub(super) const METADATA: Fields = &[
    ("name", Text),
    ("namespace", Text),
    ("labels", Object),
    ("annotations", Object),
    ("created_by", Text),
];

pub(super) const EVENT: Fields = &[
    ("timestamp", Number),
    ("id", Text),
    ("sequence", Number),
    ("pipelines", List),
    ("fallback_pipeline", Null),
];

pub(super) const CHECK: Fields = &[
    ("command", Text),
    ("cron", Text),
    ("proxy_requests", Null),
    ("duration", Number),
    ("state", Text),
    ("silenced", List),
    ("hooks", List),
    ("max_output_size", Number),
    ("discard_output", False),
    ("secrets", List),
    ("is_silenced", False),
    ("output_metric_tags", List),
    ("scheduler", Text),
    ("processed_by", Text),
    ("pipelines", List),
    ("output_metric_thresholds", List),
    ("subdues", List),
    ("fallback_pipeline", Null),
    ("ttl_status", Number),
    ("asset_status", Number),
];

pub(super) const HOOK: Fields = &[("command", Text), ("duration", Number), ("output", Text)];

pub(super) const ENTITY: Fields = &[
    ("user", Text),
    ("redact", List),
    ("sensu_agent_version", Text),
    ("keepalive_handlers", List),
];

pub(super) const SYSTEM: Fields = &[
    ("hostname", Text),
    ("os", Text),
    ("platform", Text),
    ("platform_family", Text),
    ("platform_version", Text),
    ("arch", Text),
    ("arm_version", Number),
    ("libc_type", Text),
    ("vm_system", Text),
    ("vm_role", Text),
    ("cloud_provider", Text),
    ("float_type", Text),
    ("processes", List),
];

pub(super) const INTERFACE: Fields = &[("name", Text), ("mac", Text)];

pub(super) const DEREGISTRATION: Fields = &[("handler", Text)];

pub(super) const POINT: Fields = &[("name", Text)];

/// Adds the missing fields of an object.
pub(super) fn complete(object: &mut Map<String, Value>, fields: Fields) {
    for (name, zero) in fields {
        if !object.contains_key(*name) {
            object.insert((*name).to_owned(), zero.value());
        }
    }
}

impl Zero {
    fn value(self) -> Value {
        match self {
            Text => Value::String(String::new()),
            Number => Value::from(0),
            False => Value::Bool(false),
            List => Value::Array(Vec::new()),
            Object => Value::Object(Map::new()),
            Null => Value::Null,
        }
    }
}
