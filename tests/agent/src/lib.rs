//! A scripted Sensu agent for tests, benchmarks and `cargo xtask agent`: connects with the handshake of a given
//! release, sends keepalives, events and arbitrary frames, and can behave like an agent.
//!
//! [`Agent::connect`] is the entry point; [`Agent::run`] behaves like an agent until the connection ends.

mod agent;
pub mod command;
mod connect;
mod events;
mod execute;
mod options;
mod requests;
mod run;
mod stream;

pub use agent::{Agent, Received};
pub use connect::{ConnectError, HandshakeResponse};
pub use options::{AgentOptions, Release};
pub use run::{Activity, Answer};
/// WebSocket frames, for [`Agent::send_frame`] and [`Agent::next_frame`].
pub use tokio_tungstenite::tungstenite::Message as Frame;
