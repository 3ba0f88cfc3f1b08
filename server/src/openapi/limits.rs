//! Limits in texts: descriptions refer to a limit as `%name%`, and the document contains its
//! default value.

use std::time::Duration;

use sensu_types::{binding, expression, redaction, role};
use serde_json::Value;

use super::walk;
use crate::auth::{PER_ADDRESS, PER_USER, PER_USER_AND_ADDRESS};
use crate::runtime::context::Limits;

/// Replaces the names of limits in all descriptions.
pub(super) fn fill_in(document: &mut Value) {
    let limits = defaults();
    walk(document, &mut |map| {
        if let Some(Value::String(text)) = map.get_mut("description")
            && text.contains('%')
        {
            for (name, value) in &limits {
                *text = text.replace(name, value);
            }
        }
    });
}

fn defaults() -> [(&'static str, String); 22] {
    let limits = Limits::default();
    [
        ("%request-bytes%", grouped(limits.request_bytes)),
        ("%response-bytes%", grouped(limits.response_bytes)),
        ("%deadline%", duration(limits.deadline)),
        ("%body-deadline%", duration(limits.body_deadline())),
        ("%access-token%", duration(limits.access_token)),
        ("%refresh-token%", duration(limits.refresh_token)),
        ("%refresh-grace%", duration(limits.refresh_token_grace)),
        ("%expressions%", expression::MAX_EXPRESSIONS.to_string()),
        ("%expression-bytes%", grouped(expression::MAX_BYTES)),
        ("%property-escapes%", expression::MAX_PROPERTY_ESCAPES.to_string()),
        ("%rules%", grouped(role::MAX_RULES)),
        ("%rule-entries%", grouped(role::MAX_RULE_ENTRIES)),
        ("%subjects%", grouped(binding::MAX_SUBJECTS)),
        ("%redact-keys%", grouped(redaction::MAX_KEYS)),
        ("%redact-key-bytes%", grouped(redaction::MAX_KEY_BYTES)),
        ("%token-body-bytes%", grouped(Limits::TOKEN_BODY_BYTES)),
        ("%logins%", PER_USER_AND_ADDRESS.free.to_string()),
        ("%login-interval%", seconds(PER_USER_AND_ADDRESS.interval)),
        ("%user-logins%", PER_USER.free.to_string()),
        ("%user-login-interval%", seconds(PER_USER.interval)),
        ("%address-logins%", PER_ADDRESS.free.to_string()),
        ("%address-login-interval%", seconds(PER_ADDRESS.interval)),
    ]
}

/// As [`duration`], of a number of seconds.
fn seconds(seconds: i64) -> String {
    duration(Duration::from_secs(seconds.unsigned_abs()))
}

/// `512,000`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `15 minutes`: the largest unit that gives a whole number.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        1 => "1 second".to_owned(),
        60 => "1 minute".to_owned(),
        3600 => "1 hour".to_owned(),
        3600.. if seconds.is_multiple_of(3600) => format!("{} hours", seconds / 3600),
        60.. if seconds.is_multiple_of(60) => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_readable() {
        assert_eq!(grouped(512_000), "512,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(12), "12");
        assert_eq!(duration(Duration::from_secs(12)), "12 seconds");
        assert_eq!(duration(Duration::from_secs(900)), "15 minutes");
        assert_eq!(duration(Duration::from_secs(43_200)), "12 hours");
    }

    #[test]
    fn descriptions_contain_the_values() {
        let mut document = json!({ "a": [{ "description": "At most %response-bytes% bytes." }] });
        fill_in(&mut document);
        assert_eq!(document["a"][0]["description"], "At most 512,000 bytes.");
    }
}
