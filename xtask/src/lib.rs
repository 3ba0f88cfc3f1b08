//! Tasks of this workspace, as a library so that tests can run them.

#![expect(clippy::indexing_slicing, reason = "of what the project itself has written")]

pub mod bench;
pub mod check;
pub mod client;
pub mod docs_ui;
pub mod examples;
pub mod generate;
pub mod outside;
pub mod package;
pub mod schemas;
pub mod store;
pub mod tidy;

use std::path::PathBuf;

/// The workspace's root.
#[must_use]
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
