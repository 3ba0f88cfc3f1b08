//! Successful answers: stored bytes copied out, with the headers and metadata that go with them.

use std::marker::PhantomData;

use bytes::Bytes;
use dropshot::{
    ApiEndpointResponse, Body, CONTENT_TYPE_JSON, HttpError, HttpResponse, HttpResponseHeaders,
    HttpResponseOk, HttpResponseUpdatedNoContent, RequestContext,
};
use http::header::{CONTENT_TYPE, ETAG, LINK};
use http::{HeaderValue, Response, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::resources::page::Page;
use crate::resources::preconditions::{self as etag, Conditions};
use crate::resources::store::Rendered;
use crate::runtime::context::Cx;

/// One object, with its entity tag.
pub(crate) struct One<T> {
    shown: Rendered,
    unchanged: bool,
    kind: PhantomData<fn() -> T>,
}

impl<T> One<T> {
    /// The object after a write.
    pub(crate) fn written(shown: Rendered) -> Self {
        Self { shown, unchanged: false, kind: PhantomData }
    }

    /// The object for a reader, who may have it already.
    pub(crate) fn read(shown: Rendered, conditions: &Conditions) -> Self {
        let unchanged =
            shown.revision.is_some_and(|revision| conditions.not_modified(|| etag::tag(revision)));
        Self { shown, unchanged, kind: PhantomData }
    }
}

/// Headers of an answer with one object.
#[derive(JsonSchema, Serialize)]
struct Tagged {
    /// Names this state of the object; send it back in `If-Match` to change no other. Absent from the
    /// answer to a dry run.
    #[serde(rename = "ETag")]
    etag: Option<String>,
}

impl<T: JsonSchema + Serialize + Send + Sync + 'static> HttpResponse for One<T> {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let mut builder = Response::builder().status(self.status_code());
        if let Some(revision) = self.shown.revision {
            builder = builder.header(ETAG, etag::tag(revision));
        }
        if self.unchanged {
            return Ok(builder.body(Body::empty())?);
        }
        let builder = builder.header(CONTENT_TYPE, CONTENT_TYPE_JSON);
        Ok(builder.body(Body::with_content(self.shown.body))?)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseHeaders::<HttpResponseOk<T>, Tagged>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        if self.unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK }
    }
}

/// A page of objects.
pub(crate) struct Many<T> {
    body: Bytes,
    next: Option<String>,
    link: Option<HeaderValue>,
    kind: PhantomData<fn() -> T>,
}

/// Headers of an answer with a list.
#[derive(JsonSchema, Serialize)]
struct Paged {
    /// There are more items; send this value as `continue` to get the next ones. Absent on the
    /// last page.
    #[serde(rename = "Sensu-Continue")]
    next: Option<String>,
    /// The address of the next page, as `<...>; rel="next"`. Absent on the last page.
    #[serde(rename = "Link")]
    link: Option<String>,
}

impl<T> Many<T> {
    /// The page as the answer to this request.
    pub(crate) fn of(page: Page, rqctx: &RequestContext<Cx>) -> Self {
        let next = page.next;
        let link = next.as_deref().and_then(|token| {
            let uri = rqctx.request.uri();
            let given = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(given.filter(|(name, _)| name != "continue"))
                .append_pair("continue", token)
                .finish();
            HeaderValue::try_from(format!("<{}?{query}>; rel=\"next\"", uri.path())).ok()
        });
        Self { body: page.body, next, link, kind: PhantomData }
    }
}

impl<T: JsonSchema + Serialize + Send + Sync + 'static> HttpResponse for Many<T> {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let mut builder = Response::builder().header(CONTENT_TYPE, CONTENT_TYPE_JSON);
        if let Some(next) = self.next {
            builder = builder.header("Sensu-Continue", next);
        }
        if let Some(link) = self.link {
            builder = builder.header(LINK, link);
        }
        Ok(builder.body(Body::with_content(self.body))?)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseHeaders::<HttpResponseOk<Vec<T>>, Paged>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// Done, with nothing to say: 200 and an empty body.
pub(crate) struct Done;

impl HttpResponse for Done {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        Ok(Response::new(Body::empty()))
    }

    fn response_metadata() -> ApiEndpointResponse {
        let mut metadata = HttpResponseUpdatedNoContent::response_metadata();
        metadata.success = Some(StatusCode::OK);
        metadata
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::OK
    }
}
