//! Query parameters, read after the caller has been authorized: other callers learn nothing about
//! them.

use std::borrow::Cow;
use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, ExtractorMetadata, HttpError, Query, RequestContext, ServerContext,
    SharedExtractor,
};
use schemars::JsonSchema;
use sensu_types::{Resource, Selection};
use serde::{Deserialize, de::DeserializeOwned};

use crate::error::Error;
use crate::resources::page::ListParams;

/// The query string of a request, not read yet.
pub(crate) struct UnreadQuery<T>(String, PhantomData<fn() -> T>);

#[async_trait]
impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> SharedExtractor for UnreadQuery<T> {
    async fn from_request<C: ServerContext>(rqctx: &RequestContext<C>) -> Result<Self, HttpError> {
        Ok(Self::new(rqctx))
    }

    fn metadata(body: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <Query<T> as SharedExtractor>::metadata(body)
    }
}

impl<T> UnreadQuery<T> {
    /// The query string of a request, for operations that do not document its parameters.
    pub(crate) fn new<C: ServerContext>(rqctx: &RequestContext<C>) -> Self {
        Self(rqctx.request.uri().query().unwrap_or_default().to_owned(), PhantomData)
    }
}

impl<T: DeserializeOwned> UnreadQuery<T> {
    /// Reads the parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a parameter has the wrong type or occurs twice.
    pub(crate) fn read(&self) -> Result<T, Error> {
        let query = join_selectors(&self.0);
        let pairs = form_urlencoded::parse(query.as_bytes());
        serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map_err(
            |error| {
                let parameter = error.path().to_string();
                let problem = problem(&error.inner().to_string());
                match parameter.as_str() {
                    "." => Error::invalid(format!("query string: {problem}")),
                    _ => Error::invalid(format!("query string: {parameter}: {problem}")),
                }
            },
        )
    }
}

/// The message about the value of a parameter, without terms of Rust.
fn problem(text: &str) -> String {
    match text {
        "invalid digit found in string" => "not an integer from 0 to 4294967295",
        "number too large to fit in target type" => "larger than 4294967295",
        "cannot parse integer from empty string" => "empty; use an integer from 0 to 4294967295",
        "provided string was not `true` or `false`" => "neither true nor false",
        other => other,
    }
    .to_owned()
}

/// Query parameters of a list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ListQuery {
    /// Maximum number of objects per page. 0 or absent: as many as a response can contain.
    pub(crate) limit: Option<u32>,
    /// `Sensu-Continue` header of the previous page.
    #[serde(rename = "continue")]
    pub(crate) token: Option<String>,
    /// Selects objects by labels: `region == "eu" && tier in [web, db]`. Operators: `==`, `!=`,
    /// `matches` (contains), `in` and `notin`, with spaces around them; joined by `&&`. If the parameter
    /// is repeated, all selectors must match.
    #[serde(rename = "labelSelector")]
    pub(crate) label_selector: Option<String>,
    /// Selects objects by fields, with the syntax of `labelSelector`:
    /// `check.interval == 60 && linux in check.subscriptions`. An unknown field is 400.
    #[serde(rename = "fieldSelector")]
    pub(crate) field_selector: Option<String>,
}

impl ListQuery {
    /// Whether the client asks for a page.
    pub(super) fn is_paged(&self) -> bool {
        self.limit.is_some_and(|limit| limit > 0)
            || !self.token.as_deref().unwrap_or_default().is_empty()
    }

    /// The parameters of a page of objects of type `T`, of at most `max_bytes`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a selector is invalid.
    pub(super) fn params<T: Resource>(self, max_bytes: usize) -> Result<ListParams, Error> {
        let Self { limit, token, label_selector, field_selector } = self;
        let limit = match limit {
            None | Some(0) => usize::MAX,
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        let selection =
            Selection::parse::<T>(label_selector.as_deref(), field_selector.as_deref())?;
        let token = token.filter(|token| !token.is_empty());
        Ok(ListParams { limit, token, selection, max_bytes })
    }
}

/// The query string with repeated selectors joined with `&&` (D35).
fn join_selectors(query: &str) -> Cow<'_, str> {
    if !SELECTORS.iter().any(|name| query.matches(name).nth(1).is_some()) {
        return Cow::Borrowed(query);
    }
    let mut selectors = SELECTORS.map(|name| (name, None::<String>));
    let mut others = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match selectors.iter_mut().find(|(known, _)| *known == name) {
            Some((_, Some(so_far))) if !so_far.trim().is_empty() => {
                if !value.trim().is_empty() {
                    so_far.extend([" && ", &*value]);
                }
            }
            Some((_, selector)) => *selector = Some(value.into_owned()),
            None => {
                others.append_pair(&name, &value);
            }
        }
    }
    let selectors = selectors.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Cow::Owned(others.extend_pairs(selectors).finish())
}

const SELECTORS: [&str; 2] = ["labelSelector", "fieldSelector"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_selectors_are_joined() {
        let query = "limit=2&labelSelector=a+%3D%3D+b&labelSelector=&labelSelector=c+%3D%3D+d";
        let query_params = UnreadQuery::<ListQuery>(query.into(), PhantomData).read().unwrap();
        assert_eq!(query_params.limit, Some(2));
        assert_eq!(query_params.label_selector.as_deref(), Some("a == b && c == d"));
        let blank = join_selectors("a=1&fieldSelector=+&fieldSelector=b&labelSelector=c&a=2");
        assert_eq!(blank, "a=1&a=2&labelSelector=c&fieldSelector=b");
        let many = "a&".repeat(200_000) + "labelSelector=a&labelSelector=b";
        assert!(join_selectors(&many).ends_with("labelSelector=a+%26%26+b"));
        assert!(UnreadQuery::<ListQuery>("limit=2&limit=3".into(), PhantomData).read().is_err());
    }
}
