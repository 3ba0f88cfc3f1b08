//! Differences between a manifest and the stored object, and their reasons.

use serde::Serialize;
use serde_json::Value;

use super::report::{Change, ChangeKind};

/// Fields that the server derives or completes: kind, path of the field, reason. A path that ends with
/// `*` stands for all that begin with it.
pub(super) const REASONS: &[(&str, &str, &str)] = &[
    ("User", "disabled", "the file contains no password, or the stored user is disabled"),
    ("Silenced", "expire", "0 means no end, which this server writes as -1"),
    ("Silenced", "metadata.name", "the name is subscription and check"),
    ("CheckConfig", "check_hooks", "hooks of the same type are combined"),
    ("Entity", "redact", "keys that the stored entity hides stay hidden"),
    (
        "Event",
        "check.occurrences",
        "this server counts failing results only, as Sensu Go 5.0; later releases also count passing ones",
    ),
    (
        "Event",
        "check.occurrences_watermark",
        "the highest number of occurrences since the status last changed from or to 0",
    ),
    (
        "Event",
        "check.history",
        "the history includes the result of the event, and is sorted by time",
    ),
    ("Event", "check.total_state_change", "derived from the history"),
    ("Event", "check.state", "derived from the history"),
    ("Event", "check.last_ok", "the time of the event if it passes"),
    ("Event", "check.silenced", "names of the stored silenced entries that apply"),
    ("Event", "check.is_silenced", "whether a stored silenced entry applies"),
    ("Event", "check.output", "at most `max_output_size` bytes are stored"),
    ("Event", "entity.*", "values that the stored entity hides are kept"),
];

/// Reason for a field that neither the manifest nor the table explains.
const OTHER: &str = "set by the server";

/// Reason for a field that the type does not have.
const UNKNOWN: &str = "this server does not have the field";

/// The value of a hidden label or annotation.
const REDACTED: &str = sensu_types::redaction::REDACTED;

/// The change for a field that the type does not have.
pub(super) fn unknown(field: String) -> Change {
    Change { field, change: ChangeKind::Dropped, reason: UNKNOWN.into() }
}

/// A change with its own reason.
pub(super) fn explained(field: &str, change: ChangeKind, reason: &str) -> Change {
    Change { field: field.into(), change, reason: reason.into() }
}

/// Compares an object as responses would show it with the stored one, JSON.
pub(super) fn compare<T: Serialize>(kind: &str, object: &T, stored: &[u8]) -> Vec<Change> {
    // The same program has written both, so that most are equal byte for byte.
    if serde_json::to_vec(object).is_ok_and(|json| json == stored) {
        return Vec::new();
    }
    let (Ok(before), Ok(after)) = (serde_json::to_value(object), serde_json::from_slice(stored))
    else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    collect("", Some(&before), Some(&after), &mut changes);
    let reason = |field: &str| {
        let applies = |path: &str| match path.strip_suffix('*') {
            Some(start) => field.starts_with(start),
            None => field == path,
        };
        let known = REASONS.iter().find(|(of, path, _)| *of == kind && applies(path));
        known.map_or(OTHER, |(.., reason)| reason).to_owned()
    };
    let changes = changes.into_iter();
    changes.map(|(field, change)| Change { reason: reason(&field), field, change }).collect()
}

/// Collects the paths of different values. Lists are compared as a whole.
fn collect(
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<(String, ChangeKind)>,
) {
    let (one, other) = match (before, after) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => (one, other),
        (_, Some(Value::String(hidden))) if hidden == REDACTED => return,
        (Some(_), None) => return changes.push((path.to_owned(), ChangeKind::Dropped)),
        (None, Some(_)) => return changes.push((path.to_owned(), ChangeKind::Added)),
        (before, after) if before == after => return,
        _ => return changes.push((path.to_owned(), ChangeKind::Changed)),
    };
    let only_after = other.keys().filter(|key| !one.contains_key(*key));
    for key in one.keys().chain(only_after) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        collect(&path, one.get(key), other.get(key), changes);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(kind: &str, before: &Value, after: &Value) -> Vec<String> {
        let changes = compare(kind, before, after.to_string().as_bytes());
        changes.iter().map(|c| format!("{} {:?}: {}", c.field, c.change, c.reason)).collect()
    }

    #[test]
    fn changes_name_the_field_and_the_reason() {
        let before = json!({"check": {"occurrences": 5, "state": "passing", "a": [1]}, "id": "x"});
        let after =
            json!({"check": {"occurrences": 1, "state": "passing", "a": [2]}, "sequence": 1});
        let occurrences = "check.occurrences Changed: this server counts failing results only";
        let found = fields("Event", &before, &after);
        assert!(found[0].starts_with(occurrences), "{found:?}");
        let others = ["check.a Changed", "id Dropped", "sequence Added"];
        assert_eq!(found[1..], others.map(|change| format!("{change}: {OTHER}")));
        assert_eq!(fields("Event", &before, &before), [""; 0]);
    }

    #[test]
    fn a_hidden_value_is_no_change() {
        let before = json!({"labels": {"a": "1", "b": "2"}});
        let after = json!({"labels": {"a": "REDACTED", "b": "2"}});
        assert_eq!(fields("Entity", &before, &after), [""; 0]);
    }

    #[test]
    fn reasons_are_those_of_existing_fields() {
        let names: Vec<&str> = super::super::objects::names().collect();
        for (kind, ..) in REASONS {
            assert!(names.contains(kind), "{kind}");
        }
    }
}
