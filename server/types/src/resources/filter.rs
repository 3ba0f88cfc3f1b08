//! Event filters: they decide which events reach a handler.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::enumeration::Enumeration;
use crate::grammar::selector::{Field, fields};
use crate::grammar::{expression, name, schema};
use crate::invalid::Validated as _;
use crate::meta::NAME;
use crate::parts::time_window::TimeWindowWhen;
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

/// An event filter: expressions that decide which events a handler receives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct EventFilter {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Action for events for which all expressions are true: `allow` or `deny`. Required.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "action")]
    pub action: String,
    /// JavaScript expressions about the event. Required, at least one. At most %expressions% expressions,
    /// with %expression-bytes% bytes and %property-escapes% Unicode property escapes in all.
    #[schemars(schema_with = "schema::required::<Vec<String>>")]
    pub expressions: Vec<String>,
    /// Weekly times at which the filter applies. Omitted if it always applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<TimeWindowWhen>,
    /// Names of the assets that the expressions require.
    pub runtime_assets: Vec<String>,
}

const ACTION: Enumeration = Enumeration {
    name: "FilterAction",
    description: "Action for events for which all expressions of a filter are true.",
    values: &["allow", "deny"],
    identifiers: &[],
};

fn action(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(ACTION.schema(generator))
}

impl Resource for EventFilter {
    const KIND: &'static str = "EventFilter";
    const PLURAL: &'static str = "filters";
    const SINGULAR: &'static str = "filter";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("action", |filter| fields::text(&filter.action)),
        Field::new("runtime_assets", |filter| fields::list(&filter.runtime_assets)),
    ];
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::plain("filter name", &self.metadata.name).at(NAME)?;
        if !ACTION.contains(&self.action) {
            let message = format!("action '{}' is not valid", self.action);
            return Err(Invalid::new(message).at("/action"));
        }
        if self.expressions.is_empty() {
            let message = "filter must have one or more expressions";
            return Err(Invalid::new(message).at("/expressions"));
        }
        expression::Checker::default().check_all(&self.expressions).at("/expressions")?;
        self.when.as_ref().map_or(Ok(()), TimeWindowWhen::validate).at("/when")?;
        self.metadata.require_namespace()
    }

    fn has_expressions(&self) -> bool {
        !self.expressions.is_empty()
    }

    fn example(name: &str) -> Value {
        json!({
            "metadata": {"name": name},
            "action": "allow",
            "expressions": ["event.check.status == 2"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_messages_are_those_of_sensu_go() {
        let error = |change: &dyn Fn(&mut EventFilter)| {
            let mut filter = EventFilter::fixture("a");
            change(&mut filter);
            filter.validate().expect_err("invalid").message
        };
        assert_eq!(EventFilter::fixture("a").validate(), Ok(()));
        assert_eq!(error(&|f| f.metadata.name.clear()), "filter name must not be empty");
        assert_eq!(error(&|f| f.action = "x".into()), "action 'x' is not valid");
        assert_eq!(error(&|f| f.expressions.clear()), "filter must have one or more expressions");
        assert!(error(&|f| f.expressions = vec!["(".into()]).starts_with("syntax error in"));
        assert_eq!(error(&|f| f.metadata.namespace.clear()), "namespace must be set");
    }
}
