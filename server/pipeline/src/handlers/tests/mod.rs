//! Tests with real sockets on loopback addresses.

mod http;
mod sockets;

use bytes::Bytes;
use ipnet::IpNet;
use sensu_types::handler::{Handler, HandlerSocket};

use super::*;
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

#[test]
fn an_excerpt_is_limited_and_valid_text() {
    assert_eq!(excerpt(b"short"), "short");
    assert_eq!(excerpt(&[b'a'; 5000]).len(), OUTPUT);
    assert!(excerpt(&[0xff; 5000]).len() <= OUTPUT);
}
