//! Query strings, read after the caller has been authorized, so that nobody else learns of errors.

use std::borrow::Cow;
use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, ExtractorMetadata, HttpError, Query, RequestContext, ServerContext,
    SharedExtractor,
};
use schemars::JsonSchema;
use sensu_types::Invalid;
use sensu_types::Selection;
use serde::{Deserialize, de::DeserializeOwned};

use crate::error::Error;
use crate::resources::page::ListParams;

/// The query parameters of an operation, not yet read.
pub(crate) struct Params<T>(String, PhantomData<fn() -> T>);

#[async_trait]
impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> SharedExtractor for Params<T> {
    async fn from_request<C: ServerContext>(rqctx: &RequestContext<C>) -> Result<Self, HttpError> {
        Ok(Self::of(rqctx))
    }

    fn metadata(body: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <Query<T> as SharedExtractor>::metadata(body)
    }
}

impl<T> Params<T> {
    /// Those of a request, for operations that do not document them.
    pub(crate) fn of<C: ServerContext>(rqctx: &RequestContext<C>) -> Self {
        Self(rqctx.request.uri().query().unwrap_or_default().to_owned(), PhantomData)
    }
}

impl<T: DeserializeOwned> Params<T> {
    /// The parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`] if one has the wrong type or is given twice.
    pub(crate) fn read(&self) -> Result<T, Error> {
        let query = join_selectors(&self.0);
        let pairs = form_urlencoded::parse(query.as_bytes());
        serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
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
    /// Only objects whose labels fit: `region == "eu" && tier in [web, db]`. Operators are `==`, `!=`,
    /// `matches` (a part of the text), `in` and `notin`, joined by `&&`.
    #[serde(rename = "labelSelector")]
    pub(crate) label_selector: Option<String>,
    /// Only objects whose fields fit: `check.publish == true && linux in check.subscriptions`. The
    /// language is that of `labelSelector`; names begin with the word for the kind.
    #[serde(rename = "fieldSelector")]
    pub(crate) field_selector: Option<String>,
}

impl Paging {
    /// The part of the list that is wanted.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a selector cannot be read.
    pub(crate) fn list_params(self) -> Result<ListParams, Error> {
        let limit = match self.limit {
            None | Some(0) => usize::MAX,
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        let selection =
            Selection::parse(self.label_selector.as_deref(), self.field_selector.as_deref())
                .map_err(|Invalid(why)| Error::Invalid(why))?;
        Ok(ListParams { limit, token: self.token.filter(|token| !token.is_empty()), selection })
    }
}

/// The query string with repeated selectors joined into one each: all of them have to hold (D35).
fn join_selectors(query: &str) -> Cow<'_, str> {
    if !SELECTORS.iter().any(|name| query.matches(name).nth(1).is_some()) {
        return Cow::Borrowed(query);
    }
    let mut joined: Vec<(Cow<'_, str>, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let selects = SELECTORS.contains(&name.as_ref());
        match joined.iter_mut().find(|(known, _)| selects && *known == name) {
            Some((_, so_far)) if so_far.trim().is_empty() => *so_far = value.into_owned(),
            Some(_) if value.trim().is_empty() => {}
            Some((_, so_far)) => *so_far = format!("{so_far} && {value}"),
            None => joined.push((name, value.into_owned())),
        }
    }
    Cow::Owned(form_urlencoded::Serializer::new(String::new()).extend_pairs(joined).finish())
}

const SELECTORS: [&str; 2] = ["labelSelector", "fieldSelector"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_selectors_all_have_to_hold() {
        let query = "limit=2&labelSelector=a+%3D%3D+b&labelSelector=&labelSelector=c+%3D%3D+d";
        let paging = Params::<Paging>(query.into(), PhantomData).read().unwrap();
        assert_eq!(paging.limit, Some(2));
        assert_eq!(paging.label_selector.as_deref(), Some("a == b && c == d"));
        assert!(Params::<Paging>("limit=2&limit=3".into(), PhantomData).read().is_err());
    }
}
