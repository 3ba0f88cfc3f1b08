//! One object wrapped with its type and version: Sensu's `wrapped-json`.

use serde_json::{Map, Value};

use crate::ManifestError;

/// An object with its type, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The field `api_version`, such as `core/v2` or `secrets/v1`. Empty if the manifest has none.
    pub api_version: String,
    /// The field `type`, such as `CheckConfig`.
    pub kind: String,
    /// The field `metadata`: name, namespace, labels, annotations. Empty if the manifest has none.
    pub metadata: Map<String, Value>,
    /// The field `spec`: the object without its metadata.
    pub spec: Map<String, Value>,
}

impl Manifest {
    /// Takes a value apart.
    ///
    /// # Errors
    /// If the value has no type, or unknown fields beside `type`, `api_version`, `metadata` and `spec`.
    pub fn from_value(value: Value) -> Result<Self, ManifestError> {
        let fail = |message: String| Err(ManifestError(message));
        let Value::Object(mut fields) = value else {
            return fail("is not an object".into());
        };
        let mut text = |key: &str| match fields.remove(key) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let (kind, api_version) = (text("type"), text("api_version"));
        if kind.is_empty() {
            return fail("has no type: write it as --format wrapped-json or yaml shows".into());
        }
        let mut object = |key: &str| match fields.remove(key) {
            Some(Value::Object(object)) => Ok(object),
            None | Some(Value::Null) => Ok(Map::new()),
            Some(_) => Err(ManifestError(format!("{key} is not an object"))),
        };
        let (metadata, spec) = (object("metadata")?, object("spec")?);
        if let Some(unknown) = fields.keys().next() {
            return fail(format!("unknown field {unknown:?}"));
        }
        Ok(Self { api_version, kind, metadata, spec })
    }

    /// Whether the type belongs to `core/v2`: the manifest says so, with or without a minor version
    /// (`core/v2.5.1`), or has no `api_version`.
    #[must_use]
    pub fn is_core_v2(&self) -> bool {
        let version = self.api_version.as_str();
        version.is_empty() || version == "core/v2" || version.starts_with("core/v2.")
    }

    /// A field of the metadata or, if that has none, of the object, as text. Empty if there is none.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        let texts = [&self.metadata, &self.spec].map(|map| map.get(field).and_then(Value::as_str));
        texts.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// The object as the API represents it. Metadata becomes the field `metadata`, unless `spec`
    /// already has one. For a type without metadata, `name_field` is the field of the object that
    /// takes the name.
    #[must_use]
    pub fn into_object(self, name_field: Option<&str>) -> Value {
        let Self { metadata, mut spec, .. } = self;
        match name_field {
            None if metadata.is_empty() || spec.contains_key("metadata") => {}
            None => {
                spec.insert("metadata".into(), Value::Object(metadata));
            }
            Some(field) => {
                let has_name =
                    spec.get(field).and_then(Value::as_str).is_some_and(|name| !name.is_empty());
                if let (false, Some(name)) = (has_name, metadata.get("name")) {
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

    fn object(manifest: Value, name_field: Option<&str>) -> Value {
        Manifest::from_value(manifest).unwrap().into_object(name_field)
    }

    #[test]
    fn metadata_goes_where_the_api_expects_it() {
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
    fn a_manifest_of_another_group_is_read() {
        let versions = ["", "core/v2", "core/v2.5.1", "core/v3", "secrets/v1", "core/v20"];
        let is_core = versions.map(|version| {
            let value = json!({"type": "Role", "api_version": version});
            Manifest::from_value(value).unwrap().is_core_v2()
        });
        assert_eq!(is_core, [true, true, true, false, false, false]);
    }

    #[test]
    fn malformed_manifests_are_rejected() {
        for (manifest, message) in [
            (json!([]), "is not an object"),
            (json!({"spec": {}}), "has no type"),
            (json!({"type": "Role", "spec": []}), "spec is not an object"),
            (json!({"type": "Role", "metadata": 1}), "metadata is not an object"),
            (json!({"type": "Role", "kind": 1}), "unknown field \"kind\""),
        ] {
            let error = Manifest::from_value(manifest).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
