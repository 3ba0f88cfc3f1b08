//! Keys of labels and annotations whose values responses do not contain (D25).

use std::borrow::Cow;
use std::collections::HashSet;

use crate::Invalid;

/// Replacement for hidden values in responses.
pub const REDACTED: &str = "REDACTED";

/// Maximum number of keys in a `redact` list.
pub const MAX_KEYS: usize = 1_000;

/// Maximum length of a key in a `redact` list, in bytes.
pub const MAX_KEY_BYTES: usize = 256;

/// Hidden keys, unless `redact` lists others.
const DEFAULT_KEYS: [&str; 9] = [
    "password",
    "passwd",
    "pass",
    "api_key",
    "api_token",
    "access_key",
    "secret_key",
    "private_key",
    "secret",
];

/// Keys whose values are hidden. Upper and lower case are equal. The default is the keys of an empty
/// `redact` list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedactedKeys(
    /// In lower case; `None` for the default keys.
    Option<HashSet<String>>,
);

impl RedactedKeys {
    /// The keys of an empty `redact` list.
    pub const DEFAULT: Self = Self(None);

    /// The keys of a `redact` list.
    #[must_use]
    pub fn new(redact: &[String]) -> Self {
        Self(
            (!redact.is_empty())
                .then(|| redact.iter().map(|key| key.to_ascii_lowercase()).collect()),
        )
    }

    /// Whether the value of a label or annotation is hidden.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        let Self(Some(keys)) = self else {
            return DEFAULT_KEYS.iter().any(|hidden| hidden.eq_ignore_ascii_case(key));
        };
        match key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => keys.contains(&key.to_ascii_lowercase()),
            false => keys.contains(key),
        }
    }

    /// Whether these are the keys of an empty `redact` list.
    #[must_use]
    pub fn is_default(&self) -> bool {
        let is_known = |key: &String| DEFAULT_KEYS.contains(&key.as_str());
        let Self(Some(keys)) = self else { return true };
        keys.len() == DEFAULT_KEYS.len() && keys.iter().all(is_known)
    }

    /// Adds all keys of another set.
    pub fn extend(&mut self, other: &Self) {
        let own = self.0.get_or_insert_with(default_keys);
        own.extend(other.iter().map(Cow::into_owned));
    }

    /// The keys in lower case and in byte order: a `redact` list.
    #[must_use]
    pub fn to_list(&self) -> Vec<String> {
        let mut list: Vec<String> = self.iter().map(Cow::into_owned).collect();
        list.sort_unstable();
        list
    }

    fn iter(&self) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
        match &self.0 {
            Some(keys) => Box::new(keys.iter().map(|key| Cow::Borrowed(key.as_str()))),
            None => Box::new(DEFAULT_KEYS.into_iter().map(Cow::Borrowed)),
        }
    }
}

/// The `redact` list with further keys, which are hidden by it or not.
pub(crate) fn extended(redact: &[String], keys: Vec<String>) -> Vec<String> {
    let mut list: Vec<String> = match redact {
        [] => DEFAULT_KEYS.map(str::to_owned).to_vec(),
        redact => redact.to_vec(),
    };
    let mut present = RedactedKeys::new(&list).0.unwrap_or_default();
    list.extend(keys.into_iter().filter(|key| present.insert(key.to_ascii_lowercase())));
    list
}

/// Validates number and length of the keys: they are compared with every label and annotation of the
/// entity and of its events.
///
/// # Errors
/// [`Invalid`] with the limit.
pub(crate) fn validate(redact: &[String]) -> Result<(), Invalid> {
    if redact.len() > MAX_KEYS {
        return Err(Invalid::new(format!(
            "redact has {} keys; the maximum is {MAX_KEYS}",
            redact.len()
        )));
    }
    if let Some(index) = redact.iter().position(|key| key.len() > MAX_KEY_BYTES) {
        let message = format!("a key in redact is longer than {MAX_KEY_BYTES} bytes");
        return Err(Invalid::new(message).at(format!("/{index}")));
    }
    Ok(())
}

fn default_keys() -> HashSet<String> {
    DEFAULT_KEYS.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(redact: &[&str]) -> RedactedKeys {
        let redact: Vec<String> = redact.iter().map(|key| (*key).to_owned()).collect();
        RedactedKeys::new(&redact)
    }

    #[test]
    fn an_empty_list_stands_for_the_default_keys() {
        assert!(keys(&[]).contains("PassWord") && !keys(&[]).contains("pin"));
        assert!(!keys(&["pin"]).contains("password") && keys(&["Pin"]).contains("PIN"));
        assert!(keys(&[]).is_default() && keys(&DEFAULT_KEYS).is_default());
        assert!(!keys(&["password"]).is_default());
    }

    #[test]
    fn a_set_extended_by_another_contains_the_keys_of_both() {
        let mut both = keys(&[]);
        both.extend(&keys(&["Pin"]));
        assert!(both.contains("password") && both.contains("pin"));
        let mut both = keys(&["pin"]);
        both.extend(&keys(&[]));
        assert_eq!(both.to_list().len(), DEFAULT_KEYS.len() + 1);
    }

    #[test]
    fn number_and_length_of_keys_are_limited() {
        assert_eq!(validate(&vec!["k".to_owned(); MAX_KEYS]), Ok(()));
        assert!(validate(&vec!["k".to_owned(); MAX_KEYS + 1]).is_err());
        assert_eq!(validate(&["k".repeat(MAX_KEY_BYTES)]), Ok(()));
        assert!(validate(&["k".repeat(MAX_KEY_BYTES + 1)]).is_err());
    }
}
