//! Conversion between the fields of protobuf messages and those of `sensu-types`, and the macro that declares messages.

use std::collections::BTreeMap;

use bytes::Bytes;

/// Conversion in both directions between a protobuf field and a field of type `T`.
pub(super) trait Convert<T>: Sized {
    /// Protobuf field with this value.
    fn encode(value: T) -> Self;
    /// Value of this protobuf field.
    fn decode(self) -> T;
}

/// Implements [`Convert`] for fields that have the same type on both sides.
macro_rules! identical {
    ($($type:ty)*) => {
        $(impl Convert<$type> for $type {
            fn encode(value: $type) -> Self {
                value
            }

            fn decode(self) -> $type {
                self
            }
        })*
    };
}

identical! { bool i32 i64 u32 f64 Option<bool> }

/// Texts are `bytes`: Go does not verify that they are UTF-8, and the output of a command can contain anything. Invalid
/// sequences become U+FFFD, as in JSON.
impl Convert<String> for Vec<u8> {
    fn encode(value: String) -> Self {
        value.into_bytes()
    }

    fn decode(self) -> String {
        String::from_utf8(self)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// Identifiers: 16 bytes in protobuf, a UUID in text form otherwise. Anything else is treated as absent.
impl Convert<String> for Bytes {
    fn encode(value: String) -> Self {
        let parsed = uuid::Uuid::try_parse(&value);
        parsed.map_or_else(|_| Self::new(), |id| Self::copy_from_slice(id.as_bytes()))
    }

    fn decode(self) -> String {
        uuid::Uuid::from_slice(&self).map_or_else(|_| String::new(), |id| id.to_string())
    }
}

impl<T, W: Convert<T>> Convert<Vec<T>> for Vec<W> {
    fn encode(value: Vec<T>) -> Self {
        value.into_iter().map(W::encode).collect()
    }

    fn decode(self) -> Vec<T> {
        self.into_iter().map(W::decode).collect()
    }
}

/// An entry of a map from text to text.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TextEntry {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

impl Convert<BTreeMap<String, String>> for Vec<TextEntry> {
    fn encode(value: BTreeMap<String, String>) -> Self {
        let entry = |(key, value)| TextEntry { key: Vec::encode(key), value: Vec::encode(value) };
        value.into_iter().map(entry).collect()
    }

    fn decode(self) -> BTreeMap<String, String> {
        self.into_iter().map(|TextEntry { key, value }| (key.decode(), value.decode())).collect()
    }
}

/// Declares a protobuf message for a type of `sensu-types`, with fields of the same names, and its conversions.
///
/// Both conversions name every field: a field that is added to the type does not compile until it is declared here.
/// `Option<Message>` is the conversion of an optional field, and of a field that the type always has: Sensu always
/// writes the latter, and an absent one has the default value.
macro_rules! message {
    ($name:ident for $type:path { $($(#[$attribute:meta])* $field:ident: $wire:ty,)* }) => {
        #[derive(Clone, PartialEq, prost::Message)]
        pub(super) struct $name {
            $($(#[$attribute])* $field: $wire,)*
        }

        impl $crate::protobuf::convert::Convert<$type> for $name {
            fn encode(value: $type) -> Self {
                use $type as Type;
                let Type { $($field,)* } = value;
                Self { $($field: $crate::protobuf::convert::Convert::encode($field),)* }
            }

            fn decode(self) -> $type {
                use $type as Type;
                let Self { $($field,)* } = self;
                Type { $($field: $crate::protobuf::convert::Convert::decode($field),)* }
            }
        }

        impl $crate::protobuf::convert::Convert<Option<$type>> for Option<$name> {
            fn encode(value: Option<$type>) -> Self {
                value.map($crate::protobuf::convert::Convert::encode)
            }

            fn decode(self) -> Option<$type> {
                self.map($crate::protobuf::convert::Convert::decode)
            }
        }

        impl $crate::protobuf::convert::Convert<$type> for Option<$name> {
            fn encode(value: $type) -> Self {
                Some($crate::protobuf::convert::Convert::encode(value))
            }

            fn decode(self) -> $type {
                self.unwrap_or_default().decode()
            }
        }
    };
}

pub(super) use message;
