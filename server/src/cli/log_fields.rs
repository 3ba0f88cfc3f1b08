//! Fields of log records without colors.
//!
//! The default formatter of `tracing-subscriber` writes an empty style around each name and `=`, and does not
//! escape control characters in values.

use std::fmt::{self, Write};

use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{self, Writer};

/// Formats fields as `name=value`, separated by spaces, and the message without its name. Control characters
/// are escaped, so that a value can neither begin a line nor control a terminal.
pub(super) fn plain() -> impl for<'a> FormatFields<'a> + Send + Sync + 'static {
    format::debug_fn(|writer, field, value| {
        if field.name() != "message" {
            writer.write_str(field.name().trim_start_matches("r#"))?;
            writer.write_char('=')?;
        }
        write!(Escaped(writer), "{value:?}")
    })
    .delimited(" ")
}

/// Escapes control characters.
struct Escaped<'a, 'writer>(&'a mut Writer<'writer>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_plain = |byte: u8| (b' '..=b'~').contains(&byte);
        if text.bytes().all(is_plain) {
            return self.0.write_str(text);
        }
        text.chars().try_for_each(|char| match char.is_control() {
            true => write!(self.0, "{}", char.escape_default()),
            false => self.0.write_char(char),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn fields_follow_the_message_and_control_characters_are_escaped() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .without_time()
            .with_ansi(false)
            .fmt_fields(plain())
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("request", id = 7);
            let _in_span = span.enter();
            tracing::info!(target: "t", user = "ä\n", path = %"/a\u{1b}[1m", r#type = ?Some(1), "x\ry");
        });
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let expected =
            " INFO request{id=7}: t: x\\ry user=\"ä\\n\" path=/a\\u{1b}[1m type=Some(1)\n";
        assert_eq!(written, expected);
    }
}
