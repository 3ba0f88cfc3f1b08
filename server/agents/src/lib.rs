//! WebSocket transport for Sensu agents.
pub mod message;
pub mod protobuf;
