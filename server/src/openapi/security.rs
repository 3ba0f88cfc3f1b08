//! Security schemes, and the schemes that each operation accepts.

use serde_json::{Value, json};

use super::each;
use super::facts::{Authentication, Operation};

/// Adds the schemes and the requirement of each operation.
pub(super) fn add(document: &mut Value, operations: &[Operation]) {
    document["components"]["securitySchemes"] = json!({
        "bearerAuth": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Access token from `GET /auth`: `Authorization: Bearer <access token>`.",
        },
        "apiKeyAuth": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "API key: `Authorization: Key <key>`. See `POST /apis/core/v2/apikeys`.",
        },
        "basicAuth": {
            "type": "http",
            "scheme": "basic",
            "description": "User name and password. Accepted by `GET /auth` and `GET /auth/test` only.",
        },
    });
    document["security"] = json!([{ "bearerAuth": [] }, { "apiKeyAuth": [] }]);
    each(document, operations, |operation| {
        let own = match operation.facts.authentication {
            Authentication::Token => return,
            Authentication::None => json!([]),
            Authentication::Session => json!([{ "bearerAuth": [] }]),
            Authentication::Basic => json!([{ "basicAuth": [] }]),
        };
        operation.value["security"] = own;
    });
}
