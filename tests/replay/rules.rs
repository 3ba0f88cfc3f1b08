//! Decisions that change many answers at once, applied to what was recorded before it is compared.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::events;
use super::exchange::Answer;
use super::scenario::Record;

/// What a recorded answer becomes.
pub(crate) struct Adjusted {
    pub(crate) answer: Answer,
    /// The decisions that changed it.
    pub(crate) decisions: BTreeSet<String>,
    /// Whether something in it was taken from ours, which somebody else has to look at then.
    pub(crate) taken: bool,
}

/// The recorded answer as these decisions would have it.
pub(crate) fn adjusted(record: &Record, ours: &Answer) -> Adjusted {
    let mut answer = record.answer.clone();
    let mut taken = false;
    let mut decisions = BTreeSet::new();
    let mut note = |decision: &str, changed: bool| {
        if changed {
            decisions.insert(decision.to_owned());
        }
    };
    if answer.status >= 400 {
        note("D4", error(record, &mut answer));
    }
    if answer.body["message"] == "Request unauthorized" && ours.body["code"] == 5 {
        // The reference has no reason to give; ours is in the message.
        answer.body["message"] = ours.body["message"].clone();
        taken = true;
    }
    if answer.status == 401 {
        note("D16", header(&mut answer, "www-authenticate", "Bearer realm=\"sensu\""));
    }
    if answer.status == 405 {
        taken = true;
        let allow = ours.headers.get("allow").cloned().unwrap_or_default();
        note(
            "D10",
            header(&mut answer, "allow", if allow.is_empty() { "missing" } else { &allow }),
        );
    }
    if answer.status != 0 {
        note("D4", header(&mut answer, "sensu-edition", "core"));
    }
    if answer.kind == "json" && answer.headers.contains_key("content-type") {
        note("D3", header(&mut answer, "content-type", "application/json"));
    }
    note("D3", lists(&mut answer.body, &ours.body));
    let longer = events::history(&mut answer.body, &ours.body);
    note("D31", longer);
    note("D33", events::total_state_change(&mut answer.body, &ours.body));
    if ours.kind == "json" && answer.kind == "json" && answer.status == 200 {
        let ends = expire_at(&mut answer.body, &ours.body);
        note("D24", ends);
        taken |= ends;
    }
    taken |= longer;
    Adjusted { answer, decisions, taken }
}

/// One shape for all errors (D4).
fn error(record: &Record, answer: &mut Answer) -> bool {
    let before = answer.clone();
    let code = match answer.status {
        400 | 405 => 1,
        401 => 5,
        403 => 4,
        404 => 2,
        409 => 3,
        _ => 0,
    };
    match (&answer.body, answer.kind.as_str()) {
        (Value::Object(body), _) if body.contains_key("Message") => {
            answer.body = json!({ "message": body["Message"], "code": body["Code"] });
        }
        (Value::Object(body), _) if body.keys().eq(["code", "message"]) => {
            answer.body = json!({ "message": body["message"], "code": body["code"] });
        }
        (Value::String(text), "text") => {
            answer.body = json!({ "message": text.trim_end(), "code": code });
        }
        (_, "empty") if answer.status == 405 && record.method != "HEAD" => {
            answer.body = json!({ "message": "method not allowed", "code": code });
        }
        _ => {}
    }
    if !answer.body.is_null() {
        answer.kind = "json".to_owned();
    }
    header(answer, "content-type", "application/json");
    header(answer, "x-content-type-options", "nosniff");
    *answer != before
}

/// Sets a header; says whether that changed it.
fn header(answer: &mut Answer, name: &str, value: &str) -> bool {
    answer.headers.insert(name.to_owned(), value.to_owned()).as_deref() != Some(value)
}

/// Lists are never null (D3): where ours is an empty list, null becomes one.
fn lists(theirs: &mut Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (theirs @ Value::Null, Value::Array(items)) if items.is_empty() => {
            *theirs = json!([]);
            true
        }
        (Value::Object(a), Value::Object(b)) => {
            let mut changed = false;
            for (key, value) in a {
                changed |= b.get(key).is_some_and(|other| lists(value, other));
            }
            changed
        }
        (Value::Array(a), Value::Array(b)) => {
            let mut changed = false;
            for (x, y) in a.iter_mut().zip(b) {
                changed |= lists(x, y);
            }
            changed
        }
        _ => false,
    }
}

/// Silenced entries say when they end (D24): the field is new, and checked against the others.
fn expire_at(theirs: &mut Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) if b.contains_key("expire_on_resolve") => {
            let number = |field: &str| b.get(field).and_then(Value::as_i64);
            let due = number("begin").zip(number("expire")).map(|(begin, life)| begin + life);
            if let (Some(end), Some(due)) = (number("expire_at"), due)
                && end >= due
            {
                a.insert("expire_at".into(), end.into());
                return true;
            }
            false
        }
        (Value::Array(a), Value::Array(b)) => {
            let mut changed = false;
            for (x, y) in a.iter_mut().zip(b) {
                changed |= expire_at(x, y);
            }
            changed
        }
        _ => false,
    }
}
