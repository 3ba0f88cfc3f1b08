//! The ways to prove who one is, and which operation wants which.

use serde_json::{Value, json};

use super::each;

/// Operations that need no credentials.
const OPEN: [&str; 7] = [
    "api_group_get",
    "api_group_list",
    "api_resource_list",
    "health_get",
    "metrics_get",
    "ready_get",
    "version_get",
];

/// Adds the schemes and what each operation requires.
pub(super) fn add(document: &mut Value) {
    document["components"]["securitySchemes"] = json!({
        "bearerAuth": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token from `GET /auth`: `Authorization: Bearer <access token>`.",
        },
        "apiKeyAuth": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "An API key, with its scheme: `Key <key>`. See `POST /apis/core/v2/apikeys`.",
        },
        "basicAuth": {
            "type": "http",
            "scheme": "basic",
            "description": "User name and password. Only for `GET /auth` and `GET /auth/test`.",
        },
    });
    document["security"] = json!([{ "bearerAuth": [] }, { "apiKeyAuth": [] }]);
    each(document, |operation| {
        let id = operation.value["operationId"].as_str().unwrap_or_default();
        if OPEN.contains(&id) {
            operation.value["security"] = json!([]);
        } else if ["auth_logout", "auth_refresh"].contains(&id) {
            operation.value["security"] = json!([{ "bearerAuth": [] }]);
        } else if ["auth_login", "auth_test"].contains(&id) {
            operation.value["security"] = json!([{ "basicAuth": [] }]);
        }
    });
}
