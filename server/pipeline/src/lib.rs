//! Runs filters, mutators and handlers for stored events: JavaScript, commands, sockets and HTTP requests,
//! and the assets that they require. Without a store and without a server.
//!
//! [`Executor`] is the entry point. It decides nothing: which handlers an event reaches, and what the results
//! of filter expressions mean, is decided by `sensu-engine`. Every operation is limited in time, memory and
//! output, and ends, with all processes that it started, when its future is dropped.

pub mod assets;
pub mod command;
mod executor;
pub mod handlers;
pub mod javascript;
pub mod outbound;
pub mod payload;

pub use executor::{Executor, MutatorError, RunContext, Settings};
pub use handlers::HandlerResult;
pub use handlers::http::HttpRequest;

/// The reason of mutators and handlers that need a command when commands are not allowed.
pub const COMMANDS_NOT_ALLOWED: &str =
    "commands are not allowed; start the server with --allow-commands";
