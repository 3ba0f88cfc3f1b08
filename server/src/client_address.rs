//! The address of a client: that of its connection, or the one that a trusted proxy reports (D17).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Maximum number of proxies between a client and the server.
const MAX_PROXIES: usize = 16;

/// Bits of an IPv6 address that identify a customer of a provider.
const IPV6_PREFIX: u32 = 64;

/// The address of the client that sent a request over a connection from `peer`.
///
/// It is `peer`, unless `peer` is a trusted proxy. Then it is the rightmost address in `Forwarded`
/// (RFC 7239) or `X-Forwarded-For` that is not a trusted proxy: each proxy adds the address of its
/// own peer at the right, and what stands to the left of an untrusted address is under the control of
/// the client.
///
/// A proxy that adds one of the headers usually passes the other on unchanged. If a request has both and
/// they lead to different addresses, it is not known which of them the client has written, and the
/// result is `peer`.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let reported = |name, hops: fn(&HeaderValue) -> Vec<Option<IpAddr>>| {
        let values = headers.get_all(name);
        let hops = values.iter().rev().flat_map(hops).take(MAX_PROXIES);
        headers.contains_key(name).then(|| last_untrusted(peer, hops, trusted))
    };
    match (reported(&FORWARDED, forwarded), reported(&X_FORWARDED_FOR, x_forwarded_for)) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(client), _) | (None, Some(client)) => client,
        (None, None) => peer,
    }
}

/// A trusted proxy, or several: an address or a network in CIDR notation.
///
/// # Errors
/// The reason, for text that is neither, and for a network of all addresses: every client could then
/// choose its address.
pub(crate) fn trusted_network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse::<IpNet>());
    match network {
        Ok(network) if network.prefix_len() == 0 => {
            Err("all addresses would be trusted, and every client could choose its own".into())
        }
        Ok(network) => Ok(network),
        Err(_) => Err("expected an address or a network such as 10.0.0.0/8".into()),
    }
}

/// The part of an address that one client cannot change: an IPv4 address, or the network of an IPv6
/// address.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let mask = u128::MAX << (Ipv6Addr::BITS - IPV6_PREFIX);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// The first address that is not a trusted proxy, or the last that is known. `hops` begin with the one next
/// to the server; `None` is an address that the proxy does not report.
fn last_untrusted(
    peer: IpAddr,
    hops: impl Iterator<Item = Option<IpAddr>>,
    trusted: &[IpNet],
) -> IpAddr {
    let mut client = peer;
    for hop in hops {
        let Some(address) = hop else { break };
        client = address.to_canonical();
        if !is_trusted(client, trusted) {
            break;
        }
    }
    client
}

/// The addresses of a `Forwarded` header, from right to left.
fn forwarded(value: &HeaderValue) -> Vec<Option<IpAddr>> {
    let Ok(text) = value.to_str() else { return vec![None] };
    let nodes = rfc7239::parse(text).rev().take(MAX_PROXIES);
    nodes.map(|node| node.ok()?.forwarded_for?.ip().copied()).collect()
}

/// The addresses of an `X-Forwarded-For` header, from right to left. Some proxies add the port.
fn x_forwarded_for(value: &HeaderValue) -> Vec<Option<IpAddr>> {
    let Ok(text) = value.to_str() else { return vec![None] };
    let address = |text: &str| {
        let text = text.trim();
        let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        bare.parse().ok().or_else(with_port)
    };
    text.rsplit(',').take(MAX_PROXIES).map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| trusted_network(network).unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, value.parse().unwrap());
        }
        client_address(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_report_addresses() {
        let headers = [("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client("203.0.113.9", &headers), "203.0.113.9");
        assert_eq!(client(PROXY, &headers), "192.0.2.1");
        assert_eq!(client("::ffff:10.0.0.1", &headers), "192.0.2.1", "an IPv4 peer");
        assert_eq!(client(PROXY, &[]), PROXY);
    }

    #[test]
    fn the_client_is_the_rightmost_untrusted_address() {
        for (value, expected) in [
            ("192.0.2.1, 192.0.2.2", "192.0.2.2"),
            ("192.0.2.1,192.0.2.2 ,10.9.9.9, fd00::7", "192.0.2.2"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("192.0.2.1, nonsense, 10.0.0.2", "10.0.0.2"),
            ("192.0.2.1, nonsense", PROXY),
            ("", PROXY),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(client(PROXY, &[("x-forwarded-for", value)]), expected, "{value}");
        }
        let two = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "192.0.2.2")];
        assert_eq!(client(PROXY, &two), "192.0.2.2", "several headers are one list");
        let many = ["10.0.0.2"; 20].join(", ");
        assert_eq!(
            client(PROXY, &[("x-forwarded-for", &format!("192.0.2.1, {many}"))]),
            "10.0.0.2"
        );
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_defines_it() {
        for (value, expected) in [
            ("for=192.0.2.1", "192.0.2.1"),
            ("For=\"[2001:db8::1]:4711\";proto=https;by=10.0.0.1", "2001:db8::1"),
            ("for=192.0.2.1, for=192.0.2.2;host=x, for=10.0.0.2", "192.0.2.2"),
            ("for=192.0.2.1, for=unknown", PROXY),
            ("for=192.0.2.1, for=_hidden, for=10.0.0.2", "10.0.0.2"),
            ("for=192.0.2.1, proto=https", PROXY),
            // A quotation mark of the client does not hide what the proxy adds.
            ("for=\"192.0.2.1, for=192.0.2.2", "192.0.2.2"),
        ] {
            assert_eq!(client(PROXY, &[("forwarded", value)]), expected, "{value}");
        }
    }

    #[test]
    fn two_headers_that_disagree_are_not_used() {
        let both = |one, other| client(PROXY, &[("forwarded", one), ("x-forwarded-for", other)]);
        assert_eq!(both("for=192.0.2.1", "192.0.2.1"), "192.0.2.1");
        assert_eq!(both("for=192.0.2.1", "192.0.2.2"), PROXY);
        assert_eq!(both("nonsense", "192.0.2.2"), PROXY);
    }

    #[test]
    fn a_network_is_an_address_or_cidr() {
        for (text, expected) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("192.0.2.1", "192.0.2.1/32"),
            ("fd00::/8", "fd00::/8"),
            ("::1", "::1/128"),
        ] {
            assert_eq!(trusted_network(text).unwrap().to_string(), expected);
        }
        for text in ["", "proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0"] {
            assert!(trusted_network(text).is_err(), "{text}");
        }
    }
}
