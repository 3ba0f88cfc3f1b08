//! The interface between the transport and the server.

use async_trait::async_trait;
use http::StatusCode;
use sensu_types::event::Event;

use crate::handshake::Hello;
use crate::message::InvalidMessage;
use crate::session::Sender;

/// What the server does for agents.
///
/// For each connection the transport calls `connect`. For each session that `connect` returns, it calls `keepalive`,
/// `event` and `invalid` in the order of the messages, one call at a time, and finally `disconnected` exactly once,
/// also if the connection ends before the response of the handshake is written, or a method panics.
///
/// While a call for a session runs, at most four further messages of the session are read; then TCP slows the agent
/// down. Calls are never cancelled, except at shutdown after [`Settings::shutdown_timeout`](crate::Settings).
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// What the server stores for a session.
    type Session: Send + Sync + 'static;

    /// Authenticates and authorizes an agent, and registers its session.
    ///
    /// Messages that are sent to `outbox` during the call are the first that the agent receives. The call continues if
    /// the client closes the connection or [`Settings::handshake_timeout`](crate::Settings) passes.
    ///
    /// # Errors
    /// [`Rejection`], which is the response of the handshake.
    async fn connect(&self, hello: &Hello, outbox: Sender) -> Result<Self::Session, Rejection>;

    /// Processes a keepalive. The event is not validated.
    async fn keepalive(&self, session: &Self::Session, event: Event);

    /// Processes an event. The event is not validated.
    async fn event(&self, session: &Self::Session, event: Event);

    /// Reports a message that is ignored. It is counted already; logs are limited by the server.
    async fn invalid(&self, session: &Self::Session, reason: InvalidMessage);

    /// Removes a session. Nothing can be sent to it anymore.
    async fn disconnected(&self, session: Self::Session, reason: Closed);

    /// Whether agents can connect now: the response of `GET /ready`.
    async fn is_ready(&self) -> bool {
        true
    }
}

/// Response that rejects a handshake: a status, and a JSON body with message and code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Status of the response: 4xx or 5xx.
    pub status: StatusCode,
    /// Message for the log of the agent.
    pub message: String,
}

impl Rejection {
    /// A rejection with a status and a message.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// 401: wrong password, unknown or disabled user.
    #[must_use]
    pub fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "bad credentials")
    }

    /// 403: the user cannot create events for this agent.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "request unauthorized")
    }

    /// 404: the namespace does not exist.
    #[must_use]
    pub fn namespace_not_found(namespace: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("namespace {namespace:?} not found"))
    }

    /// 503: the server cannot accept agents now.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// Sensu's numeric code for the status.
    pub(crate) fn code(&self) -> u32 {
        match self.status {
            StatusCode::UNAUTHORIZED => 5,
            StatusCode::FORBIDDEN => 4,
            StatusCode::NOT_FOUND => 2,
            status => u32::from(status.is_client_error()),
        }
    }
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The agent sent a close frame. Code 1005 and an empty reason if it was empty.
    ByAgent {
        /// Close code.
        code: u16,
        /// Reason.
        reason: String,
    },
    /// The server called [`Sender::close`].
    ByServer {
        /// Close code.
        code: u16,
        /// Reason.
        reason: String,
    },
    /// The server is shutting down: close code 1001.
    Shutdown,
    /// The agent violated the WebSocket protocol: close code 1002, or 1007 for a text that is not UTF-8.
    Malformed(String),
    /// A message exceeded [`Settings::message_size`](crate::Settings): close code 1009.
    TooLarge,
    /// The agent did not read within [`Settings::write_timeout`](crate::Settings).
    WriteTimeout,
    /// Nothing was received within [`Settings::idle_timeout`](crate::Settings): close code 1001.
    Idle,
    /// The connection ended without a close frame.
    Lost,
    /// The connection ended before the handshake was complete.
    Handshake,
    /// The session was aborted: a method of the service panicked, or the time limit of the shutdown passed.
    Aborted,
}

impl Closed {
    /// Name of the reason for metrics, without codes and texts.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ByAgent { .. } => "by_agent",
            Self::ByServer { .. } => "by_server",
            Self::Shutdown => "shutdown",
            Self::Malformed(_) => "malformed",
            Self::TooLarge => "too_large",
            Self::WriteTimeout => "write_timeout",
            Self::Idle => "idle",
            Self::Lost => "lost",
            Self::Handshake => "handshake",
            Self::Aborted => "aborted",
        }
    }
}
