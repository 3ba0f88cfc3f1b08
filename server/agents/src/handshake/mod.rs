//! The HTTP handshake of agents, and the requests for health on the same port.

mod headers;
mod incomplete;
mod respond;
mod upgrade;

pub use headers::{Credentials, Hello};
pub(crate) use incomplete::{Incomplete, Ticket};
pub(crate) use respond::Handshake;
