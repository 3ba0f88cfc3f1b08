//! The addresses that handlers and downloads of assets may connect to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;

/// The addresses that outbound connections may reach. Cheap to clone.
///
/// Link-local addresses, addresses of cloud metadata services, unspecified addresses, multicast and broadcast are
/// always rejected.
#[derive(Clone, Debug, Default)]
pub struct OutboundPolicy {
    networks: Arc<(Vec<IpNet>, Vec<IpNet>)>,
}

/// Why a connection is not made.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The address, or all addresses of the host, are rejected.
    #[error("outbound connections to {0} are not allowed")]
    Rejected(String),
    /// The host name has no address.
    #[error("cannot resolve {0}: {1}")]
    Resolution(String, std::io::Error),
}

impl OutboundPolicy {
    /// Rejects the networks of `deny` and, if `allow` is not empty, all addresses outside of its networks.
    #[must_use]
    pub fn new(allow: Vec<IpNet>, deny: Vec<IpNet>) -> Self {
        Self { networks: Arc::new((allow, deny)) }
    }

    /// Checks an address.
    ///
    /// # Errors
    /// [`OutboundError::Rejected`].
    pub fn check(&self, address: IpAddr) -> Result<(), OutboundError> {
        let _ = &self.networks;
        Err(OutboundError::Rejected(address.to_string()))
    }

    /// The allowed addresses of a host name or IP address. Not empty.
    ///
    /// # Errors
    /// [`OutboundError`] if there is none.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, OutboundError> {
        let _ = port;
        Err(OutboundError::Rejected(host.to_owned()))
    }
}
