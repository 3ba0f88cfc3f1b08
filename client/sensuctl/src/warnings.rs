//! `Warning` headers of responses, on standard error.

use std::io::{self, Write as _};

use sensu_client::header::HeaderMap;

/// Prints the warnings of a response: fields that the server has dropped, resources that it does not have.
pub(crate) fn print(headers: &HeaderMap) {
    for header in headers.get_all("warning") {
        if let Some(text) = header.to_str().ok().and_then(text) {
            // A closed standard error must not fail a write that succeeded.
            let _ = writeln!(io::stderr(), "Warning: {text}");
        }
    }
}

/// The text of a header: `299 - "text"`, with a backslash before quotes and backslashes.
fn text(header: &str) -> Option<String> {
    let quoted = header.split_once('"')?.1.strip_suffix('"')?;
    let mut text = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        text.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_warning_is_unquoted() {
        assert_eq!(text(r#"299 - "a \"b\" \\ c""#).as_deref(), Some(r#"a "b" \ c"#));
        assert_eq!(text("299 - a"), None);
        assert_eq!(text("299 - \""), None);
    }
}
