//! `apikeys`: lists as usual; what is made is shown once, and a key finds itself.

use dropshot::{
    ApiEndpointResponse, Body, CONTENT_TYPE_JSON, HttpError, HttpResponse, HttpResponseCreated,
    HttpResponseDeleted, HttpResponseHeaders, Path, RequestContext, endpoint,
};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{Response, StatusCode};
use schemars::JsonSchema;
use sensu_types::Resource as _;
use sensu_types::api_key::{ApiKey, NewApiKey};
use sensu_types::scope::{Everywhere, Name};
use serde::Serialize;

use super::body::Draft;
use super::params::Params;
use super::response::One;
use super::routes::{Api, Mounted, PREFIX, Routes};
use crate::auth::{self, Caller};
use crate::error::ApiError;
use crate::openapi::facts::Facts;
use crate::rbac::Verb;
use crate::resources::api_keys;
use crate::resources::grant::Grant;
use crate::resources::patch::MergePatch;
use crate::resources::preconditions::Conditions;
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<ApiKey>::of(api)
        .list("api_key_list", "List the API keys")
        .custom(api_key_get, Facts::get::<ApiKey>())
        // The server makes the name, at random.
        .custom(api_key_create, Facts { conflict: false, ..Facts::create::<ApiKey>() })
        .custom(api_key_patch, Facts::patch::<ApiKey>())
        .custom(api_key_delete, Facts::delete::<ApiKey>())
        .mount()
}

/// Fetch an API key
///
/// Shows whom the key speaks for and when it ends, never the key. In the place of the name, the key
/// itself may be given.
#[endpoint { method = GET, path = "/apis/core/v2/apikeys/{name}", tags = ["apikeys"] }]
async fn api_key_get(rqctx: RequestContext<Cx>, path: Path<Name>) -> Result<One<ApiKey>, ApiError> {
    let grant = grant(&rqctx, path, Verb::Get).await?;
    Ok(One::read(grant.get().await?, &Conditions::from_headers(rqctx.request.headers())))
}

/// Create an API key
///
/// Makes a key for the user in the body: `{"username": "ci"}`, with `expires_at` if it is to end by
/// itself. The answer holds the key, as `key` and as the last part of `Location`. It is shown this
/// once: the server keeps no more than a hash. Send it as `Authorization: Key <key>`. The key has
/// the rights of its user as they are at the time of use, and none while the user is disabled.
#[endpoint { method = POST, path = "/apis/core/v2/apikeys", tags = ["apikeys"] }]
async fn api_key_create(
    rqctx: RequestContext<Cx>,
    _path: Path<Everywhere>,
    options: Params<WriteOptions>,
    draft: Draft<ApiKey>,
) -> Result<Made, ApiError> {
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<ApiKey>(Verb::Create, "", "")
        .await?
        .with_options(options.read()?);
    let draft = draft.read(rqctx.context(), grant.options()).await?;
    Ok(Made(api_keys::create(&grant, draft).await?))
}

/// Change parts of an API key
///
/// Labels, annotations and `expires_at` can be changed, with an RFC 7396 merge patch. `If-Match` with
/// an `ETag` changes only that state of the object; otherwise the answer is 412.
#[endpoint { method = PATCH, path = "/apis/core/v2/apikeys/{name}", tags = ["apikeys"] }]
async fn api_key_patch(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: Params<WriteOptions>,
    draft: Draft<MergePatch>,
) -> Result<One<ApiKey>, ApiError> {
    let grant = grant(&rqctx, path, Verb::Update).await?.with_options(options.read()?);
    let changes = draft.read(rqctx.context(), grant.options()).await?;
    let conditions = Conditions::from_headers(rqctx.request.headers());
    Ok(One::written(api_keys::change(&grant, &changes, &conditions).await?))
}

/// Delete an API key
///
/// The key is good for nothing from the next request on. In the place of the name, the key itself may
/// be given.
#[endpoint { method = DELETE, path = "/apis/core/v2/apikeys/{name}", tags = ["apikeys"] }]
async fn api_key_delete(
    rqctx: RequestContext<Cx>,
    path: Path<Name>,
    options: Params<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let grant = grant(&rqctx, path, Verb::Delete).await?.with_options(options.read()?);
    grant.delete(&Conditions::from_headers(rqctx.request.headers())).await?;
    Ok(HttpResponseDeleted())
}

/// The right to do something with the key that the URL means.
async fn grant(
    rqctx: &RequestContext<Cx>,
    path: Path<Name>,
    verb: Verb,
) -> Result<Grant<ApiKey>, ApiError> {
    let name = auth::api_key_id_in_url(&path.into_inner().name);
    Ok(Caller::from_request(rqctx).await?.authorize::<ApiKey>(verb, "", &name).await?)
}

/// A key that was made: 201 with its place.
struct Made(NewApiKey);

/// Headers of the answer with a new key.
#[derive(JsonSchema, Serialize)]
struct Placed {
    /// The address of what is known of the key. Its last part is the key.
    #[serde(rename = "Location")]
    location: String,
}

impl HttpResponse for Made {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let body = serde_json::to_vec(&self.0)
            .map_err(|error| HttpError::for_internal_error(error.to_string()))?;
        let response = Response::builder()
            .status(self.status_code())
            .header(CONTENT_TYPE, CONTENT_TYPE_JSON)
            .header(LOCATION, format!("{PREFIX}/{}/{}", ApiKey::PLURAL, self.0.key));
        Ok(response.body(body.into())?)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseHeaders::<HttpResponseCreated<NewApiKey>, Placed>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::CREATED
    }
}
