//! Query strings, read after the caller has been authorized, so that nobody else learns of errors.

use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, ExtractorMetadata, HttpError, Query, RequestContext, ServerContext,
    SharedExtractor,
};
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

use crate::error::Error;
use crate::page::Want;

/// The query parameters of an operation, not yet read.
pub(crate) struct Params<T>(String, PhantomData<fn() -> T>);

#[async_trait]
impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> SharedExtractor for Params<T> {
    async fn from_request<C: ServerContext>(rqctx: &RequestContext<C>) -> Result<Self, HttpError> {
        Ok(Self(rqctx.request.uri().query().unwrap_or_default().to_owned(), PhantomData))
    }

    fn metadata(body: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <Query<T> as SharedExtractor>::metadata(body)
    }
}

impl<T: DeserializeOwned> Params<T> {
    /// The parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`] if one has the wrong type or is given twice.
    pub(crate) fn read(&self) -> Result<T, Error> {
        serde_urlencoded::from_str(&self.0)
            .map_err(|error| Error::Invalid(format!("query string: {error}")))
    }
}

/// Which part of a list to answer with.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Paging {
    /// At most so many items; 0 or absent for as many as fit into one answer.
    pub(crate) limit: Option<u32>,
    /// The value of the `Sensu-Continue` header of the page before.
    #[serde(rename = "continue")]
    pub(crate) token: Option<String>,
}

impl Paging {
    /// The part of the list that is wanted.
    pub(crate) fn want(self) -> Want {
        let limit = match self.limit {
            None | Some(0) => usize::MAX,
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        Want { limit, token: self.token.filter(|token| !token.is_empty()) }
    }
}

/// Whether a query string can be decoded at all (D5).
///
/// # Errors
/// [`Error::Invalid`] for a bad percent escape or a semicolon, which servers disagree about.
pub(crate) fn well_formed(query: Option<&str>) -> Result<(), Error> {
    let query = query.unwrap_or_default();
    if !well_escaped(query) {
        return Err(Error::Invalid("the query string has a bad percent escape".into()));
    }
    if query.contains(';') {
        return Err(Error::Invalid("the query string has a semicolon; write %3B".into()));
    }
    Ok(())
}

/// Whether every percent sign begins an escape.
pub(crate) fn well_escaped(text: &str) -> bool {
    let whole = |escape: &str| escape.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.split('%').skip(1).all(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_escapes_are_found() {
        for good in [None, Some("a=1&b=%41%c3%a9"), Some("a=1&&b&=c"), Some("a=+")] {
            assert!(well_formed(good).is_ok(), "{good:?}");
        }
        for bad in ["a=%zz", "a=%4", "%", "a=1;b=2"] {
            assert!(well_formed(Some(bad)).is_err(), "{bad}");
        }
    }
}
