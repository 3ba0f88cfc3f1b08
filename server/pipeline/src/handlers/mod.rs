//! Handlers: commands, sockets and HTTP requests.

pub mod http;

use std::time::Duration;

/// Maximum output of a command in a result, in bytes.
pub const OUTPUT: usize = 4096;

/// The result of a handler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerResult {
    /// Why the handler failed. `None` if it succeeded. A command that exits with another status than 0 fails.
    pub failure: Option<String>,
    /// Exit status of the command: 128 plus the number of the signal that ended it, 2 after a timeout. `None` for
    /// handlers without a command.
    pub status: Option<i32>,
    /// The first [`OUTPUT`] bytes of the output of the command.
    pub output: String,
    /// Time of the execution, including retries.
    pub duration: Duration,
}
