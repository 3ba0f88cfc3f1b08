//! Title, introduction, licence, server.

use serde_json::{Value, json};

use super::errors;

/// The document's title.
pub(super) const TITLE: &str = "Sensu Go core/v2 API";

const INTRODUCTION: &str = include_str!("introduction.md");

/// Adds what a document says about itself.
pub(super) fn add(document: &mut Value) {
    document["info"]["description"] = INTRODUCTION.replace("%ERRORS%", &errors::table()).into();
    document["info"]["license"] =
        json!({ "name": "MIT OR Apache-2.0", "url": "https://spdx.org/licenses/MIT.html" });
    document["info"]["contact"] = json!({ "name": "The project's issues", "url": concat!(env!("CARGO_PKG_REPOSITORY"), "/issues") });
    // Relative: the server that hands out the document is the one it describes.
    document["servers"] =
        json!([{ "url": "/", "description": "The server that serves this document." }]);
}
