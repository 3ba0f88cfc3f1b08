//! What lives while the process runs: the server, its context, background work, metrics.

mod background;
pub(crate) mod context;
mod server;

pub use context::Limits;
pub use server::{Server, Tls};
