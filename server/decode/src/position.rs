//! Finds the position of a value in a text. Used only after an error.

use std::borrow::Cow;

use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};

/// Line and column, both from 1, of the value at a path.
pub(super) fn of_path(text: &str, path: &Path) -> Option<(usize, usize)> {
    let mut here: &str = text.trim_start();
    for step in path {
        let mut reader = serde_json::Deserializer::from_str(here);
        let inside: &RawValue = reader.deserialize_any(Step(step)).ok()??;
        here = inside.get();
    }
    // serde_json's raw values borrow, so `here` is a slice of `text`.
    let offset = (here.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let before = text.get(..offset)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next()?.chars().count() + 1;
    Some((line, column))
}

/// The path as a JSON pointer (RFC 6901).
pub(super) fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    pointer
}

/// Visitor that returns the value at one step of a path.
struct Step<'a>(&'a Segment);

impl<'de> Visitor<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some((key, value)) = entries.next_entry::<String, &'de RawValue>()? {
            if matches!(self.0, Segment::Map { key: expected } if expected.eq_ignore_ascii_case(&key))
            {
                found = Some(value);
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let (mut found, mut index) = (None, 0);
        while let Some(value) = items.next_element::<&'de RawValue>()? {
            if matches!(self.0, Segment::Seq { index: expected } if *expected == index) {
                found = Some(value);
            }
            index += 1;
        }
        Ok(found)
    }
}

/// Replaces every escape of half a surrogate pair by `\ufffd`. The length stays the same, and with it
/// every position.
pub(super) fn without_lone_surrogates(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return text;
    }
    let mut bytes = text.into_owned().into_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte != b'\\' {
            at += 1;
            continue;
        }
        match (surrogate(&bytes, at), surrogate(&bytes, at + 6)) {
            (Some(Half::High), Some(Half::Low)) => at += 12,
            (Some(_), _) => {
                if let Some(escape) = bytes.get_mut(at..at + 6) {
                    escape.copy_from_slice(b"\\ufffd");
                }
                at += 6;
            }
            // Any other escape. The second of two backslashes does not begin another one.
            (None, _) => at += 2,
        }
    }
    // ASCII was replaced by ASCII, so the bytes are still UTF-8.
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

enum Half {
    High,
    Low,
}

fn surrogate(bytes: &[u8], at: usize) -> Option<Half> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    match u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}
