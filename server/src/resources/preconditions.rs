//! Entity tags and the conditions that requests put on them (D36).

use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use sensu_store::Revision;

use crate::error::Error;

/// The tag of an object: the transaction that wrote it. Strong, because every write changes it.
pub(crate) fn tag(revision: Revision) -> String {
    format!("\"{revision}\"")
}

/// `If-Match` and `If-None-Match` of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    if_match: Option<Vec<String>>,
    if_none_match: Option<Vec<String>>,
}

impl Conditions {
    /// The conditions that the headers state.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        Self { if_match: tags(headers, &IF_MATCH), if_none_match: tags(headers, &IF_NONE_MATCH) }
    }

    /// Whether a reader has the object already, so that 304 will do.
    pub(crate) fn unchanged(&self, revision: Revision) -> bool {
        self.if_none_match.as_deref().is_some_and(|tags| names(tags, revision))
    }

    /// Whether a write may go on, given what is stored.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`].
    pub(crate) fn guard(&self, stored: Option<Revision>) -> Result<(), Error> {
        let failed = |why: &str| Err(Error::PreconditionFailed(why.to_owned()));
        if let Some(tags) = &self.if_match
            && !stored.is_some_and(|revision| names(tags, revision))
        {
            return failed("the object is not the one that If-Match names; read it again");
        }
        if let (Some(tags), Some(revision)) = (&self.if_none_match, stored)
            && names(tags, revision)
        {
            return failed("the object exists and If-None-Match names it");
        }
        Ok(())
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<String>> {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    if values.is_empty() {
        return None;
    }
    let texts = values.iter().filter_map(|value| value.to_str().ok());
    Some(texts.flat_map(|text| text.split(',')).map(|tag| tag.trim().to_owned()).collect())
}

fn names(tags: &[String], revision: Revision) -> bool {
    let own = tag(revision);
    tags.iter().any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(name: HeaderName, value: &'static str) -> Conditions {
        Conditions::from_headers(&HeaderMap::from_iter([(
            name,
            http::HeaderValue::from_static(value),
        )]))
    }

    #[test]
    fn conditions_hold_as_http_says() {
        assert!(conditions(IF_NONE_MATCH, "\"6\", \"7\"").unchanged(7));
        assert!(conditions(IF_NONE_MATCH, "W/\"7\"").unchanged(7));
        assert!(!conditions(IF_NONE_MATCH, "\"6\"").unchanged(7));
        assert!(conditions(IF_MATCH, "\"7\"").guard(Some(7)).is_ok());
        assert!(conditions(IF_MATCH, "\"6\"").guard(Some(7)).is_err());
        assert!(conditions(IF_MATCH, "*").guard(None).is_err());
        assert!(conditions(IF_NONE_MATCH, "*").guard(None).is_ok());
        assert!(conditions(IF_NONE_MATCH, "*").guard(Some(7)).is_err());
        assert!(Conditions::default().guard(None).is_ok());
    }
}
