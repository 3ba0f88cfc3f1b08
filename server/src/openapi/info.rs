//! Title, introduction, license, server.

use serde_json::{Value, json};

use super::errors;

/// The document's title.
pub(super) const TITLE: &str = "Sensu Go core/v2 API";

const INTRODUCTION: &str = include_str!("introduction.md");

/// Adds the introduction, license, contact and server.
pub(super) fn add(document: &mut Value) {
    document["info"]["description"] = INTRODUCTION.replace("%errors%", &errors::table()).into();
    document["info"]["license"] =
        json!({ "name": "MIT OR Apache-2.0", "url": "https://spdx.org/licenses/MIT.html" });
    document["info"]["contact"] =
        json!({ "name": "Issue tracker", "url": concat!(env!("CARGO_PKG_REPOSITORY"), "/issues") });
    // Relative, because the server that serves the document is the one that it describes.
    document["servers"] =
        json!([{ "url": "/", "description": "The server that serves this document." }]);
}
