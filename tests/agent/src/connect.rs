//! The handshake, with the headers that agents send.

use anyhow::{Context as _, bail, ensure};
use data_encoding::BASE64;
use sensu_agents::message::Encoding;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use url::Url;
use uuid::Uuid;

use crate::stream::{self, Stream};
use crate::{AgentOptions, Release};

/// Maximum size of the head of a response, in bytes.
const HEAD_SIZE: usize = 64 * 1024;

/// Response of a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeResponse {
    /// Status.
    pub status: u16,
    /// Headers in order, names as the server wrote them.
    pub headers: Vec<(String, String)>,
    /// Body. Empty for status 101.
    pub body: String,
}

impl HandshakeResponse {
    /// The values of a header, in order.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<&str> {
        let is = |(found, _): &&(String, String)| found.eq_ignore_ascii_case(name);
        self.headers.iter().filter(is).map(|(_, value)| value.as_str()).collect()
    }
}

/// Error of a connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server responded with another status than 101.
    #[error("handshake failed with status {}: {}", .0.status, .0.body.trim_end())]
    Rejected(HandshakeResponse),
    /// The connection failed, or the response is invalid.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// A connection after the handshake.
pub(crate) struct Connected {
    pub(crate) stream: Stream,
    /// Bytes after the response.
    pub(crate) buffered: Vec<u8>,
    pub(crate) response: HandshakeResponse,
    pub(crate) encoding: Encoding,
}

pub(crate) async fn connect(options: &AgentOptions) -> Result<Connected, ConnectError> {
    let url = Url::parse(&options.url).context("invalid URL")?;
    let mut stream = stream::connect(&url, options).await?;
    let key = BASE64.encode(Uuid::new_v4().as_bytes());
    let request = request(&url, options, &key);
    stream.write_all(request.as_bytes()).await.context("cannot send the request")?;
    let (mut response, mut buffered) = read_head(&mut stream).await?;
    if response.status != 101 {
        let length = response.values("Content-Length").first().and_then(|text| text.parse().ok());
        while length.is_none_or(|length: usize| buffered.len() < length) {
            // A server that closes the connection with an error has still responded.
            if stream.read_buf(&mut buffered).await.unwrap_or_default() == 0 {
                break;
            }
        }
        response.body = String::from_utf8_lossy(&buffered).into_owned();
        return Err(ConnectError::Rejected(response));
    }
    verify(&response, &key)?;
    let protobuf = Encoding::Protobuf.media_type();
    let is_offered = options.release >= Release::V5_12;
    let encoding = match is_offered && response.values("Accept").contains(&protobuf) {
        true => Encoding::Protobuf,
        false => Encoding::Json,
    };
    Ok(Connected { stream, buffered, response, encoding })
}

/// The request, with canonical names of headers as Go writes them.
fn request(url: &Url, options: &AgentOptions, key: &str) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let basic = BASE64.encode(format!("{}:{}", options.user, options.password).as_bytes());
    let mut headers = vec![
        ("Host", host),
        ("User-Agent", "Go-http-client/1.1".to_owned()),
        ("Authorization", format!("Basic {basic}")),
        ("Connection", "Upgrade".to_owned()),
        ("Sec-Websocket-Key", key.to_owned()),
        ("Sec-Websocket-Version", "13".to_owned()),
        ("Sensu-Agentname", options.name.clone()),
        ("Sensu-Namespace", options.namespace.clone()),
        ("Sensu-Subscriptions", options.subscriptions.join(",")),
        ("Sensu-User", options.user.clone()),
        ("Upgrade", "websocket".to_owned()),
    ];
    if options.release >= Release::V5_12 {
        headers.push(("Accept", Encoding::Protobuf.media_type().to_owned()));
    }
    let changes = &options.headers;
    headers.retain(|(name, _)| !changes.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
    for (name, value) in changes {
        headers.extend(value.iter().map(|value| (name.as_str(), value.clone())));
    }
    let path = url.path();
    let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    format!("GET {path} HTTP/1.1\r\n{}\r\n", lines.collect::<String>())
}

/// The response without its body, and the bytes after its head.
async fn read_head(stream: &mut Stream) -> anyhow::Result<(HandshakeResponse, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        if let httparse::Status::Complete(length) = response.parse(&bytes)? {
            let header = |header: &httparse::Header<'_>| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_owned(), value)
            };
            let status = response.code.context("response without a status")?;
            let headers = response.headers.iter().map(header).collect();
            let rest = bytes.split_off(length);
            return Ok((HandshakeResponse { status, headers, body: String::new() }, rest));
        }
        ensure!(bytes.len() < HEAD_SIZE, "the head of the response is too large");
        if stream.read_buf(&mut bytes).await.context("cannot read the response")? == 0 {
            bail!("the server closed the connection without a response");
        }
    }
}

fn verify(response: &HandshakeResponse, key: &str) -> anyhow::Result<()> {
    let is = |name: &str, value: &str| matches!(*response.values(name), [found] if found.eq_ignore_ascii_case(value));
    ensure!(is("Upgrade", "websocket"), "invalid header Upgrade: {response:?}");
    ensure!(is("Connection", "Upgrade"), "invalid header Connection: {response:?}");
    let accept = derive_accept_key(key.as_bytes());
    let found = response.values("Sec-WebSocket-Accept");
    ensure!(found == [accept.as_str()], "invalid header Sec-WebSocket-Accept: {response:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Connects to a server that accepts with these values of `Accept`. Returns the request and the encoding.
    async fn handshake(release: Release, accepts: &str) -> (String, Encoding) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let options = AgentOptions::new(url, "web").with_release(release);
        let options = options.with_subscriptions(&["a", "b"]);
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0);
            }
            let request = String::from_utf8(request).unwrap();
            let (_, key) = request.split_once("Sec-Websocket-Key: ").unwrap();
            let (key, _) = key.split_once("\r\n").unwrap();
            let accept = derive_accept_key(key.as_bytes());
            let response = format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n{accepts}\r\n"
            );
            stream.write_all(response.as_bytes()).await.unwrap();
            request
        };
        let (request, connected) = tokio::join!(serve, connect(&options));
        (request, connected.unwrap().encoding)
    }

    // A1
    #[tokio::test]
    async fn agents_of_5_0_send_these_headers() {
        let (request, _) = handshake(Release::V5_0, "").await;
        for header in [
            "Authorization: Basic YWdlbnQ6UEBzc3cwcmQh",
            "Sensu-Agentname: web",
            "Sensu-Namespace: default",
            "Sensu-Subscriptions: a,b",
            "Sensu-User: agent",
        ] {
            assert!(request.contains(&format!("\r\n{header}\r\n")), "{header}: {request}");
        }
        assert!(!request.contains("Accept:"), "{request}");
    }

    // A2, A3
    #[tokio::test]
    async fn agents_need_a_header_line_that_offers_protobuf_alone() {
        let protobuf = "Accept: application/octet-stream\r\n";
        let both = format!("{protobuf}Accept: application/json\r\n");
        let combined = "Accept: application/octet-stream, application/json\r\n";
        for (release, accepts, expected) in [
            (Release::V5_12, "", Encoding::Json),
            (Release::V5_12, combined, Encoding::Json),
            (Release::V5_12, both.as_str(), Encoding::Protobuf),
            (Release::V6_7_3, both.as_str(), Encoding::Protobuf),
            (Release::V5_11, both.as_str(), Encoding::Json),
        ] {
            let (_, encoding) = handshake(release, accepts).await;
            assert_eq!(encoding, expected, "{release:?} {accepts}");
        }
    }
}
