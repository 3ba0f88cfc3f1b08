//! An object with its type and version around it.

use serde_json::{Map, Value};

use crate::Unreadable;

/// A document taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrapped {
    /// What it is: `CheckConfig`.
    pub kind: String,
    /// What was beside the object: its name, namespace, labels and annotations. Empty if nothing was.
    pub metadata: Map<String, Value>,
    /// The object, without what was beside it.
    pub spec: Map<String, Value>,
}

impl Wrapped {
    /// Takes a document apart.
    ///
    /// # Errors
    /// [`Unreadable`] if it has no type, is not of `core/v2`, or holds what nobody knows.
    pub fn of(document: Value) -> Result<Self, Unreadable> {
        let refuse = |why: String| Err(Unreadable(why));
        let Value::Object(mut document) = document else {
            return refuse("is not an object".into());
        };
        let mut text = |key: &str| match document.remove(key) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let (kind, version) = (text("type"), text("api_version"));
        if kind.is_empty() {
            return refuse("has no type: write it as --format wrapped-json or yaml shows".into());
        }
        if !version.is_empty() && version != "core/v2" && !version.starts_with("core/v2.") {
            return refuse(format!("{kind}: unknown api_version {version:?}; this is core/v2"));
        }
        let mut part = |key: &str| match document.remove(key) {
            Some(Value::Object(part)) => Ok(part),
            None | Some(Value::Null) => Ok(Map::new()),
            Some(_) => Err(Unreadable(format!("{key} is not an object"))),
        };
        let (metadata, spec) = (part("metadata")?, part("spec")?);
        if let Some(unknown) = document.keys().next() {
            return refuse(format!("unknown field {unknown:?}"));
        }
        Ok(Self { kind, metadata, spec })
    }

    /// The object as the API has it. Most have metadata of their own, which is put in unless the
    /// object brings some; one that has only a name has it in the field `name_in`.
    #[must_use]
    pub fn into_object(self, name_in: Option<&str>) -> Value {
        let Self { metadata, mut spec, .. } = self;
        match name_in {
            None if metadata.is_empty() || spec.contains_key("metadata") => {}
            None => {
                spec.insert("metadata".into(), Value::Object(metadata));
            }
            Some(field) => {
                let named = spec.get(field).and_then(Value::as_str).is_some_and(|n| !n.is_empty());
                if let (false, Some(name)) = (named, metadata.get("name")) {
                    spec.insert(field.into(), name.clone());
                }
            }
        }
        Value::Object(spec)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(document: Value, name_in: Option<&str>) -> Value {
        Wrapped::of(document).unwrap().into_object(name_in)
    }

    #[test]
    fn metadata_goes_where_the_api_has_it() {
        let hook = json!({"type": "HookConfig", "metadata": {"name": "h"}, "spec": {"timeout": 5}});
        assert_eq!(object(hook, None), json!({"timeout": 5, "metadata": {"name": "h"}}));
        let inside = json!({"type": "Event", "metadata": {"name": "x"},
                            "spec": {"metadata": {"namespace": "a"}}});
        assert_eq!(object(inside, None), json!({"metadata": {"namespace": "a"}}));
        let beside = json!({"type": "User", "metadata": {"name": "al"}, "spec": {}});
        assert_eq!(object(beside, Some("username")), json!({"username": "al"}));
        let both = json!({"type": "Namespace", "metadata": {"name": "a"}, "spec": {"name": "b"}});
        assert_eq!(object(both, Some("name")), json!({"name": "b"}));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (document, wrong) in [
            (json!([]), "is not an object"),
            (json!({"spec": {}}), "has no type"),
            (json!({"type": "Role", "api_version": "rbac/v9"}), "rbac/v9"),
            (json!({"type": "Role", "spec": []}), "spec is not an object"),
            (json!({"type": "Role", "metadata": 1}), "metadata is not an object"),
            (json!({"type": "Role", "kind": 1}), "unknown field \"kind\""),
        ] {
            let said = Wrapped::of(document).unwrap_err().to_string();
            assert!(said.contains(wrong), "{said}");
        }
    }
}
