//! Values of the store: how resources are encoded, decoded and rendered.

use bytes::Bytes;
use sensu_store::{Entry, Key, Operation, Prefix, Scan, Store};
use sensu_types::redaction::RedactedKeys;
use sensu_types::{Resource, Selection};

use crate::error::Error;
use crate::limits::cooperative::YieldBudget;

/// Flag of a value that differs from what responses show (D25): it is parsed and redacted on every
/// read. Values without it are copied to the response as they are.
const REDACT_ON_READ: u32 = 1;

/// Entries per scan when all objects of a kind are read.
const BATCH: usize = 500;

/// An object in its two forms: as stored, and as responses show it.
pub(crate) struct Encoded {
    stored: Bytes,
    rendered: Bytes,
    flags: u32,
    expires_at: Option<i64>,
}

impl Encoded {
    /// Encodes an object.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if a list with this object alone exceeds `max_bytes` (D12).
    pub(crate) fn new<T: Resource>(value: &T, max_bytes: usize) -> Result<Self, Error> {
        Self::with_keys(value, None, max_bytes)
    }

    /// As [`Self::new`], for an object that also hides `keys` (see [`Resource::redacted_with`]).
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(crate) fn with_keys<T: Resource>(
        value: &T,
        keys: Option<&RedactedKeys>,
        max_bytes: usize,
    ) -> Result<Self, Error> {
        let stored = Bytes::from(encode(value)?);
        let (flags, rendered) = match redacted(value, keys) {
            Some(redacted) => (REDACT_ON_READ, Bytes::from(encode(&redacted)?)),
            None => (0, stored.clone()),
        };
        // Two bytes for the brackets of the list.
        if rendered.len().saturating_add(2) > max_bytes {
            let (noun, size) = (T::NOUN, rendered.len());
            let why = format!(
                "the {noun} takes {size} bytes, more than an answer may hold ({max_bytes}); make it smaller"
            );
            return Err(Error::TooLarge(why));
        }
        Ok(Self { stored, rendered, flags, expires_at: value.expires_at() })
    }

    /// The object as responses show it, JSON.
    pub(crate) fn rendered(&self) -> Bytes {
        self.rendered.clone()
    }

    /// The operation that stores the object.
    pub(crate) fn put(self, key: Key) -> Operation {
        let Self { stored, flags, expires_at, .. } = self;
        Operation::Put { key, value: stored, flags, expires_at }
    }
}

/// The stored object.
///
/// # Errors
/// [`Error::Internal`] if the value is not an object of the kind.
pub(crate) fn parse<T: Resource>(entry: &Entry) -> Result<T, Error> {
    serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored {:?}: {error}", entry.key)))
}

/// The stored object as responses show it, JSON. `None` if the selectors exclude it (D35): they are
/// applied to the redacted object, so that they cannot be used to guess hidden values (D25). `keys` are
/// hidden in addition to those of the object.
///
/// # Errors
/// [`Error::Internal`] if the value has to be parsed and is not an object of the kind.
pub(crate) fn render<T: Resource>(
    entry: &Entry,
    keys: Option<&RedactedKeys>,
    selection: &Selection,
) -> Result<Option<Bytes>, Error> {
    let is_stored_form = keys.is_none() && entry.flags & REDACT_ON_READ == 0;
    if is_stored_form && selection.is_everything() {
        return Ok(Some(entry.value.clone()));
    }
    let value: T = parse(entry)?;
    let shown = if is_stored_form { None } else { redacted(&value, keys) };
    if !selection.matches(shown.as_ref().unwrap_or(&value)) {
        return Ok(None);
    }
    match shown {
        Some(shown) => Ok(Some(Bytes::from(encode(&shown)?))),
        None => Ok(Some(entry.value.clone())),
    }
}

/// The object as responses show it. `None` if that is the stored object.
fn redacted<T: Resource>(value: &T, keys: Option<&RedactedKeys>) -> Option<T> {
    value.redacted_with(keys.unwrap_or(&RedactedKeys::DEFAULT))
}

/// Every object below a prefix: for kinds with few objects, because all are held in memory.
///
/// # Errors
/// [`Error`] if the store fails or a value is not an object of the kind.
pub(crate) async fn all<T: Resource>(store: &dyn Store, prefix: &Prefix) -> Result<Vec<T>, Error> {
    let (mut found, mut after) = (Vec::new(), None);
    let mut budget = YieldBudget::default();
    loop {
        let scan = Scan { prefix: prefix.clone(), after, limit: BATCH, max_bytes: usize::MAX };
        let entries = store.scan(scan).await?;
        let Some(last) = entries.last() else { return Ok(found) };
        after = Some(last.key.clone());
        for entry in &entries {
            budget.spend(entry.value.len()).await;
            found.push(parse(entry)?);
        }
    }
}

/// Encodes a value as JSON.
///
/// # Errors
/// [`Error::Internal`] if the value cannot be JSON: a defect.
pub(crate) fn encode<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| Error::Internal(error.to_string()))
}
