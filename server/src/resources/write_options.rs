//! Write options: strict field validation and dry run (D41).

use http::HeaderValue;
use schemars::JsonSchema;
use sensu_store::{CommitError, Operation, Precondition, Revision, Scan, Store, StoreError, Txn};
use serde::Deserialize;

use crate::error::{Error, side_channel};

/// Maximum number of names that a message lists. Of the others it gives the number.
const MAX_LISTED_NAMES: usize = 20;

/// Options of an operation with a body.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct WriteOptions {
    /// `true` rejects a body with unknown fields, and a role with resources that the server does not have:
    /// 400 with their names. By default unknown fields are dropped, unknown resources are stored, and both
    /// are listed in `Warning` headers of the response.
    #[serde(default)]
    strict: Option<bool>,
    /// `true` checks permissions, body and preconditions, and responds as usual but without an `ETag`;
    /// nothing is written. Default `false`.
    #[serde(default, rename = "dryRun")]
    dry_run: Option<bool>,
}

/// Options of an operation without a body.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct DryRun {
    /// `true` checks permissions and preconditions, and responds as usual but without an `ETag`; nothing
    /// is written. Default `false`.
    #[serde(default, rename = "dryRun")]
    dry_run: Option<bool>,
}

impl From<DryRun> for WriteOptions {
    fn from(DryRun { dry_run }: DryRun) -> Self {
        Self { strict: None, dry_run }
    }
}

impl WriteOptions {
    pub(crate) fn is_dry_run(self) -> bool {
        self.dry_run.unwrap_or_default()
    }

    /// Handles unknown fields: rejects them, or adds a warning to the response (D41).
    ///
    /// # Errors
    /// [`Error::Invalid`] if the options are strict and there are unknown fields.
    pub(crate) fn reject_or_warn(self, fields: Vec<String>) -> Result<(), Error> {
        if fields.is_empty() {
            return Ok(());
        }
        if self.strict.unwrap_or_default() {
            return Err(Error::invalid(list("unknown field", &fields)));
        }
        side_channel::add_warning(list("dropped unknown field", &fields));
        Ok(())
    }

    /// Handles resources in rules that the server does not have: rejects them, or adds a warning to the
    /// response (D27).
    ///
    /// # Errors
    /// [`Error::Invalid`] if the options are strict and there are unknown resources.
    pub(super) fn reject_or_warn_resources(self, resources: &[&str]) -> Result<(), Error> {
        if resources.is_empty() {
            return Ok(());
        }
        let text = list("this server does not have the resource", resources);
        if self.strict.unwrap_or_default() {
            return Err(Error::invalid(text));
        }
        side_channel::add_warning(text);
        Ok(())
    }

    /// Commits a transaction. A dry run only checks its preconditions and returns `None`.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub(crate) async fn commit(
        self,
        store: &dyn Store,
        txn: Txn,
    ) -> Result<Option<Revision>, CommitError> {
        if !self.is_dry_run() {
            return store.commit(txn).await.map(Some);
        }
        for precondition in txn.preconditions {
            if !holds(store, &precondition).await? {
                return Err(CommitError::Precondition(precondition));
            }
        }
        let too_large = |operation: &Operation| matches!(operation, Operation::Put { value, .. } if value.len() > sensu_store::MAX_VALUE_BYTES);
        if txn.operations.iter().any(too_large) {
            return Err(StoreError::Failed("a value is too large".into()).into());
        }
        Ok(None)
    }
}

async fn holds(store: &dyn Store, precondition: &Precondition) -> Result<bool, StoreError> {
    Ok(match precondition {
        Precondition::Absent(key) => store.get(key).await?.is_none(),
        Precondition::Present(key) => store.get(key).await?.is_some(),
        Precondition::At(key, revision) => {
            store.get(key).await?.is_some_and(|entry| entry.revision == *revision)
        }
        Precondition::Empty(prefix) => {
            let prefix = prefix.clone();
            let scan = Scan { prefix, after: None, limit: 1, max_bytes: usize::MAX };
            store.scan(scan).await?.is_empty()
        }
    })
}

/// The `Warning` header with this text.
pub(crate) fn warning(text: &str) -> Option<HeaderValue> {
    let mut header = String::from("299 - \"");
    for character in text.chars() {
        match character {
            '"' | '\\' => header.extend(['\\', character]),
            ' '..='~' => header.push(character),
            // Headers are ASCII.
            other => header.extend(other.escape_unicode()),
        }
    }
    header.push('"');
    HeaderValue::try_from(header).ok()
}

/// A subject in singular or plural, and names.
fn list(subject: &str, names: &[impl AsRef<str>]) -> String {
    let plural = if names.len() == 1 { "" } else { "s" };
    let first: Vec<&str> = names.iter().take(MAX_LISTED_NAMES).map(AsRef::as_ref).collect();
    let more = match names.len().saturating_sub(MAX_LISTED_NAMES) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    // Names come from the client and have any length.
    let names: String = first.join(", ").chars().take(2_000).collect();
    format!("{subject}{plural}: {names}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(fields: &[&str]) -> String {
        let text = list("dropped unknown field", fields);
        warning(&text).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn warnings_are_quoted_ascii() {
        assert_eq!(header(&["a.b"]), r#"299 - "dropped unknown field: a.b""#);
        assert_eq!(header(&["a", "b[0].c"]), r#"299 - "dropped unknown fields: a, b[0].c""#);
        assert_eq!(header(&["a\"\n"]), r#"299 - "dropped unknown field: a\"\u{a}""#);
        assert_eq!(header(&["é"]), r#"299 - "dropped unknown field: \u{e9}""#);
        assert!(header(&["a"; 25]).ends_with("a, and 5 more\""));
        assert!(header(&[&"x".repeat(100_000)]).len() < 2_100);
    }

    #[test]
    fn strict_options_reject_unknown_fields() {
        let strict = WriteOptions { strict: Some(true), dry_run: None };
        assert_eq!(strict.reject_or_warn(Vec::new()), Ok(()));
        assert_eq!(
            strict.reject_or_warn(vec!["zzz".into()]),
            Err(Error::invalid("unknown field: zzz"))
        );
        assert_eq!(WriteOptions::default().reject_or_warn(vec!["zzz".into()]), Ok(()));
        assert_eq!(strict.reject_or_warn_resources(&[]), Ok(()));
        assert_eq!(
            strict.reject_or_warn_resources(&["ldap", "etcd-replicators"]),
            Err(Error::Invalid(
                "this server does not have the resources: ldap, etcd-replicators".into()
            ))
        );
        assert_eq!(WriteOptions::default().reject_or_warn_resources(&["ldap"]), Ok(()));
    }
}
