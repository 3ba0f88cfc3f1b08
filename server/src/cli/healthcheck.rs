//! `sensu-server healthcheck`: asks the server on this machine whether it accepts requests.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::start::Start;

/// Maximum time of a check.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends `GET /ready`, and prints the response.
///
/// # Errors
/// If the server does not respond, or with another status than 200.
pub(super) async fn healthcheck(args: &Start) -> anyhow::Result<()> {
    let scheme = if args.cert_file.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}/ready", local(args.address()));
    // The certificate is for the public name of the server. The request contains no secret and stays on this machine.
    let client = reqwest::Client::builder()
        .danger_accept_invalid_certs(true)
        .no_proxy()
        .timeout(TIMEOUT)
        .build()?;
    let response = client.get(&url).send().await;
    let response = response.with_context(|| format!("no response from {url}"))?;
    let status = response.status();
    let body = response.text().await?;
    if !status.is_success() {
        bail!("{url} responded {status}: {body}");
    }
    Ok(writeln!(std::io::stdout(), "{body}")?)
}

/// The address to connect to: a server on all addresses also listens on the loopback address.
fn local(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_reached_on_loopback() {
        for (address, expected) in
            [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:2", "[::1]:2"), ("192.0.2.1:3", "192.0.2.1:3")]
        {
            assert_eq!(local(address.parse().unwrap()), expected.parse().unwrap());
        }
    }
}
