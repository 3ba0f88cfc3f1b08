//! Protobuf encoding of the messages between agents and servers: package `sensu.core.v2`, and `EntityConfig` of core/v3.
//!
//! The field numbers are those of Sensu Go (reference, part 2.7). Unknown fields are skipped. All texts are declared as
//! `bytes`, which have the same encoding.

mod check;
mod convert;
mod entity;
mod event;
mod hook;
mod parts;
mod request;

use bytes::{Buf, Bytes};
use prost::{DecodeError, Message};
use sensu_types::event::Event;

use crate::message::{CheckRequest, EntityConfig};
use convert::Convert;

/// A type that can be encoded in protobuf.
pub trait Protobuf: Sized {
    /// Encodes a value.
    fn to_protobuf(self) -> Bytes;

    /// Decodes a value. Absent fields have the default value.
    ///
    /// # Errors
    /// If the bytes are not protobuf, or a field has another wire type.
    fn from_protobuf(bytes: impl Buf) -> Result<Self, DecodeError>;
}

macro_rules! protobuf {
    ($($type:ty => $message:ty;)*) => {
        $(impl Protobuf for $type {
            fn to_protobuf(self) -> Bytes {
                <$message as Convert<$type>>::encode(self).encode_to_vec().into()
            }

            fn from_protobuf(bytes: impl Buf) -> Result<Self, DecodeError> {
                <$message as Message>::decode(bytes).map(Convert::<$type>::decode)
            }
        })*
    };
}

protobuf! {
    Event => event::Event;
    CheckRequest => request::CheckRequest;
    EntityConfig => entity::EntityConfig;
}
