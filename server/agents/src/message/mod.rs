//! Messages between agents and servers: `TYPE`, a newline, and a payload in JSON or protobuf.
//!
//! A message is the content of one WebSocket message. The first newline separates type and payload; the payload can
//! contain further ones.

mod incoming;
mod outgoing;
mod types;

use std::fmt::{Display, Formatter};

use bytes::Bytes;

pub use incoming::{Incoming, InvalidMessage};
pub use outgoing::Message;
pub use types::{AssetList, CheckRequest, EntityConfig};

/// Type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// An agent is alive. The payload is an event with the entity of the agent.
    Keepalive,
    /// An event.
    Event,
    /// Request to execute a check.
    CheckRequest,
    /// Configuration of the agent's entity.
    EntityConfig,
}

impl MessageType {
    /// All types.
    pub const ALL: [Self; 4] =
        [Self::Keepalive, Self::Event, Self::CheckRequest, Self::EntityConfig];

    /// Name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keepalive => "keepalive",
            Self::Event => "event",
            Self::CheckRequest => "check_request",
            Self::EntityConfig => "entity_config",
        }
    }

    /// The type with this name on the wire.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().as_bytes() == name)
    }
}

impl Display for MessageType {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Encoding of the payloads of a session, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// JSON: all agents.
    Json,
    /// Protobuf: agents from 5.12.
    Protobuf,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 2] = [Self::Json, Self::Protobuf];

    /// Name for metrics and log messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Protobuf => "protobuf",
        }
    }

    /// Media type in the headers of the handshake.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/octet-stream",
        }
    }
}

/// Joins type and payload.
#[must_use]
pub fn frame(kind: MessageType, payload: &[u8]) -> Bytes {
    let name = kind.name().as_bytes();
    [name, b"\n", payload].concat().into()
}

/// Splits a message at its first newline into the name of its type and the payload. `None` without a newline.
#[must_use]
pub fn split(mut message: Bytes) -> Option<(Bytes, Bytes)> {
    let newline = message.iter().position(|byte| *byte == b'\n')?;
    let name = message.split_to(newline);
    Some((name, message.slice(1..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_newline_separates() {
        let split = |message: &'static str| split(Bytes::from_static(message.as_bytes()));
        assert_eq!(split("event\n{\n}\n"), Some(("event".into(), "{\n}\n".into())));
        assert_eq!(split("event\n"), Some(("event".into(), "".into())));
        assert_eq!(split("\n{}"), Some(("".into(), "{}".into())));
        assert_eq!(split("event"), None);
        assert_eq!(split(""), None);
        assert_eq!(&*frame(MessageType::Keepalive, b"{}"), b"keepalive\n{}");
    }

    #[test]
    fn types_are_found_by_their_exact_name() {
        for kind in MessageType::ALL {
            assert_eq!(MessageType::from_name(kind.name().as_bytes()), Some(kind));
        }
        assert_eq!(MessageType::from_name(b"Event"), None);
        assert_eq!(MessageType::from_name(b""), None);
    }
}
