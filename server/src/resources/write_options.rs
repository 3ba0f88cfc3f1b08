//! How a write is to be done: strictly or not, in earnest or only tried out (D41).

use http::HeaderValue;
use schemars::JsonSchema;
use sensu_store::{CommitError, Operation, Precondition, Revision, Scan, Store, StoreError, Txn};
use serde::Deserialize;

use crate::error::{Error, side_channel};

/// Fields that a warning or an error names; of more it says how many.
const NAMED: usize = 20;

/// How an operation with a body is to be done.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct WriteOptions {
    /// `true` refuses a body with fields that the server does not know: 400, naming them. By default
    /// they are dropped and named in a `Warning` header of the answer.
    #[serde(default)]
    strict: Option<bool>,
    /// `true` does everything but write: the caller's rights, the body and the preconditions are
    /// judged, and the answer is what it would be, without an `ETag`. Default `false`.
    #[serde(default, rename = "dryRun")]
    dry_run: Option<bool>,
}

/// How an operation without a body is to be done.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct DryRun {
    /// `true` does everything but write: the caller's rights and the preconditions are judged, and
    /// the answer is what it would be, without an `ETag`. Default `false`.
    #[serde(default, rename = "dryRun")]
    dry_run: Option<bool>,
}

impl From<DryRun> for WriteOptions {
    fn from(DryRun { dry_run }: DryRun) -> Self {
        Self { strict: None, dry_run }
    }
}

impl WriteOptions {
    /// Whether nothing is to be written.
    pub(crate) fn is_dry_run(self) -> bool {
        self.dry_run.unwrap_or_default()
    }

    /// What to do about fields that were dropped: refuse them, or have the answer name them.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is strict.
    pub(crate) fn dropped(self, fields: Vec<String>) -> Result<(), Error> {
        if fields.is_empty() {
            return Ok(());
        }
        if self.strict.unwrap_or_default() {
            return Err(Error::Invalid(named("unknown", &fields)));
        }
        side_channel::set_dropped_fields(fields);
        Ok(())
    }

    /// Commits the transaction; in a trial only judges its preconditions, and gives no revision.
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

/// The value of a `Warning` header that names dropped fields; `None` without any.
pub(crate) fn warning(fields: &[String]) -> Option<HeaderValue> {
    if fields.is_empty() {
        return None;
    }
    let mut text = String::from("299 - \"");
    for character in named("dropped unknown", fields).chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            ' '..='~' => text.push(character),
            // Headers are ASCII; what is not is spelled as JSON would.
            other => text.extend(other.escape_unicode()),
        }
    }
    text.push('"');
    HeaderValue::try_from(text).ok()
}

fn named(how: &str, fields: &[String]) -> String {
    let noun = if fields.len() == 1 { "field" } else { "fields" };
    let first: Vec<&str> = fields.iter().take(NAMED).map(String::as_str).collect();
    let more = match fields.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    // A name is a client's text, of any length.
    let list: String = first.join(", ").chars().take(2_000).collect();
    format!("{how} {noun}: {list}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fields: &[&str]) -> String {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        warning(&fields).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn warnings_are_quoted_ascii() {
        assert_eq!(warning(&[]), None);
        assert_eq!(shown(&["a.b"]), r#"299 - "dropped unknown field: a.b""#);
        assert_eq!(shown(&["a", "b[0].c"]), r#"299 - "dropped unknown fields: a, b[0].c""#);
        assert_eq!(shown(&["a\"\n"]), r#"299 - "dropped unknown field: a\"\u{a}""#);
        assert_eq!(shown(&["é"]), r#"299 - "dropped unknown field: \u{e9}""#);
        assert!(shown(&["a"; 25]).ends_with("a, and 5 more\""));
        assert!(shown(&[&"x".repeat(100_000)]).len() < 2_100);
    }

    #[test]
    fn strictness_turns_a_warning_into_an_error() {
        let strict = WriteOptions { strict: Some(true), dry_run: None };
        assert_eq!(strict.dropped(Vec::new()), Ok(()));
        assert_eq!(
            strict.dropped(vec!["zzz".into()]),
            Err(Error::Invalid("unknown field: zzz".into()))
        );
        assert_eq!(WriteOptions::default().dropped(vec!["zzz".into()]), Ok(()));
    }
}
