//! Plans: what applying a manifest changes.
//!
//! A plan compares the existing object with the result of a dry run. The server applies validation,
//! permissions and defaults to the dry run, and writes nothing.

use std::collections::HashSet;
use std::fmt;

use anyhow::Result;
use serde_json::{Value, json};

use crate::api::Versioned;
use crate::context::Context;
use crate::descriptor::{Descriptor, Ownership};
use crate::error::is_not_found;
use crate::manifest::ManifestObject;
use crate::{pointer, serialize};

/// Fields of all kinds whose value does not come from a manifest alone.
const COMMON: &[(&str, Ownership)] = &[("/metadata/created_by", Ownership::KeepExisting)];

/// The effect of applying a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Created,
    Configured,
    Unchanged,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        })
    }
}

/// What applying a manifest changes.
pub(crate) struct Plan {
    pub effect: Effect,
    /// The existing object as YAML; empty if there is none.
    pub before: String,
    /// The resulting object as YAML.
    pub after: String,
    existing: Option<Versioned>,
    body: Value,
    path: String,
}

/// Namespaces that the manifests create: a dry run in one that does not exist yet fails.
#[derive(Debug, Default)]
pub(crate) struct PlannedNamespaces(HashSet<String>);

impl PlannedNamespaces {
    /// The namespaces among these objects.
    pub(crate) fn among(objects: &[ManifestObject]) -> Self {
        let namespaces = objects.iter().filter(|object| object.resource.is_namespace);
        Self(namespaces.map(|object| object.resource.display_name(&object.object)).collect())
    }
}

impl Plan {
    /// Plans one object.
    pub(crate) fn new(
        context: &Context,
        manifest: &ManifestObject,
        namespaces: &PlannedNamespaces,
    ) -> Result<Self> {
        let resource = manifest.resource;
        let (path, mut body) = (manifest.path(), manifest.object.clone());
        let existing = context.get_optional(&path)?;
        if let Some(existing) = &existing {
            merge_existing(resource, &mut body, &existing.object);
        }
        let after = match context.dry_run_put(&path, &body) {
            Err(error)
                if is_not_found(&error) && namespaces.0.contains(&resource.namespace_of(&body)) =>
            {
                body.clone()
            }
            result => result?,
        };
        let before = match &existing {
            Some(existing) => comparable(resource, &existing.object)?,
            None => String::new(),
        };
        let after = comparable(resource, &after)?;
        let effect = match &existing {
            None => Effect::Created,
            Some(_) if before == after => Effect::Unchanged,
            Some(_) => Effect::Configured,
        };
        Ok(Self { effect, before, after, existing, body, path })
    }

    /// Writes the object.
    ///
    /// # Errors
    /// If another client has changed it since the plan was made;
    /// see [`crate::error::is_precondition_failed`].
    pub(crate) fn execute(self, context: &Context) -> Result<()> {
        match (self.effect, self.existing) {
            (Effect::Unchanged, _) => Ok(()),
            (_, Some(mut existing)) => {
                existing.object = self.body;
                context.put_if_unchanged(&existing)
            }
            (_, None) => context.put_if_absent(&self.path, &self.body),
        }
    }
}

/// Fills in fields that keep their value, and removes those that the server does not show.
fn merge_existing(resource: &Descriptor, body: &mut Value, existing: &Value) {
    for (at, ownership) in COMMON.iter().chain(resource.ownership) {
        let is_given = body.pointer(at).is_some_and(|value| !is_zero(value));
        match (ownership, existing.pointer(at)) {
            (Ownership::KeepExisting, Some(value)) if !is_given && !is_zero(value) => {
                pointer::set(body, at, value.clone());
            }
            (Ownership::ServerManaged, None) => pointer::remove(body, at),
            _ => {}
        }
    }
}

/// An object as YAML, without the fields that the server manages.
fn comparable(resource: &Descriptor, object: &Value) -> Result<String> {
    let mut object = object.clone();
    for (at, ownership) in resource.ownership {
        if *ownership == Ownership::ServerManaged {
            pointer::remove(&mut object, at);
        }
    }
    serialize::yaml(&serialize::wrap(resource, &object))
}

fn is_zero(value: &Value) -> bool {
    [Value::Null, json!(""), json!(0), json!([]), json!({})].contains(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource;

    #[test]
    fn fields_that_the_manifest_leaves_out_keep_their_value() {
        let silenced = resource::find("silenced").unwrap();
        let existing = json!({"begin": 5, "expire_at": 0, "creator": "admin", "reason": "old"});
        let mut body = json!({"reason": "new", "creator": "bob"});
        merge_existing(silenced, &mut body, &existing);
        assert_eq!(body, json!({"reason": "new", "creator": "bob", "begin": 5}));
        let mut body = json!({"begin": 7});
        merge_existing(silenced, &mut body, &existing);
        assert_eq!(body, json!({"begin": 7}));
    }

    #[test]
    fn a_password_is_neither_compared_nor_sent_again() {
        let user = resource::find("user").unwrap();
        let mut body = json!({"username": "bob", "password": "P@ssw0rd!"});
        merge_existing(user, &mut body, &json!({"username": "bob"}));
        assert_eq!(body, json!({"username": "bob"}));
    }

    #[test]
    fn fields_that_the_server_manages_are_not_compared() {
        let event = resource::find("event").unwrap();
        let comparable = |status: i64, history: Value| {
            let object = json!({"check": {"status": status, "history": history}});
            comparable(event, &object).unwrap()
        };
        assert_eq!(comparable(1, json!([])), comparable(1, json!([{"status": 1}])));
        assert_ne!(comparable(1, json!([])), comparable(2, json!([])));
    }
}
