//! Successful responses: stored bytes, their headers, and their description for the document.

use std::marker::PhantomData;

use dropshot::{
    ApiEndpointResponse, Body, CONTENT_TYPE_JSON, HttpError, HttpResponse, HttpResponseHeaders,
    HttpResponseOk, HttpResponseUpdatedNoContent, RequestContext,
};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK};
use http::{HeaderValue, Response, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::resources::page::Page;
use crate::resources::preconditions::{Conditions, tag};
use crate::resources::store::Rendered;
use crate::runtime::context::Cx;

/// `Cache-Control` of responses with secrets.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// An object with its entity tag.
pub(crate) struct ObjectResponse<T> {
    rendered: Rendered,
    not_modified: bool,
    kind: PhantomData<fn() -> T>,
}

impl<T> ObjectResponse<T> {
    /// The response to a write.
    pub(crate) fn written(rendered: Rendered) -> Self {
        Self { rendered, not_modified: false, kind: PhantomData }
    }

    /// The response to a read: 304 if the client has this state.
    pub(crate) fn read(rendered: Rendered, conditions: &Conditions) -> Self {
        let not_modified =
            rendered.revision.is_some_and(|revision| conditions.not_modified(|| tag(revision)));
        Self { rendered, not_modified, kind: PhantomData }
    }
}

/// Headers of a response with one object.
#[derive(JsonSchema, Serialize)]
struct Tagged {
    /// Identifies this state of the object. Send it in `If-Match` to change only this state. Absent
    /// from the response to a dry run.
    #[serde(rename = "ETag")]
    etag: Option<String>,
}

impl<T: JsonSchema + Serialize + Send + Sync + 'static> HttpResponse for ObjectResponse<T> {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let mut builder = Response::builder().status(self.status_code());
        if let Some(revision) = self.rendered.revision {
            builder = builder.header(ETAG, tag(revision));
        }
        if self.not_modified {
            return Ok(builder.body(Body::empty())?);
        }
        let builder = builder.header(CONTENT_TYPE, CONTENT_TYPE_JSON);
        Ok(builder.body(Body::with_content(self.rendered.body))?)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseHeaders::<HttpResponseOk<T>, Tagged>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        if self.not_modified { StatusCode::NOT_MODIFIED } else { StatusCode::OK }
    }
}

/// A list: a page of it, or all of it.
pub(crate) struct ListResponse<T> {
    body: Body,
    next: Option<String>,
    link: Option<HeaderValue>,
    kind: PhantomData<fn() -> T>,
}

/// Headers of a response with a list.
#[derive(JsonSchema, Serialize)]
struct Paged {
    /// Token of the next page. Send it as `continue`. Absent on the last page.
    #[serde(rename = "Sensu-Continue")]
    next: Option<String>,
    /// URL of the next page, as `<...>; rel="next"`. Absent on the last page.
    #[serde(rename = "Link")]
    link: Option<String>,
}

impl<T> ListResponse<T> {
    /// The response to a request for a page. The URL of the next page is the one of the request
    /// with its token.
    pub(crate) fn page(page: Page, rqctx: &RequestContext<Cx>) -> Self {
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
        Self { body: Body::with_content(page.body), next, link, kind: PhantomData }
    }

    /// The response with a complete list, whose body is read while it is sent.
    pub(crate) fn streamed(body: Body) -> Self {
        Self { body, next: None, link: None, kind: PhantomData }
    }
}

impl<T: JsonSchema + Serialize + Send + Sync + 'static> HttpResponse for ListResponse<T> {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let mut builder = Response::builder().header(CONTENT_TYPE, CONTENT_TYPE_JSON);
        if let Some(next) = self.next {
            builder = builder.header("Sensu-Continue", next);
        }
        if let Some(link) = self.link {
            builder = builder.header(LINK, link);
        }
        Ok(builder.body(self.body)?)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseHeaders::<HttpResponseOk<Vec<T>>, Paged>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// An object with secrets, which caches must not store.
pub(crate) struct Uncached<T>(pub(crate) T);

impl<T: JsonSchema + Serialize + Send + Sync + 'static> HttpResponse for Uncached<T> {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let mut response = HttpResponseOk(self.0).to_result()?;
        response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
        Ok(response)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseOk::<T>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// Success without a body: 200, as in Sensu Go.
pub(crate) struct NoContent;

impl HttpResponse for NoContent {
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
