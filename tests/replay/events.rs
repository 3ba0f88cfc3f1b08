//! Differences in events, applied to a recorded event where our event has exactly that change.

use serde_json::Value;

/// The history includes the first result (D31): ours is theirs with one more result. Returns whether that is so;
/// theirs then becomes ours.
pub(super) fn history(theirs: &mut Value, ours: &Value) -> bool {
    each(theirs, ours, &mut |theirs, ours| {
        let (a, b) = (results(theirs), results(ours));
        if b.len() != a.len() + 1 || !is_part(&a, &b) {
            return false;
        }
        theirs["history"] = ours["history"].clone();
        // With one more result the history is full one event earlier, which changes the derived fields.
        if b.len() == 21 {
            for field in
                ["total_state_change", "state", "occurrences", "occurrences_watermark", "last_ok"]
            {
                theirs[field] = ours[field].clone();
            }
        }
        true
    })
}

/// Percentages are at most 100 (D33).
pub(super) fn total_state_change(theirs: &mut Value, ours: &Value) -> bool {
    each(theirs, ours, &mut |theirs, ours| {
        let above = theirs["total_state_change"].as_u64().is_some_and(|percent| percent > 100);
        if above && ours["total_state_change"] == 100 {
            theirs["total_state_change"] = 100.into();
            return true;
        }
        false
    })
}

/// Calls a function with the checks of each pair of events; the bodies are events or lists of events.
fn each(
    theirs: &mut Value,
    ours: &Value,
    act: &mut impl FnMut(&mut Value, &Value) -> bool,
) -> bool {
    match (theirs, ours) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut changed = false;
            for (theirs, ours) in a.iter_mut().zip(b) {
                changed |= each(theirs, ours, act);
            }
            changed
        }
        (theirs @ Value::Object(_), ours) if ours["check"].is_object() => {
            theirs.get_mut("check").is_some_and(|check| act(check, &ours["check"]))
        }
        _ => false,
    }
}

fn results(check: &Value) -> Vec<(i64, u64)> {
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    let list = check.get("history").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|result| (number(&result["executed"]), number(&result["status"]).unsigned_abs()))
        .collect()
}

/// Whether `b` contains all of `a`, in order.
fn is_part(a: &[(i64, u64)], b: &[(i64, u64)]) -> bool {
    let mut rest = b.iter();
    a.iter().all(|result| rest.any(|other| other == result))
}
