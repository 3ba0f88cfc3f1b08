//! Documents as they are written: objects with their type and version around them, as JSON or YAML.

use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};

use crate::resource::Resource;

/// How documents are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notation {
    /// Wrapped JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Notation {
    /// What the names of files end with.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Json => ".json",
            Self::Yaml => ".yaml",
        }
    }
}

/// An object with its type and version around it.
pub(crate) fn wrap(resource: &Resource, object: &Value) -> Value {
    let mut spec = object.as_object().cloned().unwrap_or_default();
    let metadata = spec.shift_remove("metadata").unwrap_or_else(|| json!({}));
    json!({
        "type": resource.kind,
        "api_version": "core/v2",
        "metadata": metadata,
        "spec": sorted(&Value::Object(spec)),
    })
}

/// The same with keys in the order of the alphabet, as the original writes specs.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            let pairs = keys.into_iter().map(|(key, value)| (key.clone(), sorted(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Wrapped objects, one document after the other.
pub(crate) fn documents(wrapped: &[Value], notation: Notation) -> Result<String> {
    let (write, between): (fn(&Value) -> Result<String>, _) = match notation {
        Notation::Json => (pretty, ""),
        Notation::Yaml => (yaml, "---\n"),
    };
    let written: Vec<String> = wrapped.iter().map(write).collect::<Result<_>>()?;
    Ok(written.join(between))
}

/// JSON with an indent of two, and a line end.
pub(crate) fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// YAML with a line end.
pub(crate) fn yaml(value: &Value) -> Result<String> {
    let text = serde_saphyr::to_string(value).map_err(|error| anyhow!("{error}"))?;
    Ok(text.trim_end().to_owned() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource;

    #[test]
    fn wrapped_objects_say_what_they_are() {
        let check = resource::find("check").unwrap();
        let object = json!({"interval": 5, "command": "x", "metadata": {"name": "c"}});
        let wrapped = wrap(check, &object).to_string();
        assert_eq!(
            wrapped,
            r#"{"type":"CheckConfig","api_version":"core/v2","metadata":{"name":"c"},"spec":{"command":"x","interval":5}}"#
        );
    }

    #[test]
    fn yaml_keeps_texts_texts() {
        let value = json!({"a": "yes", "b": "1.0", "c": null, "d": ["x", "- y"], "e": {}, "f": []});
        let text = yaml(&value).unwrap();
        let back: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, value, "{text}");
    }
}
