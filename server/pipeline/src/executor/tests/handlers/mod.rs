//! Tests with real sockets on loopback addresses.

mod http;
mod sockets;

use std::time::Duration;

use bytes::Bytes;
use ipnet::IpNet;
use sensu_types::handler::{Handler, HandlerSocket};

use crate::handlers::{DEFAULT_TIMEOUT, HandlerResult, OUTPUT, Retry, send_stream};
use crate::javascript::JavaScript;
use crate::outbound::OutboundPolicy;
use crate::{Executor, HttpRequest, RunContext, Settings};

/// An executor that retries soon.
fn executor(deny: &[&str]) -> Executor {
    let deny: Vec<IpNet> = deny.iter().map(|network| network.parse().unwrap()).collect();
    let settings = Settings {
        javascript: JavaScript::new(crate::javascript::Limits::default()),
        commands: None,
        outbound: OutboundPolicy::new(Vec::new(), deny),
        retry: Retry { first_delay: Duration::from_millis(20), ..Retry::default() },
    };
    Executor::new(settings).unwrap()
}
