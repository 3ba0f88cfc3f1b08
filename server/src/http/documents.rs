//! `/openapi.json`, `/openapi.yaml`, `/docs`: the document and its browser. Not part of the
//! document, which is about the API.

use dropshot::{Body, Path, RequestContext, endpoint};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    REFERRER_POLICY, VARY,
};
use http::{HeaderMap, Response, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::routes::{Api, Mounted};
use crate::error::{ApiError, Error};
use crate::openapi::served::{self, Audience};
use crate::query;
use crate::resources::preconditions::Conditions;
use crate::runtime::context::Cx;

/// The docs browser connects to this server only. Scalar writes inline styles, so those are
/// allowed; scripts come from files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Extension of responses whose content is shared: they hold no memory of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StaticContent;

pub(super) fn mount(api: &mut Api) -> Mounted {
    api.mount_unpublished(document_json)?;
    api.mount_unpublished(document_json_below_prefix)?;
    api.mount_unpublished(document_yaml)?;
    api.mount_unpublished(document_v3_1)?;
    api.mount_unpublished(docs)?;
    api.mount_unpublished(docs_file)
}

/// The document.
#[endpoint { method = GET, path = "/openapi.json", unpublished = true }]
async fn document_json(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/openapi.json").await
}

/// The document, below the prefix that it describes.
#[endpoint { method = GET, path = "/apis/core/v2/openapi.json", unpublished = true }]
async fn document_json_below_prefix(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/openapi.json").await
}

/// The document in YAML.
#[endpoint { method = GET, path = "/openapi.yaml", unpublished = true }]
async fn document_yaml(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/openapi.yaml").await
}

/// The document in OpenAPI 3.1.
#[endpoint { method = GET, path = "/openapi-3.1.json", unpublished = true }]
async fn document_v3_1(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/openapi-3.1.json").await
}

/// The page of the docs browser.
#[endpoint { method = GET, path = "/docs", unpublished = true }]
async fn docs(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/docs").await
}

#[derive(Deserialize, JsonSchema)]
struct FileName {
    file: String,
}

/// A file of the docs browser.
#[endpoint { method = GET, path = "/docs/{file}", unpublished = true }]
async fn docs_file(
    rqctx: RequestContext<Cx>,
    path: Path<FileName>,
) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, &format!("/docs/{}", path.into_inner().file)).await
}

async fn serve(rqctx: &RequestContext<Cx>, path: &str) -> Result<Response<Body>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let document = served::document(path, crate::openapi).await?;
    let headers = rqctx.request.headers();
    let gzip = accepts_gzip(headers);
    // Each encoding is a representation of its own, and so has its own tag.
    let tag = format!("\"{}{}\"", document.checksum, if gzip { "-gzip" } else { "" });
    let mut builder = Response::builder()
        .header(ETAG, &tag)
        .header(VARY, "accept-encoding")
        .extension(StaticContent)
        .header(CACHE_CONTROL, "no-cache");
    if document.audience == Audience::Browser {
        builder =
            builder.header(CONTENT_SECURITY_POLICY, POLICY).header(REFERRER_POLICY, "no-referrer");
    }
    if Conditions::from_headers(headers).not_modified(|| tag) {
        return Ok(built(builder.status(StatusCode::NOT_MODIFIED).body(Body::empty()))?);
    }
    builder = builder.header(CONTENT_TYPE, document.media_type);
    if gzip {
        let builder = builder.header(CONTENT_ENCODING, "gzip");
        return Ok(built(builder.body(Body::with_content(document.gzip.clone())))?);
    }
    Ok(built(builder.body(Body::with_content(document.plain.clone())))?)
}

/// Whether the client accepts gzip.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|value| value.split(','));
    codings.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named =
            parts.next().is_some_and(|name| name == "*" || name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        named && weight.is_none_or(|weight| weight > 0.0)
    })
}

fn built(response: Result<Response<Body>, http::Error>) -> Result<Response<Body>, Error> {
    response.map_err(|error| Error::Internal(error.to_string()))
}
