//! Compares request bodies.

use serde_json::{Map, Value, json};

use crate::support::transcript::RecordedRequest;

/// The difference between a recorded body and ours, if any. Zero values count as missing, and all times
/// and tokens as equal.
pub(super) fn compare(recorded: &RecordedRequest, ours: &Value) -> Option<String> {
    let (theirs, ours) = (normalize(&recorded.body, ""), normalize(ours, ""));
    let ours = match (recorded.is_truncated, &theirs, &ours) {
        (true, Some(Value::Object(theirs)), Some(Value::Object(ours))) => {
            let recorded = ours.iter().filter(|(key, _)| theirs.contains_key(*key));
            let recorded = recorded.map(|(key, value)| (key.clone(), value.clone()));
            Some(Value::Object(recorded.collect()))
        }
        _ => ours,
    };
    (theirs != ours).then(|| format!("{theirs:?} became {ours:?}"))
}

/// `None` for a zero value.
fn normalize(value: &Value, key: &str) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(number) if number.as_f64() == Some(0.0) => None,
        Value::Number(_) if ["timestamp", "begin"].contains(&key) => Some(json!("a time")),
        Value::String(text) if text.is_empty() => None,
        Value::String(_) if key == "refresh_token" => Some(json!("a token")),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(|item| normalize(item, "")).collect();
            (!items.is_empty()).then(|| json!(items))
        }
        Value::Object(fields) => {
            let mut normalized = Map::new();
            let mut names: Vec<_> = fields.keys().collect();
            names.sort();
            for name in names {
                if let Some(value) = normalize(&fields[name], name) {
                    normalized.insert(name.clone(), value);
                }
            }
            (!normalized.is_empty()).then_some(Value::Object(normalized))
        }
        other => Some(other.clone()),
    }
}
