//! The bytes that a handler receives if no command or script transforms the event.

use bytes::Bytes;
use sensu_types::event::Event;

/// Name of the built-in mutator for [`json`].
pub const JSON: &str = "json";
/// Name of the built-in mutator for [`only_check_output`].
pub const ONLY_CHECK_OUTPUT: &str = "only_check_output";

/// The event in JSON: compact, without a newline at the end, and with `<`, `>`, `&`, U+2028 and U+2029 escaped as
/// Go escapes them. Not redacted.
///
/// # Errors
/// If the event cannot be represented in JSON.
pub fn json(event: &Event) -> Result<Bytes, serde_json::Error> {
    serde_json::to_string(event).map(|text| Bytes::from(escape(text)))
}

/// The output of the check. `None` if the event has no check.
#[must_use]
pub fn only_check_output(event: &Event) -> Option<Bytes> {
    event.check.as_ref().map(|check| Bytes::copy_from_slice(check.output.as_bytes()))
}

/// In compact JSON these characters occur only in strings.
fn escape(text: String) -> String {
    let needs_escape = |c: char| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
    if !text.contains(needs_escape) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(needs_escape) {
        let found = rest.get(before.len()..).and_then(|rest| rest.chars().next());
        escaped.push_str(before);
        escaped.push_str(match found {
            Some('<') => r"\u003c",
            Some('>') => r"\u003e",
            Some('&') => r"\u0026",
            Some('\u{2028}') => r"\u2028",
            _ => r"\u2029",
        });
        rest = after;
    }
    escaped.push_str(rest);
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E1
    #[test]
    fn the_payload_is_compact_json_with_the_escapes_of_go() {
        let mut event = Event::with_status("web", "cpu", 1);
        event.check.as_mut().unwrap().output = "a<b> & \u{2028}\u{2029}\u{e9}\"\n".into();
        let bytes = json(&event).unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        let output = r#""output":"a\u003cb\u003e \u0026 \u2028\u2029é\"\n""#;
        assert!(text.contains(output), "{text}");
        assert!(text.starts_with(r#"{"timestamp":1,"entity":{"#) && text.ends_with('}'), "{text}");
        assert_eq!(serde_json::from_slice::<Event>(&bytes).unwrap(), event);
    }

    #[test]
    fn only_check_output_is_the_exact_output() {
        let mut event = Event::with_status("web", "cpu", 1);
        event.check.as_mut().unwrap().output = "a <b>\n".into();
        assert_eq!(only_check_output(&event).unwrap(), "a <b>\n");
        event.check = None;
        assert_eq!(only_check_output(&event), None);
    }
}
