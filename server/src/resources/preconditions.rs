//! Entity tags, and the conditions that requests put on them (D36).
//!
//! Written by hand: the `headers` crate ignores a malformed `If-Match`, which would turn a conditional write into
//! an unconditional one.

use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use sensu_store::Revision;

use crate::error::Error;

/// The entity tag of an object: the revision that wrote it, quoted. Strong, because every write changes it.
pub(crate) fn tag(revision: Revision) -> String {
    format!("\"{revision}\"")
}

/// `If-Match` and `If-None-Match` of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    if_match: Option<EntityTags>,
    if_none_match: Option<EntityTags>,
}

impl Conditions {
    /// The conditions of a request.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        Self {
            if_match: EntityTags::from_headers(headers, &IF_MATCH),
            if_none_match: EntityTags::from_headers(headers, &IF_NONE_MATCH),
        }
    }

    /// Whether `If-None-Match` names the state with this tag, so that the client has it: 304.
    pub(crate) fn not_modified(&self, tag: impl FnOnce() -> String) -> bool {
        self.if_none_match.as_ref().is_some_and(|tags| tags.contain(&tag()))
    }

    /// Checks the conditions of a write against the stored object, if there is one.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`].
    pub(crate) fn check(&self, stored: Option<Revision>) -> Result<(), Error> {
        if self.if_match.is_none() && self.if_none_match.is_none() {
            return Ok(());
        }
        let stored = stored.map(tag);
        if let Some(tags) = &self.if_match
            && !stored.as_ref().is_some_and(|tag| tags.contain(tag))
        {
            return Err(Error::if_match_failed());
        }
        if let (Some(tags), Some(tag)) = (&self.if_none_match, stored)
            && tags.contain(&tag)
        {
            let message = "the object exists in the state that If-None-Match names";
            return Err(Error::PreconditionFailed(message.into()));
        }
        Ok(())
    }
}

/// The entity tags of a conditional header. `*` stands for any.
#[derive(Clone, Debug)]
struct EntityTags(Vec<String>);

impl EntityTags {
    /// The tags of all headers of this name; `None` without one. What is not a tag matches nothing.
    fn from_headers(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let values: Vec<_> = headers.get_all(name).iter().collect();
        if values.is_empty() {
            return None;
        }
        let texts = values.iter().filter_map(|value| value.to_str().ok());
        Some(Self(
            texts.flat_map(|text| text.split(',')).map(|tag| tag.trim().to_owned()).collect(),
        ))
    }

    /// Whether one of them is this tag. Proxies that compress turn strong tags into weak ones, so `W/` is
    /// ignored.
    fn contain(&self, wanted: &str) -> bool {
        self.0.iter().any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(name: HeaderName, value: &'static str) -> Conditions {
        let headers = HeaderMap::from_iter([(name, http::HeaderValue::from_static(value))]);
        Conditions::from_headers(&headers)
    }

    #[test]
    fn a_known_state_is_not_modified() {
        assert!(conditions(IF_NONE_MATCH, "\"6\", \"7\"").not_modified(|| tag(7)));
        assert!(conditions(IF_NONE_MATCH, "W/\"7\"").not_modified(|| tag(7)));
        assert!(!conditions(IF_NONE_MATCH, "\"6\"").not_modified(|| tag(7)));
    }

    #[test]
    fn writes_are_checked_against_the_stored_state() {
        assert!(conditions(IF_MATCH, "\"7\"").check(Some(7)).is_ok());
        assert!(conditions(IF_MATCH, "\"6\"").check(Some(7)).is_err());
        assert!(conditions(IF_MATCH, "7").check(Some(7)).is_err(), "not a tag");
        assert!(conditions(IF_MATCH, "*").check(None).is_err());
        assert!(conditions(IF_NONE_MATCH, "*").check(None).is_ok());
        assert!(conditions(IF_NONE_MATCH, "*").check(Some(7)).is_err());
        assert!(Conditions::default().check(None).is_ok());
    }
}
