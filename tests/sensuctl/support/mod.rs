//! Support of this suite: the program, servers, proxies, terminals, and what is known of Sensu's program.

mod examples;
mod kinds;
mod program;
mod proxy;
mod terminal;
pub(crate) mod transcript;

pub(crate) use examples::create_examples;
pub(crate) use kinds::Kind;
pub(crate) use program::{Fixture, Home, RunOutput, runtime};
pub(crate) use proxy::{ProxiedRequest, Proxy};
pub(crate) use terminal::Terminal;

/// Folder of this suite, for golden files whose name is computed.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sensuctl");
