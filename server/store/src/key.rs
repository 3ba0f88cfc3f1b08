//! Keys: segments whose byte order, segment by segment, is the order of lists.

use std::borrow::Borrow;
use std::fmt::{Debug, Formatter};

/// The name of one object in the store: a room and the segments below it.
///
/// Stored as the segments, each followed by a NUL. No segment contains NUL, and NUL sorts before
/// everything else, so byte order of keys is (room, first segment, second segment, ...) order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<[u8]>);

/// The beginning of keys, in whole segments: a room, or a room and a namespace.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(Box<[u8]>);

/// A segment contains NUL or is empty, the whole is too long, or bytes are not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key")]
pub struct BadKey;

impl Key {
    /// No key is longer than this, the NUL after each segment included. PostgreSQL's index takes no
    /// more than 2,700 bytes; what one engine takes the other must take, or stores could not move.
    pub const MAX_BYTES: usize = 2_048;

    /// The key of an object.
    ///
    /// # Errors
    /// [`BadKey`] if a segment is empty or contains NUL, or all are longer than 2,048 bytes. Nothing can be stored under such a name,
    /// so a reader may treat it as "not found".
    pub fn new<'a>(
        room: &'a str,
        segments: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, BadKey> {
        join(room, segments).map(Self)
    }

    /// A key from its stored form.
    ///
    /// # Errors
    /// [`BadKey`] if the bytes are not the stored form of any key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadKey> {
        let (Some(0), false) = (bytes.last(), bytes.starts_with(&[0])) else { return Err(BadKey) };
        let text = std::str::from_utf8(bytes).map_err(|_| BadKey)?;
        if text.contains("\0\0") { Err(BadKey) } else { Ok(Self(bytes.into())) }
    }

    /// The stored form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first segment.
    #[must_use]
    pub fn collection(&self) -> &str {
        self.segments().next().unwrap_or_default()
    }

    /// All segments, the room first.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0
            .split(|byte| *byte == 0)
            .filter(|segment| !segment.is_empty())
            .map(|segment| std::str::from_utf8(segment).unwrap_or_default())
    }
}

// Lets ordered and hashed collections of keys be asked with stored forms. Sound because Key's
// order, equality and hash are those of its bytes.
impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl Prefix {
    /// All keys of a room below these segments.
    ///
    /// # Errors
    /// [`BadKey`] if a segment is empty or contains NUL, or all are longer than 2,048 bytes.
    pub fn new<'a>(
        room: &'a str,
        segments: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, BadKey> {
        join(room, segments).map(Self)
    }

    /// All keys of all rooms.
    #[must_use]
    pub fn all() -> Self {
        Self(Box::from([]))
    }

    /// The stored form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the key lies below this prefix.
    #[must_use]
    pub fn contains(&self, key: &Key) -> bool {
        key.0.starts_with(&self.0)
    }

    /// The first byte string after all keys below this prefix: NUL, the end of the last segment,
    /// counted up by one; or, after all there are, a byte that no text begins with.
    pub(crate) fn end(&self) -> Box<[u8]> {
        let mut end = self.0.clone();
        match end.last_mut() {
            Some(last) => *last = 1,
            None => end = Box::from([0xff]),
        }
        end
    }

    /// The first segment.
    #[must_use]
    pub fn collection(&self) -> &str {
        let room = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(room).unwrap_or_default()
    }
}

fn join<'a>(
    room: &'a str,
    segments: impl IntoIterator<Item = &'a str>,
) -> Result<Box<[u8]>, BadKey> {
    let mut bytes = Vec::with_capacity(64);
    for segment in std::iter::once(room).chain(segments) {
        if segment.is_empty() || segment.contains('\0') {
            return Err(BadKey);
        }
        bytes.extend_from_slice(segment.as_bytes());
        bytes.push(0);
    }
    if bytes.len() > Key::MAX_BYTES {
        return Err(BadKey);
    }
    Ok(bytes.into_boxed_slice())
}

impl Debug for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", String::from_utf8_lossy(&self.0).replace('\0', "/"))
    }
}

impl Debug for Prefix {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}*", String::from_utf8_lossy(&self.0).replace('\0', "/"))
    }
}
