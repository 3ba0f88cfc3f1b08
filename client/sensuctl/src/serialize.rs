//! Serializes objects as manifests, and values as JSON and YAML.

use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};

use crate::descriptor::Descriptor;

/// Format of manifests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ManifestFormat {
    Json,
    Yaml,
}

impl ManifestFormat {
    /// Extension of files in this format.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Json => ".json",
            Self::Yaml => ".yaml",
        }
    }
}

/// Wraps an object with its type and version.
pub(crate) fn wrap(resource: &Descriptor, object: &Value) -> Value {
    let mut spec = object.as_object().cloned().unwrap_or_default();
    let metadata = spec.shift_remove("metadata").unwrap_or_else(|| json!({}));
    json!({
        "type": resource.kind,
        "api_version": "core/v2",
        "metadata": metadata,
        "spec": sort_keys(&Value::Object(spec)),
    })
}

/// Sorts the keys of all objects, as Sensu Go does in specs.
fn sort_keys(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            let pairs = keys.into_iter().map(|(key, value)| (key.clone(), sort_keys(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sort_keys).collect()),
        other => other.clone(),
    }
}

/// Serializes wrapped objects, one after the other.
pub(crate) fn manifests(wrapped: &[Value], format: ManifestFormat) -> Result<String> {
    let (write, separator): (fn(&Value) -> Result<String>, _) = match format {
        ManifestFormat::Json => (json_pretty, ""),
        ManifestFormat::Yaml => (yaml, "---\n"),
    };
    let written: Vec<String> = wrapped.iter().map(write).collect::<Result<_>>()?;
    Ok(written.join(separator))
}

/// JSON, indented by two spaces, with a final newline.
pub(crate) fn json_pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// YAML with a final newline.
pub(crate) fn yaml(value: &Value) -> Result<String> {
    let text = serde_saphyr::to_string(value).map_err(|error| anyhow!("{error}"))?;
    Ok(text.trim_end().to_owned() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_object_has_its_type_and_sorted_keys() {
        let check = Descriptor { kind: "CheckConfig", ..Descriptor::NAMESPACED };
        let object = json!({"interval": 5, "command": "x", "metadata": {"name": "c"}});
        let wrapped = wrap(&check, &object).to_string();
        assert_eq!(
            wrapped,
            r#"{"type":"CheckConfig","api_version":"core/v2","metadata":{"name":"c"},"spec":{"command":"x","interval":5}}"#
        );
    }

    #[test]
    fn strings_that_look_like_other_types_survive_yaml() {
        let value = json!({"a": "yes", "b": "1.0", "c": null, "d": ["x", "- y"], "e": {}, "f": []});
        let text = yaml(&value).unwrap();
        let back: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, value, "{text}");
    }
}
