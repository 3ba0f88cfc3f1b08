//! State and tasks of a running server: HTTP server, context, background work.

mod background;
pub(crate) mod context;
mod http_log;
mod server;
#[cfg_attr(not(target_os = "linux"), path = "sockets_unsupported.rs")]
mod sockets;
#[cfg(target_os = "linux")]
mod tcp_info;
mod watchdog;

pub use context::Limits;
pub use server::Server;
pub(crate) use sockets::raise_descriptor_limit;
