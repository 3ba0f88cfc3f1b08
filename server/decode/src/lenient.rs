//! A deserializer that matches field names in any case, treats `null` as absent, and records the paths
//! of unknown fields.

use std::cell::RefCell;
use std::fmt::{Display, Formatter};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IntoDeserializer as _, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value};

use super::tree;

pub(super) struct Lenient<'a> {
    value: Value,
    path: Path<'a>,
    unknown: &'a RefCell<Vec<String>>,
}

/// The position of a value. Written out only for unknown fields: a key has any length, and copying it
/// for each value below it would take time in the square of the body's size.
#[derive(Clone, Copy)]
enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, key) => f.write_str(key),
            Self::Field(above, key) => write!(f, "{above}.{key}"),
            Self::Item(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

impl<'a> Lenient<'a> {
    pub(super) fn new(value: Value, unknown: &'a RefCell<Vec<String>>) -> Self {
        Self { value, path: Path::Root, unknown }
    }

    /// The entries of an object that are not `null`, with the exact names of their fields.
    fn known_fields(&self, map: Map<String, Value>, fields: &[&str]) -> Map<String, Value> {
        let mut found = Map::new();
        for (key, value) in map {
            if value.is_null() {
                continue;
            }
            let exact = fields.iter().find(|field| **field == key);
            match exact.or_else(|| fields.iter().find(|field| field.eq_ignore_ascii_case(&key))) {
                Some(field) => tree::set_or_merge(&mut found, (*field).to_owned(), value),
                None => {
                    let path = Path::Field(&self.path, &key);
                    self.unknown.borrow_mut().push(path.to_string());
                }
            }
        }
        found
    }
}

/// Scalar values are deserialized by `serde_json`.
macro_rules! as_json {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.value.$method(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Lenient<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Object(map) => visitor.visit_map(Entries::new(map, self.path, self.unknown)),
            Value::Array(items) => {
                let (path, unknown) = (self.path, self.unknown);
                visitor.visit_seq(Items { items: items.into_iter(), next: 0, path, unknown })
            }
            value => value.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &mut self.value {
            Value::Object(map) => {
                let map = std::mem::take(map);
                let found = self.known_fields(map, fields);
                visitor.visit_map(Entries::new(found, self.path, self.unknown))
            }
            // serde accepts an array as the fields in order; Sensu Go does not.
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value.deserialize_enum(name, variants, visitor)
    }

    /// `null` is an empty list.
    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() {
            self.value = Value::Array(Vec::new());
        }
        self.deserialize_any(visitor)
    }

    /// `null` is an empty map.
    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() {
            self.value = Value::Object(Map::new());
        }
        self.deserialize_any(visitor)
    }

    as_json! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string
    }

    forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Entries<'a> {
    entries: serde_json::map::IntoIter,
    value: Option<(String, Value)>,
    path: Path<'a>,
    unknown: &'a RefCell<Vec<String>>,
}

impl<'a> Entries<'a> {
    fn new(map: Map<String, Value>, path: Path<'a>, unknown: &'a RefCell<Vec<String>>) -> Self {
        Self { entries: map.into_iter(), value: None, path, unknown }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        let read = seed.deserialize(key.as_str().into_deserializer())?;
        self.value = Some((key, value));
        Ok(Some(read))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (key, value) = self.value.take().unwrap_or_default();
        let path = Path::Field(&self.path, &key);
        seed.deserialize(Lenient { value, path, unknown: self.unknown })
    }
}

struct Items<'a> {
    items: std::vec::IntoIter<Value>,
    next: usize,
    path: Path<'a>,
    unknown: &'a RefCell<Vec<String>>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(value) = self.items.next() else { return Ok(None) };
        let path = Path::Item(&self.path, self.next);
        self.next += 1;
        let item = Lenient { value, path, unknown: self.unknown };
        seed.deserialize(item).map(Some)
    }
}
