//! WebSocket transport for Sensu agents: handshake, messages in JSON and protobuf, sessions. Without a store and
//! without an HTTP API.
//!
//! A [`Listener`] accepts connections and calls a [`Service`], which the server implements. The server sends messages
//! to a session through its [`Sender`]. The wire format is that of Sensu Go 5.0 to 6.12 (reference, part 2).

mod counters;
mod handshake;
mod listener;
pub mod message;
pub mod protobuf;
mod service;
mod session;
mod settings;

pub use counters::Counters;
pub use handshake::{Credentials, Hello};
pub use listener::Listener;
pub use service::{Closed, Rejection, Service};
pub use session::{SendError, Sender};
pub use settings::Settings;
