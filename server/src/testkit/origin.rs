//! Protection of the test kit's routes against web pages in a browser on the same machine.
//!
//! The routes require no credentials. A page of another origin can send simple requests to loopback
//! addresses, and a page whose host name resolves to one (DNS rebinding) can also read the responses.

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Uri};

use crate::error::Error;

/// Accepts a request whose `Host` is the address of the server or a loopback name, and whose `Origin`, if it
/// has one, is the server itself or an allowed origin of CORS.
///
/// # Errors
/// [`Error::Denied`].
pub(super) fn check(
    uri: &Uri,
    headers: &HeaderMap,
    address: SocketAddr,
    allowed: &[String],
) -> Result<(), Error> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()?.parse().ok());
    // HTTP/2 has the host in the URI.
    let Some(host) = uri.authority().cloned().or(host).filter(|host| is_local(host, address))
    else {
        return Err(denied("Host"));
    };
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let own = ["http", "https"].iter().any(|scheme| {
        let own = origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
        own.is_some_and(|own| own.eq_ignore_ascii_case(host.as_str()))
    });
    match own || allowed.iter().any(|known| known == "*" || known == origin) {
        true => Ok(()),
        false => Err(denied("Origin")),
    }
}

fn denied(header: &str) -> Error {
    tracing::warn!("the test kit rejected a request because of its {header} header");
    Error::Denied
}

fn is_local(host: &Authority, address: SocketAddr) -> bool {
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    match name.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || ip == address.ip(),
        Err(_) => {
            let name = name.to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn is_accepted(host: &'static str, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        let (uri, allowed) = (Uri::from_static("/dev/reset"), ["https://ui.test".to_owned()]);
        check(&uri, &headers, SocketAddr::from(([127, 0, 0, 1], 8080)), &allowed).is_ok()
    }

    #[test]
    fn only_loopback_hosts_are_accepted() {
        for host in [
            "127.0.0.1:8080",
            "localhost:9999",
            "[::1]:8080",
            "api.localhost",
            "LOCALHOST",
            "127.1.2.3",
        ] {
            assert!(is_accepted(host, None), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "10.0.0.1:8080", ""] {
            assert!(!is_accepted(host, None), "{host}");
        }
    }

    #[test]
    fn only_own_and_allowed_origins_are_accepted() {
        for origin in ["http://localhost:8080", "https://ui.test"] {
            assert!(is_accepted("localhost:8080", Some(origin)), "{origin}");
        }
        for origin in
            ["http://localhost:3000", "https://evil.example", "null", "", "https://ui.test.evil"]
        {
            assert!(!is_accepted("localhost:8080", Some(origin)), "{origin}");
        }
    }
}
