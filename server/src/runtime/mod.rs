//! State and tasks of a running server: HTTP server, context, background work.

mod background;
pub(crate) mod context;
mod server;

pub use context::Limits;
pub use server::{Server, Tls};
