//! What decisions about events change in a recorded event, where ours shows exactly that change.

use serde_json::Value;

/// The history holds the first result too (D31): ours is theirs with one result more. Says whether
/// that is so; theirs then becomes ours.
pub(super) fn history(theirs: &mut Value, ours: &Value) -> bool {
    each(theirs, ours, &mut |theirs, ours| {
        let (a, b) = (results(theirs), results(ours));
        if b.len() != a.len() + 1 || !is_part(&a, &b) {
            return false;
        }
        theirs["history"] = ours["history"].clone();
        // One result more fills the history one event earlier, and with it what follows from it.
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

/// Percentages end at 100 (D33).
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

/// Acts on the check of each event of two bodies that are events, or lists of them.
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

/// Whether all of `a` is in `b`, in order.
fn is_part(a: &[(i64, u64)], b: &[(i64, u64)]) -> bool {
    let mut rest = b.iter();
    a.iter().all(|result| rest.any(|other| other == result))
}
