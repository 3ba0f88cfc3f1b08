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
/// If the event contains a number that JSON cannot represent.
pub fn json(event: &Event) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(event).map(Bytes::from)
}

/// The output of the check. `None` if the event has no check.
#[must_use]
pub fn only_check_output(event: &Event) -> Option<Bytes> {
    event.check.as_ref().map(|check| Bytes::copy_from_slice(check.output.as_bytes()))
}
