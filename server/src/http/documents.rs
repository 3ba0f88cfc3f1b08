//! `/openapi.json`, `/docs` and their like: outside the published document, which is about the API.

use dropshot::{Body, Path, RequestContext, endpoint};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Response, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::routes::{Api, Mounted};
use crate::error::{ApiError, Error};
use crate::openapi::served as documents;
use crate::query;
use crate::runtime::context::Cx;

/// What the docs browser may do: nothing but talk to this server. Scalar writes styles into the page, so
/// those are allowed; scripts come from files only.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn mount(api: &mut Api) -> Mounted {
    api.mount_unpublished(document_json)?;
    api.mount_unpublished(document_json_here)?;
    api.mount_unpublished(document_yaml)?;
    api.mount_unpublished(document_newer)?;
    api.mount_unpublished(docs)?;
    api.mount_unpublished(docs_part)
}

/// The document.
#[endpoint { method = GET, path = "/openapi.json", unpublished = true }]
async fn document_json(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/openapi.json").await
}

/// The document, below the prefix that it describes.
#[endpoint { method = GET, path = "/apis/core/v2/openapi.json", unpublished = true }]
async fn document_json_here(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/openapi.json").await
}

/// The document in YAML.
#[endpoint { method = GET, path = "/openapi.yaml", unpublished = true }]
async fn document_yaml(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/openapi.yaml").await
}

/// The document in OpenAPI 3.1.
#[endpoint { method = GET, path = "/openapi-3.1.json", unpublished = true }]
async fn document_newer(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/openapi-3.1.json").await
}

/// The docs browser.
#[endpoint { method = GET, path = "/docs", unpublished = true }]
async fn docs(rqctx: RequestContext<Cx>) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, "/docs").await
}

#[derive(Deserialize, JsonSchema)]
struct Part {
    file: String,
}

/// What the docs browser is made of.
#[endpoint { method = GET, path = "/docs/{file}", unpublished = true }]
async fn docs_part(
    rqctx: RequestContext<Cx>,
    path: Path<Part>,
) -> Result<Response<Body>, ApiError> {
    serve(&rqctx, &format!("/docs/{}", path.into_inner().file)).await
}

async fn serve(rqctx: &RequestContext<Cx>, path: &str) -> Result<Response<Body>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let document = documents::at(path, crate::openapi).await?;
    let headers = rqctx.request.headers();
    let packs = packs(headers);
    // Each form has a tag of its own, as HTTP wants it.
    let tag = format!("\"{}{}\"", document.tag, if packs { "-gzip" } else { "" });
    let mut builder = Response::builder()
        .header(ETAG, &tag)
        .header(VARY, "accept-encoding")
        .header(CACHE_CONTROL, "no-cache")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff");
    if path.starts_with("/docs") {
        builder = builder
            .header(CONTENT_SECURITY_POLICY, POLICY)
            .header("referrer-policy", "no-referrer");
    }
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|tags| tags.split(',')).map(str::trim);
    if known.any(|known| known == "*" || known.trim_start_matches("W/") == tag) {
        return built(builder.status(StatusCode::NOT_MODIFIED).body(Body::empty()));
    }
    builder = builder.header(CONTENT_TYPE, document.media_type);
    if packs {
        let builder = builder.header(CONTENT_ENCODING, "gzip");
        return built(builder.body(Body::with_content(document.gzip())));
    }
    built(builder.body(Body::with_content(document.plain()?)))
}

/// Whether the client takes gzip.
fn packs(headers: &HeaderMap) -> bool {
    let given = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = given.flat_map(|value| value.split(','));
    codings.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named =
            parts.next().is_some_and(|name| name == "*" || name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        named && weight.is_none_or(|weight| weight > 0.0)
    })
}

fn built(response: Result<Response<Body>, http::Error>) -> Result<Response<Body>, ApiError> {
    response.map_err(|error| Error::Internal(error.to_string()).into())
}
