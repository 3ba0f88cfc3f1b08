//! `tessen`: one object without a name, which can be read and replaced.

use dropshot::{Path, RequestContext, endpoint};
use sensu_types::scope::Everywhere;
use sensu_types::tessen::TessenConfig;

use super::body::UnreadBody;
use super::query::UnreadQuery;
use super::response::ObjectResponse;
use super::routes::{Api, Mount, Mounted, Routes};
use super::verbs;
use crate::error::ApiError;
use crate::openapi::facts::Facts;
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Cx;

impl Mount for TessenConfig {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<TessenConfig>::new(api)
            .custom(tessen_get, Facts { not_found: false, ..Facts::get::<TessenConfig>() })
            .custom(tessen_put, Facts::put::<TessenConfig>())
            .mount()
    }
}

/// Get the setting of Tessen
///
/// Returns whether usage reports are disabled, and its `ETag`. The setting has no effect: this server never
/// sends anything. If `If-None-Match` names the current state, the status is 304.
#[endpoint { method = GET, path = "/apis/core/v2/tessen", tags = ["tessen"] }]
async fn tessen_get(
    rqctx: RequestContext<Cx>,
    path: Path<Everywhere>,
) -> Result<ObjectResponse<TessenConfig>, ApiError> {
    verbs::get::<TessenConfig>(rqctx, path).await
}

/// Replace the setting of Tessen
///
/// Stores the setting and returns it as stored. It has no effect: this server never sends anything. With
/// `If-Match`, only the state with that `ETag` is replaced; otherwise the status is 412.
#[endpoint { method = PUT, path = "/apis/core/v2/tessen", tags = ["tessen"] }]
async fn tessen_put(
    rqctx: RequestContext<Cx>,
    path: Path<Everywhere>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<TessenConfig>,
) -> Result<ObjectResponse<TessenConfig>, ApiError> {
    verbs::put::<TessenConfig>(rqctx, path, options, body).await
}
