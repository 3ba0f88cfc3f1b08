//! Messages that servers receive.

use bytes::Bytes;
use sensu_types::event::Event;

use super::{Encoding, MessageType, split};
use crate::protobuf::Protobuf as _;

/// A decoded message of an agent. Its content is not validated.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// A keepalive.
    Keepalive(Event),
    /// An event.
    Event(Event),
}

/// Reason why a message is ignored. The session continues.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessage {
    /// There is no newline between type and payload.
    #[error("message without a newline")]
    NoNewline,
    /// The type is none that agents send. At most the first 64 bytes.
    #[error("unknown message type {0:?}")]
    UnknownType(String),
    /// The decoding was aborted.
    #[error("the decoding was aborted")]
    Aborted,
    /// The payload cannot be decoded.
    #[error("{kind} in {} cannot be decoded: {reason}", .encoding.name())]
    Undecodable {
        /// Type of the message.
        kind: MessageType,
        /// Encoding of the session.
        encoding: Encoding,
        /// Message of the decoder.
        reason: String,
    },
}

/// Maximum length, in bytes, of an unknown type in error messages.
const SHOWN_TYPE: usize = 64;

impl Incoming {
    /// Decodes a message.
    ///
    /// # Errors
    /// [`InvalidMessage`].
    pub fn decode(encoding: Encoding, message: Bytes) -> Result<Self, InvalidMessage> {
        let (name, payload) = split(message).ok_or(InvalidMessage::NoNewline)?;
        match MessageType::from_name(&name) {
            Some(MessageType::Keepalive) => {
                decode(MessageType::Keepalive, encoding, payload).map(Self::Keepalive)
            }
            Some(MessageType::Event) => {
                decode(MessageType::Event, encoding, payload).map(Self::Event)
            }
            Some(MessageType::CheckRequest | MessageType::EntityConfig) | None => {
                let shown = name.get(..SHOWN_TYPE).unwrap_or(&name);
                Err(InvalidMessage::UnknownType(String::from_utf8_lossy(shown).into_owned()))
            }
        }
    }

    /// Type of the message.
    #[must_use]
    pub fn kind(&self) -> MessageType {
        match self {
            Self::Keepalive(_) => MessageType::Keepalive,
            Self::Event(_) => MessageType::Event,
        }
    }
}

fn decode(kind: MessageType, encoding: Encoding, payload: Bytes) -> Result<Event, InvalidMessage> {
    let failed = |reason| InvalidMessage::Undecodable { kind, encoding, reason };
    if payload.is_empty() {
        return Err(failed("the payload is empty".to_owned()));
    }
    match encoding {
        Encoding::Json => sensu_decode::from_slice(&payload)
            .map(|decoded| decoded.value)
            .map_err(|error| failed(error.to_string())),
        Encoding::Protobuf => {
            Event::from_protobuf(payload).map_err(|error| failed(error.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Message, frame};

    fn json(message: &'static [u8]) -> Result<Incoming, InvalidMessage> {
        Incoming::decode(Encoding::Json, Bytes::from_static(message))
    }

    #[test]
    fn events_and_keepalives_are_decoded_in_both_encodings() {
        let event = Event::with_status("web", "cpu", 4_294_967_295);
        for encoding in Encoding::ALL {
            let bytes = Message::event(event.clone()).encoded(encoding).unwrap();
            assert_eq!(Incoming::decode(encoding, bytes), Ok(Incoming::Event(event.clone())));
            let bytes = Message::keepalive(event.clone()).encoded(encoding).unwrap();
            assert_eq!(Incoming::decode(encoding, bytes), Ok(Incoming::Keepalive(event.clone())));
        }
    }

    #[test]
    fn json_is_decoded_as_go_does() {
        let Ok(Incoming::Event(event)) = json(b"event\n{\"CHECK\":null,\"ID\":\"x\\ud800\"} junk")
        else {
            panic!("not decoded")
        };
        assert_eq!((event.check, &*event.id), (None, "x\u{fffd}"));
    }

    #[test]
    fn messages_that_cannot_be_decoded_have_a_reason() {
        assert_eq!(json(b"keepalive"), Err(InvalidMessage::NoNewline));
        assert_eq!(json(b"foo\n{}"), Err(InvalidMessage::UnknownType("foo".into())));
        assert_eq!(
            json(b"check_request\n{}"),
            Err(InvalidMessage::UnknownType("check_request".into()))
        );
        for payload in [&b"event\n{"[..], b"event\n", b"event\n[]", b"event\n{\"check\":1}"] {
            assert!(matches!(json(payload), Err(InvalidMessage::Undecodable { .. })));
        }
        let bytes = frame(MessageType::Event, &[0x12, 0xff, 0x01]);
        let error = Incoming::decode(Encoding::Protobuf, bytes).unwrap_err().to_string();
        assert!(error.starts_with("event in protobuf cannot be decoded: "), "{error}");
        let long = Bytes::from([&[b'x'; 1000][..], b"\n"].concat());
        let error = Incoming::decode(Encoding::Json, long).unwrap_err();
        assert_eq!(error, InvalidMessage::UnknownType("x".repeat(64)));
    }
}
