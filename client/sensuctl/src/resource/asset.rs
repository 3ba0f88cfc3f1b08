//! `sensuctl asset`

use serde_json::Value;

use crate::column::Column;
use crate::descriptor::{Descriptor, Noun};
use crate::field::Field;
use crate::pointer;

pub(crate) const ASSET: Descriptor = Descriptor {
    command: "asset",
    kind: "Asset",
    collection: "assets",
    noun: Noun::an("asset", "assets"),
    fields: &[
        Field::text("url", "/url", "URL of the archive").short('u').prompt("URL:").required(),
        Field::text("sha512", "/sha512", "SHA-512 checksum of the archive, in hexadecimal")
            .prompt("SHA-512 Checksum:")
            .required(),
        Field::list("filter", "/filters", "Expressions that select the systems of the asset")
            .value_name("EXPRESSION,...")
            .prompt("Filters:"),
    ],
    columns: &[
        Column::value("Name", "/metadata/name"),
        Column::computed("URL", url),
        Column::computed("Hash", |asset| {
            pointer::text(asset, "/sha512").chars().take(7).collect::<String>()
        }),
    ],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Namespace", "/metadata/namespace"),
        Column::value("URL", "/url"),
        Column::value("SHA-512 Checksum", "/sha512"),
        Column::value("Filters", "/filters"),
    ],
    examples: "  sensuctl asset create plugins -u https://example.com/plugins.tgz --sha512 $(sha512sum < plugins.tgz | cut -c1-128)
  sensuctl asset list --all-namespaces",
    ..Descriptor::NAMESPACED
};

/// The URL, or the number of builds.
fn url(asset: &Value) -> String {
    match pointer::text(asset, "/url") {
        url if url.is_empty() => match pointer::list(asset, "/builds").len() {
            0 => String::new(),
            1 => "(1 build)".into(),
            builds => format!("({builds} builds)"),
        },
        url => url,
    }
}
