//! The ways to prove who one is, and which operation wants which.

use serde_json::{Value, json};

use super::each;
use super::facts::{Authentication, Operation};

/// Adds the schemes and what each operation requires.
pub(super) fn add(document: &mut Value, operations: &[Operation]) {
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
