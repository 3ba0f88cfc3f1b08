//! Serializes objects as manifests, and values as JSON and YAML.

use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};

use crate::descriptor::Descriptor;
use crate::escape;

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
    Ok(escape::in_json(serde_json::to_string_pretty(value)?) + "\n")
}

/// YAML with a final newline.
pub(crate) fn yaml(value: &Value) -> Result<String> {
    let to_string =
        |value: &Value| serde_saphyr::to_string(value).map_err(|error| anyhow!("{error}"));
    let mut text = to_string(value)?;
    if text.contains(escape::is_bidirectional) {
        // The serializer escapes other control characters. It escapes the mark as well, because it is not
        // allowed in YAML, and so uses double quotes, in which the digits become an escape.
        text =
            to_string(&with_marks(value))?.replace(&format!("\\u{:04X}", u32::from(MARK)), "\\u");
    }
    Ok(text.trim_end().to_owned() + "\n")
}

/// A character that the YAML serializer escapes as `\uFFFE`.
const MARK: char = '\u{fffe}';

/// The value with the mark and four hexadecimal digits in place of characters that change the direction of
/// text.
fn with_marks(value: &Value) -> Value {
    let marked = |text: &str| -> String {
        let mut marked = String::with_capacity(text.len());
        for character in text.chars() {
            match escape::is_bidirectional(character) || character == MARK {
                true => marked.push_str(&format!("{MARK}{:04X}", u32::from(character))),
                false => marked.push(character),
            }
        }
        marked
    };
    match value {
        Value::String(text) => Value::String(marked(text)),
        Value::Array(items) => Value::Array(items.iter().map(with_marks).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (marked(key), with_marks(value))).collect())
        }
        other => other.clone(),
    }
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
    fn control_characters_are_escaped_in_yaml() {
        let value = json!({"a\u{202e}": "\u{2066}\u{1b}\u{85}\u{9b}\u{fffe}202E\nx", "b": ["\u{202a}", "é"]});
        let text = yaml(&value).unwrap();
        assert!(text.chars().all(|c| c == '\n' || c == 'é' || (' '..='~').contains(&c)), "{text}");
        let back: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, value, "{text}");
    }

    #[test]
    fn strings_that_look_like_other_types_survive_yaml() {
        let value = json!({"a": "yes", "b": "1.0", "c": null, "d": ["x", "- y"], "e": {}, "f": []});
        let text = yaml(&value).unwrap();
        let back: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, value, "{text}");
    }
}
