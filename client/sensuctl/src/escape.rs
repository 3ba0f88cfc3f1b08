//! Escapes characters that control a terminal or the direction of text, in texts of the server.
//!
//! Agents and other users write texts such as the output of checks. They must not move the cursor, set the
//! title, or change the order in which a terminal shows the characters of a line.

use std::fmt::Write as _;

/// Whether a character controls the terminal (C0, DEL, C1) or the direction of text. Line breaks and tabs do
/// not count.
fn is_control(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t')) || is_bidirectional(character)
}

/// Whether a character changes the direction of the text that follows.
pub(crate) fn is_bidirectional(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text for a terminal: control characters as `\u{1b}`, also `\r`. Escaping it again changes nothing.
pub(crate) fn for_terminal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match is_control(character) {
            true => escaped.extend(character.escape_default()),
            false => escaped.push(character),
        }
    }
    escaped
}

/// The same JSON with the control characters escaped that JSON allows in strings: DEL, C1, and those of
/// direction.
pub(crate) fn in_json(json: String) -> String {
    if !json.contains(is_control) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match is_control(character) {
            // Writing to a string does not fail. All of them have four hexadecimal digits at most.
            true => drop(write!(escaped, "\\u{:04x}", u32::from(character))),
            false => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        let text = "a\tb\r\n\u{1b}[2J\u{7f}é\u{9b}31m\u{202e}\u{2069}";
        let escaped = "a\tb\\r\n\\u{1b}[2J\\u{7f}é\\u{9b}31m\\u{202e}\\u{2069}";
        assert_eq!(for_terminal(text), escaped);
        assert_eq!(for_terminal(escaped), escaped);
    }

    #[test]
    fn escaped_json_has_the_same_value() {
        let value = serde_json::json!({ "a\u{9b}": "\u{1b}\u{7f}\u{85}\u{202e}é" });
        let json = in_json(value.to_string());
        assert_eq!(json, r#"{"a\u009b":"\u001b\u007f\u0085\u202eé"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }
}
