//! `apikeys`: regular lists; the key itself is returned once, and identifies itself in URLs.

use dropshot::{
    ApiEndpointResponse, Body, CONTENT_TYPE_JSON, HttpError, HttpResponse, HttpResponseCreated,
    HttpResponseDeleted, HttpResponseHeaders, Path, RequestContext, endpoint,
};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{Response, StatusCode};
use schemars::JsonSchema;
use sensu_types::api_key::{ApiKey, NewApiKey};
use sensu_types::scope::{Everywhere, Name};
use serde::Serialize;

use super::body::UnreadBody;
use super::query::UnreadQuery;
use super::request::{authorize, authorize_write, conditions};
use super::response::{NO_STORE, ObjectResponse};
use super::routes::{Api, Mount, Mounted, Routes};
use crate::auth;
use crate::error::ApiError;
use crate::openapi::facts::Facts;
use crate::rbac::Verb;
use crate::resources::api_keys;
use crate::resources::patch::MergePatch;
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::runtime::context::Cx;

impl Mount for ApiKey {
    fn mount(api: &mut Api) -> Mounted {
        // The server generates the name, so there is no conflict.
        let create = Facts {
            conflict: false,
            success: Some("The API key, including the key itself."),
            ..Facts::create::<ApiKey>()
        };
        Routes::<ApiKey>::new(api)
            .list("api_key_list", "List API keys")
            .custom(api_key_get, Facts::get::<ApiKey>())
            .custom(api_key_create, create)
            .custom(api_key_patch, Facts::patch::<ApiKey>())
            .custom(api_key_delete, Facts::delete::<ApiKey>())
            .mount()
    }
}

/// Get an API key
///
/// Returns user and expiry of the key and its `ETag`, but not the key itself. In the URL, the key
/// itself is accepted in place of its name. If `If-None-Match` names the current state, the status
/// is 304.
#[endpoint { method = GET, path = "/apis/core/v2/apikeys/{name}", tags = ["apikeys"] }]
async fn api_key_get(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
) -> Result<ObjectResponse<ApiKey>, ApiError> {
    let grant = authorize::<ApiKey>(&rqctx, Verb::Get, "", &key_name(path)).await?;
    Ok(ObjectResponse::read(grant.get().await?, &conditions(&rqctx)))
}

/// Create an API key
///
/// Creates a key for the user in the body: `{"username": "ci"}`. With `expires_at`, the key expires
/// at that time. The response contains the key, as `key` and as the last segment of `Location`. It
/// cannot be retrieved again, because the server stores only its hash. Send it as `Authorization:
/// Key <key>`. A key has the current permissions of its user, and none while the user is disabled.
#[endpoint { method = POST, path = "/apis/core/v2/apikeys", tags = ["apikeys"] }]
async fn api_key_create(
    rqctx: RequestContext<Cx>,
    _path: Path<Everywhere>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<ApiKey>,
) -> Result<CreatedKey, ApiError> {
    let grant = authorize_write::<ApiKey, _>(&rqctx, Verb::Create, "", "", &options).await?;
    let key = body.read(rqctx.context(), grant.options()).await?;
    let key = api_keys::create(&grant, key).await?;
    // With the prefix of the request (D1).
    let location = format!("{}/{}", rqctx.request.uri().path(), key.key);
    Ok(CreatedKey { key, location })
}

/// Update fields of an API key
///
/// Applies a JSON merge patch (RFC 7396) to labels, annotations and `expires_at`. Other fields
/// cannot change. With `If-Match`, only the state with that `ETag` is changed; otherwise the status
/// is 412.
#[endpoint { method = PATCH, path = "/apis/core/v2/apikeys/{name}", tags = ["apikeys"] }]
async fn api_key_patch(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<MergePatch>,
) -> Result<ObjectResponse<ApiKey>, ApiError> {
    let (verb, name) = (Verb::Update, key_name(path));
    let grant = authorize_write::<ApiKey, _>(&rqctx, verb, "", &name, &options).await?;
    let changes = body.read(rqctx.context(), grant.options()).await?;
    Ok(ObjectResponse::written(api_keys::change(&grant, &changes, &conditions(&rqctx)).await?))
}

/// Delete an API key
///
/// Requests with the key get 401 from then on. In the URL, the key itself is accepted in place of
/// its name. If the key does not exist, the status is 404. With `If-Match`, only the state with
/// that `ETag` is deleted; otherwise the status is 412.
#[endpoint { method = DELETE, path = "/apis/core/v2/apikeys/{name}", tags = ["apikeys"] }]
async fn api_key_delete(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: UnreadQuery<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let (verb, name) = (Verb::Delete, key_name(path));
    let grant = authorize_write::<ApiKey, _>(&rqctx, verb, "", &name, &options).await?;
    grant.delete(&conditions(&rqctx)).await?;
    Ok(HttpResponseDeleted())
}

/// The name of the key in the URL, which contains the name or the key itself.
fn key_name(path: Path<Name>) -> String {
    auth::api_key_id_in_url(&path.into_inner().name)
}

/// A created key: 201 with `Location`.
struct CreatedKey {
    key: NewApiKey,
    location: String,
}

#[derive(JsonSchema, Serialize)]
struct CreatedKeyHeaders {
    /// URL of the API key. Its last segment is the key itself.
    #[serde(rename = "Location")]
    location: String,
}

impl HttpResponse for CreatedKey {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let body = serde_json::to_vec(&self.key)
            .map_err(|error| HttpError::for_internal_error(error.to_string()))?;
        let response = Response::builder()
            .status(self.status_code())
            .header(CONTENT_TYPE, CONTENT_TYPE_JSON)
            .header(CACHE_CONTROL, NO_STORE)
            .header(LOCATION, self.location);
        Ok(response.body(body.into())?)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseHeaders::<HttpResponseCreated<NewApiKey>, CreatedKeyHeaders>::response_metadata(
        )
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::CREATED
    }
}
