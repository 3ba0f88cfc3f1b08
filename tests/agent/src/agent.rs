//! A connected agent: sends and receives messages and frames.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use sensu_agents::message::{
    CheckRequest, Encoding, EntityConfig, Message, MessageType, frame, split,
};
use sensu_agents::protobuf::Protobuf;
use sensu_types::event::{Check, Event};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as RawFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use crate::connect::connect;
use crate::stream::Stream;
use crate::{AgentOptions, ConnectError, Frame, HandshakeResponse};

/// Size of the read buffer, in bytes, so that thousands of agents need little memory.
const READ_BUFFER: usize = 4 * 1024;

/// Maximum size of the payload of a frame, in bytes: the write buffer of agents.
const FRAME: usize = 4 * 1024;

/// A connected agent. Dropping it ends the connection without a close frame.
pub struct Agent {
    pub(crate) options: Arc<AgentOptions>,
    pub(crate) socket: WebSocketStream<Stream>,
    pub(crate) encoding: Encoding,
    pub(crate) response: HandshakeResponse,
}

/// What an agent receives, apart from pings and pongs.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// A check request.
    CheckRequest(Box<CheckRequest>),
    /// The configuration of the entity.
    EntityConfig(Box<EntityConfig>),
    /// A close frame. Code 1005 if it was empty.
    Closed {
        /// Close code.
        code: u16,
        /// Reason.
        reason: String,
    },
    /// The connection ended without a close frame.
    Lost,
}

impl Agent {
    /// Connects to the server.
    ///
    /// # Errors
    /// [`ConnectError::Rejected`] if the server responds with another status than 101.
    pub async fn connect(options: impl Into<Arc<AgentOptions>>) -> Result<Self, ConnectError> {
        let options = options.into();
        let connected = connect(&options).await?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(None)
            .max_frame_size(None);
        let (stream, buffered) = (connected.stream, connected.buffered);
        let socket =
            WebSocketStream::from_partially_read(stream, buffered, Role::Client, Some(config));
        let (response, encoding) = (connected.response, connected.encoding);
        Ok(Self { options, socket: socket.await, encoding, response })
    }

    /// Settings of the agent.
    #[must_use]
    pub fn options(&self) -> &AgentOptions {
        &self.options
    }

    /// Encoding of the session.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Response of the handshake.
    #[must_use]
    pub fn response(&self) -> &HandshakeResponse {
        &self.response
    }

    /// Sends a keepalive.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn send_keepalive(&mut self) -> anyhow::Result<()> {
        let keepalive = self.options.keepalive(self.options.entity());
        self.send(&Message::keepalive(keepalive)).await
    }

    /// Sends an event of the agent's entity.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn send_check(&mut self, check: Check) -> anyhow::Result<()> {
        let event = self.options.event(self.options.entity(), check);
        self.send_event(event).await
    }

    /// Sends an event as it is.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn send_event(&mut self, event: Event) -> anyhow::Result<()> {
        self.send(&Message::event(event)).await
    }

    /// Sends a message in the encoding of the session, in frames of at most 4 KiB as agents do.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn send(&mut self, message: &Message) -> anyhow::Result<()> {
        let mut rest = message.encoded(self.encoding).context("the message cannot be encoded")?;
        let mut data = Data::Binary;
        loop {
            let part = rest.split_to(rest.len().min(FRAME));
            let frame = RawFrame::message(part, OpCode::Data(data), rest.is_empty());
            self.socket.feed(Frame::Frame(frame)).await?;
            if rest.is_empty() {
                return Ok(self.socket.flush().await?);
            }
            data = Data::Continue;
        }
    }

    /// Sends a message with a payload that is already encoded.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn send_payload(&mut self, kind: MessageType, payload: &[u8]) -> anyhow::Result<()> {
        self.send_frame(Frame::Binary(frame(kind, payload))).await
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn send_frame(&mut self, frame: Frame) -> anyhow::Result<()> {
        Ok(self.socket.send(frame).await?)
    }

    /// Sends bytes without a frame around them.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let stream = self.socket.get_mut();
        stream.write_all(bytes).await?;
        Ok(stream.flush().await?)
    }

    /// Receives a message, answering pings meanwhile. After a close frame, receives the end of the connection.
    ///
    /// # Errors
    /// If nothing arrives in time, or the message cannot be decoded.
    pub async fn receive(&mut self, limit: Duration) -> anyhow::Result<Received> {
        let receiving = async {
            loop {
                let frame = self.socket.next().await;
                if let Some(received) = self.decode(frame)? {
                    return Ok(received);
                }
            }
        };
        timeout(limit, receiving).await.map_err(|_| anyhow!("nothing arrived in {limit:?}"))?
    }

    /// Receives a frame of any type, answering pings meanwhile. `None` at the end of the connection.
    ///
    /// # Errors
    /// If nothing arrives in time, or the connection fails.
    pub async fn next_frame(&mut self, limit: Duration) -> anyhow::Result<Option<Frame>> {
        let next = timeout(limit, self.socket.next()).await;
        Ok(next.map_err(|_| anyhow!("no frame arrived in {limit:?}"))?.transpose()?)
    }

    /// Sends a close frame, and waits for the end of the connection.
    ///
    /// # Errors
    /// If the server does not end the connection in time.
    pub async fn close(mut self, code: u16, reason: &str, limit: Duration) -> anyhow::Result<()> {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        self.send_frame(Frame::Close(Some(frame))).await?;
        let ended = async { while let Some(Ok(_)) = self.socket.next().await {} };
        timeout(limit, ended).await.context("the server did not end the connection")
    }

    /// The meaning of a frame. `None` for pings and pongs.
    pub(crate) fn decode(
        &self,
        frame: Option<Result<Frame, Error>>,
    ) -> anyhow::Result<Option<Received>> {
        match frame {
            Some(Ok(Frame::Binary(data))) => decode(self.encoding, data).map(Some),
            Some(Ok(Frame::Text(text))) => decode(self.encoding, text.into()).map(Some),
            Some(Ok(Frame::Close(frame))) => {
                let (code, reason) = frame.map_or((1005, String::new()), |frame| {
                    (frame.code.into(), frame.reason.as_str().to_owned())
                });
                Ok(Some(Received::Closed { code, reason }))
            }
            Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_))) => Ok(None),
            Some(Err(_)) | None => Ok(Some(Received::Lost)),
        }
    }
}

fn decode(encoding: Encoding, data: Bytes) -> anyhow::Result<Received> {
    let (name, payload) = split(data).context("message without a newline")?;
    match MessageType::from_name(&name) {
        Some(MessageType::CheckRequest) => {
            payload_of(encoding, &payload).map(|request| Received::CheckRequest(Box::new(request)))
        }
        Some(MessageType::EntityConfig) => {
            payload_of(encoding, &payload).map(|config| Received::EntityConfig(Box::new(config)))
        }
        _ => Err(anyhow!("unexpected message type {:?}", String::from_utf8_lossy(&name))),
    }
}

fn payload_of<T: Protobuf + serde::de::DeserializeOwned>(
    encoding: Encoding,
    payload: &[u8],
) -> anyhow::Result<T> {
    match encoding {
        Encoding::Json => Ok(serde_json::from_slice(payload)?),
        Encoding::Protobuf => Ok(T::from_protobuf(payload)?),
    }
}
