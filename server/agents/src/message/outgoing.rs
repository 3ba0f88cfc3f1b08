//! Messages to send, encoded at most once per encoding.

use std::sync::OnceLock;

use bytes::Bytes;
use sensu_types::event::Event;
use serde::Serialize;

use super::{CheckRequest, Encoding, EntityConfig, MessageType, frame};
use crate::protobuf::Protobuf;

/// A message to send. In an `Arc`, it can be sent to any number of sessions, and is encoded when the first session
/// with an encoding sends it.
#[derive(Debug)]
pub struct Message {
    payload: Payload,
    json: OnceLock<Option<Bytes>>,
    protobuf: OnceLock<Bytes>,
}

/// What a message contains.
#[derive(Clone, Debug, PartialEq)]
enum Payload {
    Keepalive(Event),
    Event(Event),
    CheckRequest(CheckRequest),
    EntityConfig(EntityConfig),
}

impl Message {
    /// A keepalive, which agents send.
    #[must_use]
    pub fn keepalive(event: Event) -> Self {
        Self::new(Payload::Keepalive(event))
    }

    /// An event, which agents send.
    #[must_use]
    pub fn event(event: Event) -> Self {
        Self::new(Payload::Event(event))
    }

    /// A check request, which servers send.
    #[must_use]
    pub fn check_request(request: CheckRequest) -> Self {
        Self::new(Payload::CheckRequest(request))
    }

    /// The configuration of an agent's entity, which servers send.
    #[must_use]
    pub fn entity_config(config: EntityConfig) -> Self {
        Self::new(Payload::EntityConfig(config))
    }

    fn new(payload: Payload) -> Self {
        Self { payload, json: OnceLock::new(), protobuf: OnceLock::new() }
    }

    /// Type of the message.
    #[must_use]
    pub fn kind(&self) -> MessageType {
        match self.payload {
            Payload::Keepalive(_) => MessageType::Keepalive,
            Payload::Event(_) => MessageType::Event,
            Payload::CheckRequest(_) => MessageType::CheckRequest,
            Payload::EntityConfig(_) => MessageType::EntityConfig,
        }
    }

    /// Type, newline and encoded payload. `None` if the payload cannot be encoded in JSON.
    #[must_use]
    pub fn encoded(&self, encoding: Encoding) -> Option<Bytes> {
        match encoding {
            Encoding::Json => self.json.get_or_init(|| self.encode_json()).clone(),
            Encoding::Protobuf => {
                Some(self.protobuf.get_or_init(|| self.encode_protobuf()).clone())
            }
        }
    }

    fn encode_json(&self) -> Option<Bytes> {
        match &self.payload {
            Payload::Keepalive(event) | Payload::Event(event) => self.json(event),
            Payload::CheckRequest(request) => self.json(request),
            Payload::EntityConfig(config) => self.json(config),
        }
    }

    fn json(&self, value: &impl Serialize) -> Option<Bytes> {
        let mut bytes = frame(self.kind(), b"").to_vec();
        serde_json::to_writer(&mut bytes, value).ok()?;
        Some(bytes.into())
    }

    fn encode_protobuf(&self) -> Bytes {
        let payload = match self.payload.clone() {
            Payload::Keepalive(event) | Payload::Event(event) => event.to_protobuf(),
            Payload::CheckRequest(request) => request.to_protobuf(),
            Payload::EntityConfig(config) => config.to_protobuf(),
        };
        frame(self.kind(), &payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_encoded_once_per_encoding() {
        let message = Message::check_request(CheckRequest::default());
        for encoding in Encoding::ALL {
            let (a, b) = (message.encoded(encoding).unwrap(), message.encoded(encoding).unwrap());
            assert_eq!(a.as_ptr(), b.as_ptr());
            assert!(a.starts_with(b"check_request\n"));
        }
    }

    #[test]
    fn the_configuration_of_an_unknown_entity_has_metadata() {
        let message = Message::entity_config(EntityConfig::not_found("default"));
        let text = message.encoded(Encoding::Json).unwrap();
        assert_eq!(
            &*text,
            br#"entity_config
{"metadata":{"name":"not found","namespace":"default"},"entity_class":"","subscriptions":[],"deregister":false,"deregistration":{}}"#
        );
        assert_eq!(
            &*message.encoded(Encoding::Protobuf).unwrap(),
            b"entity_config\n\x0a\x14\x0a\x09not found\x12\x07default\x32\x00"
        );
    }

    #[test]
    fn a_check_request_has_the_names_of_sensu_go() {
        let request = CheckRequest {
            issued: 7,
            hook_assets: [("h".to_owned(), Default::default())].into(),
            secrets: vec!["A=b".to_owned()],
            ..Default::default()
        };
        let text = Message::check_request(request).encoded(Encoding::Json).unwrap();
        let text = std::str::from_utf8(&text).unwrap();
        assert!(text.starts_with("check_request\n{\"config\":{\"handlers\":[],"), "{text}");
        let end = r#""assets":[],"hooks":[],"issued":7,"hook_assets":{"h":{"assets":[]}},"secrets":["A=b"]}"#;
        assert!(text.ends_with(end), "{text}");
    }
}
