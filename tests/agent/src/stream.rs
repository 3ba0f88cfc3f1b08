//! TCP connections, with and without TLS.

use anyhow::Context as _;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::AgentOptions;

/// Port of URLs without one.
const DEFAULT_PORT: u16 = 8081;

/// Bytes in both directions.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A connection.
pub(crate) type Stream = Box<dyn Transport>;

/// Connects to the server of a URL.
pub(crate) async fn connect(url: &Url, options: &AgentOptions) -> anyhow::Result<Stream> {
    let host = url.host_str().context("URL without a host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port().unwrap_or(DEFAULT_PORT);
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    if url.scheme() != "wss" {
        return Ok(Box::new(stream));
    }
    let config = options.tls.clone().context("wss:// without a TLS configuration")?;
    let name = ServerName::try_from(host.to_owned())?;
    Ok(Box::new(TlsConnector::from(config).connect(name, stream).await?))
}
