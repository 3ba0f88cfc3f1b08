//! Differences that change many responses, applied to a recorded response before it is compared.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::events;
use super::exchange::Response;
use super::scenario::Record;

/// A recorded response, adjusted.
pub(crate) struct Adjusted {
    pub(crate) response: Response,
    /// The differences that changed it.
    pub(crate) differences: BTreeSet<String>,
    /// Whether a part of it was copied from our response. The golden file checks that part.
    pub(crate) is_lenient: bool,
}

/// The recorded response as these differences change it.
pub(crate) fn adjusted(record: &Record, ours: &Response) -> Adjusted {
    let mut response = record.response.clone();
    let mut is_lenient = false;
    let mut differences = BTreeSet::new();
    let mut note = |difference: &str, changed: bool| {
        if changed {
            differences.insert(difference.to_owned());
        }
    };
    if response.status >= 400 {
        note("D4", error(record, &mut response));
    }
    if response.body["message"] == "Request unauthorized" && ours.body["code"] == 5 {
        // Sensu Go gives no reason; our message does.
        response.body["message"] = ours.body["message"].clone();
        is_lenient = true;
    }
    if [404, 409].contains(&response.status) && names_object(&response.body, &ours.body) {
        response.body["message"] = ours.body["message"].clone();
        note(if response.status == 404 { "D4" } else { "D9" }, true);
        is_lenient = true;
    }
    if response.status >= 400 && describes_cause(&mut response.body, &ours.body) {
        note("D4", true);
        is_lenient = true;
    }
    if response.status == 401 {
        let path = record.path.split('?').next().unwrap_or_default();
        let scheme = if ["/auth", "/auth/test"].contains(&path) { "Basic" } else { "Bearer" };
        let challenge = format!("{scheme} realm=\"sensu\"");
        note("D16", header(&mut response, "www-authenticate", &challenge));
    }
    if response.status == 405 {
        is_lenient = true;
        let allow = ours.headers.get("allow").cloned().unwrap_or_default();
        note(
            "D10",
            header(&mut response, "allow", if allow.is_empty() { "missing" } else { &allow }),
        );
    }
    if response.status != 0 {
        note("D4", header(&mut response, "sensu-edition", "core"));
        note("D4", header(&mut response, "x-content-type-options", "nosniff"));
    }
    if response.status == 204 {
        note("D9", response.headers.remove("content-type").is_some());
    }
    if response.kind == "json" && response.headers.contains_key("content-type") {
        note("D3", header(&mut response, "content-type", "application/json"));
    }
    note("D3", lists(&mut response.body, &ours.body));
    note("D40", later_kinds(&mut response.body, &ours.body));
    let longer = events::history(&mut response.body, &ours.body);
    note("D31", longer);
    note("D33", events::total_state_change(&mut response.body, &ours.body));
    if ours.kind == "json" && response.kind == "json" && response.status == 200 {
        let ends = expire_at(&mut response.body, &ours.body);
        note("D24", ends);
        is_lenient |= ends;
    }
    is_lenient |= longer;
    Adjusted { response, differences, is_lenient }
}

/// Whether our message is the recorded one, or names the same object, and continues with the object. For some
/// kinds the message of Sensu Go is the name of the object.
fn names_object(theirs: &Value, ours: &Value) -> bool {
    let text = |body: &Value| body["message"].as_str().unwrap_or_default().to_owned();
    let (theirs, ours) = (text(theirs), text(ours));
    let object = ["not found: ", "resource already exists: "].iter().find_map(|prefix| {
        ours.strip_prefix(prefix).map(|object| (prefix.trim_end_matches(": "), object))
    });
    object.is_some_and(|(message, object)| {
        theirs == message || object.contains(&format!(" {theirs:?}"))
    })
}

/// The seeded roles also cover the kinds of later releases (D40).
fn later_kinds(theirs: &mut Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => theirs
            .iter_mut()
            .zip(ours)
            .fold(false, |changed, (theirs, ours)| later_kinds(theirs, ours) || changed),
        (Value::Object(theirs), Value::Object(ours)) => {
            let is_seeded = ours
                .get("metadata")
                .is_some_and(|metadata| SEEDED.iter().any(|name| metadata["name"] == *name));
            match (theirs.get_mut("rules"), ours.get("rules")) {
                (Some(Value::Array(theirs)), Some(Value::Array(ours))) if is_seeded => theirs
                    .iter_mut()
                    .zip(ours)
                    .fold(false, |changed, (theirs, ours)| covers_more(theirs, ours) || changed),
                _ => false,
            }
        }
        _ => false,
    }
}

/// Roles that cover every kind of a namespace.
const SEEDED: [&str; 3] = ["admin", "edit", "view"];

/// Copies our resources if they contain the recorded ones, in the same order, and others.
fn covers_more(theirs: &mut Value, ours: &Value) -> bool {
    let (Value::Array(recorded), Value::Array(covered)) =
        (&theirs["resources"], &ours["resources"])
    else {
        return false;
    };
    let mut rest = covered.iter();
    let is_contained = recorded.iter().all(|resource| rest.any(|other| other == resource));
    if !is_contained || recorded == covered {
        return false;
    }
    theirs["resources"] = ours["resources"].clone();
    true
}

/// One shape for all errors (D4).
fn error(record: &Record, response: &mut Response) -> bool {
    let before = response.clone();
    let code = match response.status {
        400 | 405 => 1,
        401 => 5,
        403 => 4,
        404 => 2,
        409 => 3,
        _ => 0,
    };
    match (&response.body, response.kind.as_str()) {
        (Value::Object(body), _) if body.contains_key("Message") => {
            response.body = json!({ "message": body["Message"], "code": body["Code"] });
        }
        (Value::Object(body), _) if body.keys().eq(["code", "message"]) => {
            response.body = json!({ "message": body["message"], "code": body["code"] });
        }
        (Value::String(text), "text") => {
            response.body = json!({ "message": text.trim_end(), "code": code });
        }
        (_, "empty") if response.status == 405 && record.method != "HEAD" => {
            response.body = json!({ "message": "method not allowed", "code": code });
        }
        _ => {}
    }
    if !response.body.is_null() {
        response.kind = "json".to_owned();
    }
    header(response, "content-type", "application/json");
    *response != before
}

/// Copies what our error is about. Returns whether it is about an object or a field.
fn describes_cause(theirs: &mut Value, ours: &Value) -> bool {
    let Value::Object(theirs) = theirs else { return false };
    let mut changed = false;
    for key in ["resource", "name", "field"] {
        if let Some(value) = ours.get(key) {
            theirs.insert(key.to_owned(), value.clone());
            changed = true;
        }
    }
    changed
}

/// Sets a header. Returns whether that changed it.
fn header(response: &mut Response, name: &str, value: &str) -> bool {
    response.headers.insert(name.to_owned(), value.to_owned()).as_deref() != Some(value)
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

/// Silenced entries have the time of their expiry (D24): the field is new, and checked against the others.
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
