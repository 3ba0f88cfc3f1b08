//! Handlers: commands, sockets and HTTP requests.

pub mod http;
mod retry;
mod socket;

use std::time::Duration;

pub use retry::Retry;
pub(crate) use socket::{send_datagram, send_stream};

/// Maximum output in a result, in bytes.
pub const OUTPUT: usize = 4096;
/// Time for a connection, and for writing to it, if the handler has no timeout.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);

/// The result of a handler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerResult {
    /// Why the handler failed. `None` if it succeeded. A command that exits with another status than 0 fails.
    pub failure: Option<String>,
    /// Exit status of the command: 128 plus the number of the signal that ended it, 2 after a timeout. `None` for
    /// handlers without a command.
    pub status: Option<i32>,
    /// The first [`OUTPUT`] bytes of the output of the command, or of the body of an HTTP response that is a failure.
    pub output: String,
    /// Time of the execution, including retries.
    pub duration: Duration,
}

/// The first [`OUTPUT`] bytes of an output, as text.
pub(crate) fn excerpt(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output.get(..OUTPUT).unwrap_or(output));
    // Replacement characters can be longer than what they replace.
    text.get(..text.floor_char_boundary(OUTPUT)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_limited_and_valid_text() {
        assert_eq!(excerpt(b"short"), "short");
        assert_eq!(excerpt(&[b'a'; 5000]).len(), OUTPUT);
        assert!(excerpt(&[0xff; 5000]).len() <= OUTPUT);
    }
}
