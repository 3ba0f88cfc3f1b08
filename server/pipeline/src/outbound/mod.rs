//! The addresses that handlers and downloads of assets may connect to.
//!
//! A host name is resolved once, and connections use the addresses that were verified: a name cannot lead to another
//! address afterwards.

mod addresses;
mod http;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use url::{Host, Url};

pub(crate) use http::{Redirects, client, reason, rejection};

/// The addresses that outbound connections may reach. Cheap to clone.
///
/// Link-local addresses, addresses of cloud metadata services, unspecified addresses, multicast and broadcast are
/// always rejected, also in their IPv6 forms (IPv4-mapped, NAT64, 6to4).
#[derive(Clone, Debug, Default)]
pub struct OutboundPolicy {
    networks: Arc<Networks>,
}

#[derive(Debug, Default)]
struct Networks {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
}

/// Why a connection is not made.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The address, or all addresses of the host, are rejected.
    #[error("outbound connections to {0} are not allowed")]
    Rejected(String),
    /// The scheme of the URL is neither `http` nor `https`.
    #[error("URL scheme {0:?} is not supported")]
    Scheme(String),
    /// The URL has no host.
    #[error("URL without a host")]
    NoHost,
    /// The host name has no address.
    #[error("cannot resolve {0}: {1}")]
    Resolution(String, io::Error),
}

impl OutboundPolicy {
    /// Rejects the networks of `deny` and, if `allow` is not empty, all addresses outside of its networks.
    #[must_use]
    pub fn new(allow: Vec<IpNet>, deny: Vec<IpNet>) -> Self {
        Self { networks: Arc::new(Networks { allow, deny }) }
    }

    /// Checks an address.
    ///
    /// # Errors
    /// [`OutboundError::Rejected`].
    pub fn check(&self, address: IpAddr) -> Result<(), OutboundError> {
        if self.allows(address) {
            return Ok(());
        }
        Err(OutboundError::Rejected(address.to_string()))
    }

    /// Checks the scheme of a URL, and its host if that is an IP address. Host names are checked when they are resolved.
    ///
    /// # Errors
    /// [`OutboundError`], except `Resolution`.
    pub fn check_url(&self, url: &Url) -> Result<(), OutboundError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OutboundError::Scheme(url.scheme().to_owned()));
        }
        match url.host() {
            None => Err(OutboundError::NoHost),
            Some(Host::Domain(_)) => Ok(()),
            Some(Host::Ipv4(address)) => self.check(address.into()),
            Some(Host::Ipv6(address)) => self.check(address.into()),
        }
    }

    /// The allowed addresses of a host name or IP address, which can be in brackets. Not empty.
    ///
    /// # Errors
    /// [`OutboundError`] if there is none.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, OutboundError> {
        let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let failed = |error| OutboundError::Resolution(host.to_owned(), error);
        let all: Vec<_> = tokio::net::lookup_host((name, port)).await.map_err(failed)?.collect();
        let Some(first) = all.first() else {
            return Err(failed(io::Error::other("no addresses")));
        };
        let (first, is_literal) = (first.ip(), name.parse::<IpAddr>().is_ok());
        let allowed: Vec<_> = all.into_iter().filter(|address| self.allows(address.ip())).collect();
        if allowed.is_empty() {
            let host = if is_literal { name.to_owned() } else { format!("{name} ({first})") };
            return Err(OutboundError::Rejected(host));
        }
        Ok(allowed)
    }

    fn allows(&self, address: IpAddr) -> bool {
        let effective = addresses::effective(address);
        let forms = [address, effective];
        let contains =
            |networks: &[IpNet], address| networks.iter().any(|network| network.contains(address));
        let Networks { allow, deny } = &*self.networks;
        !forms.iter().any(|form| addresses::is_never_allowed(*form) || contains(deny, form))
            && (allow.is_empty() || forms.iter().any(|form| contains(allow, form)))
    }
}

#[cfg(test)]
mod tests;
