//! `sensuctl asset`: files that checks, handlers and mutators need at run time.

use serde_json::Value;

use super::{RESOURCE, Resource};
use crate::column::Cell;
use crate::field::{FIELD, Field, Shape, text};

/// Assets.
pub(crate) const ASSET: Resource = Resource {
    command: "asset",
    kind: "Asset",
    plural: "assets",
    noun: "asset",
    fields: &[
        Field {
            flag: "url",
            short: Some('u'),
            at: "/url",
            help: "Where the asset is fetched from",
            question: "URL:",
            required: true,
            ..FIELD
        },
        Field {
            flag: "sha512",
            at: "/sha512",
            help: "SHA-512 checksum of the file",
            question: "SHA-512 Checksum:",
            required: true,
            ..FIELD
        },
        Field {
            flag: "filter",
            at: "/filters",
            shape: Shape::List,
            help: "Expressions that decide which systems the asset is for",
            question: "Filters:",
            ..FIELD
        },
    ],
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::made("URL", url),
        Cell::made("Hash", |asset| {
            text(asset.pointer("/sha512")).chars().take(7).collect::<String>()
        }),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Namespace", "/metadata/namespace"),
        Cell::at("URL", "/url"),
        Cell::at("SHA-512 Checksum", "/sha512"),
        Cell::at("Filters", "/filters"),
    ],
    examples: "  sensuctl asset create plugins -u https://example.com/plugins.tgz --sha512 $(sha512sum < plugins.tgz | cut -c1-128)
  sensuctl asset list --all-namespaces",
    ..RESOURCE
};

/// The address, or where the builds are.
fn url(asset: &Value) -> String {
    match text(asset.pointer("/url")) {
        url if url.is_empty() => {
            let builds = asset.pointer("/builds").and_then(Value::as_array);
            match builds.map_or(0, Vec::len) {
                0 => String::new(),
                1 => "(1 build)".into(),
                builds => format!("({builds} builds)"),
            }
        }
        url => url,
    }
}
