//! Keys and prefixes of the store. Their byte order is the order of lists.

use std::borrow::Borrow;
use std::fmt::{Debug, Formatter};

/// The name of an entry: a collection and the segments below it.
///
/// Encoded as the segments, each followed by NUL. Segments contain no NUL, and NUL sorts before all
/// other bytes, so the byte order of keys is the order of (collection, first segment, second
/// segment, ...).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<[u8]>);

/// The first segments of keys: a collection, or a collection and a namespace.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(Box<[u8]>);

/// An invalid key or prefix: a segment is empty or contains NUL, the encoding is longer than
/// [`Key::MAX_BYTES`], or bytes are not an encoded key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid key")]
pub struct BadKey;

impl Key {
    /// Maximum length of an encoded key in bytes, including the NUL after each segment.
    ///
    /// PostgreSQL indexes take at most 2,700 bytes. The limit is the same for every engine, so that
    /// stores can be moved between engines.
    pub const MAX_BYTES: usize = 2_048;

    /// Creates the key of an entry.
    ///
    /// # Errors
    /// [`BadKey`] if a segment is empty or contains NUL, or the encoding is longer than
    /// [`Key::MAX_BYTES`]. Nothing can be stored under such a name, so a reader may treat the error
    /// as "not found".
    pub fn new<'a>(
        collection: &'a str,
        segments: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    ) -> Result<Self, BadKey> {
        join(collection, segments).map(Self)
    }

    /// Decodes an encoded key.
    ///
    /// # Errors
    /// [`BadKey`] if the bytes are not an encoded key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadKey> {
        let (Some(0), false) = (bytes.last(), bytes.starts_with(&[0])) else { return Err(BadKey) };
        let text = std::str::from_utf8(bytes).map_err(|_| BadKey)?;
        if text.contains("\0\0") { Err(BadKey) } else { Ok(Self(bytes.into())) }
    }

    /// A position among the keys below a prefix, for [`Scan::after`](crate::Scan::after): what
    /// [`below`](Self::below) returned for a key, or any other bytes.
    #[must_use]
    pub fn position(prefix: &Prefix, below: &[u8]) -> Self {
        Self([prefix.as_bytes(), below].concat().into())
    }

    /// The part of the encoded key after a prefix.
    #[must_use]
    pub fn below(&self, prefix: &Prefix) -> &[u8] {
        self.0.strip_prefix(prefix.as_bytes()).unwrap_or_default()
    }

    /// The encoded key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first segment.
    #[must_use]
    pub fn collection(&self) -> &str {
        self.segments().next().unwrap_or_default()
    }

    /// All segments, starting with the collection.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0
            .split(|byte| *byte == 0)
            .filter(|segment| !segment.is_empty())
            .map(|segment| std::str::from_utf8(segment).unwrap_or_default())
    }
}

// Allows lookups by encoded key in ordered and hashed collections. Sound because the order, the
// equality and the hash of a key are those of its bytes.
impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl Prefix {
    /// The prefix of all keys of a collection below these segments.
    ///
    /// # Errors
    /// [`BadKey`] under the same conditions as [`Key::new`].
    pub fn new<'a>(
        collection: &'a str,
        segments: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    ) -> Result<Self, BadKey> {
        join(collection, segments).map(Self)
    }

    /// The prefix of all keys of all collections.
    #[must_use]
    pub fn all() -> Self {
        Self(Box::from([]))
    }

    /// The encoded prefix.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the key is below this prefix.
    #[must_use]
    pub fn contains(&self, key: &Key) -> bool {
        key.0.starts_with(&self.0)
    }

    /// The first byte string after all keys below this prefix: its last byte, NUL, incremented by
    /// one. For [`Prefix::all`], a byte with which no UTF-8 text starts.
    pub(crate) fn end(&self) -> Box<[u8]> {
        let mut end = self.0.clone();
        match end.last_mut() {
            Some(last) => *last = 1,
            None => end = Box::from([0xff]),
        }
        end
    }

    /// The first segment; empty for [`Prefix::all`].
    #[must_use]
    pub fn collection(&self) -> &str {
        let first = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(first).unwrap_or_default()
    }
}

fn join<'a>(
    collection: &'a str,
    segments: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Result<Box<[u8]>, BadKey> {
    let segments = std::iter::once(collection).chain(segments);
    let mut bytes = Vec::with_capacity(segments.clone().map(|segment| segment.len() + 1).sum());
    for segment in segments {
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
