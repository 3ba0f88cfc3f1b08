//! Tasks of this workspace that need no heavy dependencies, as a library for the tools below `xtask/`
//! and for tests.

pub mod check;
pub mod package;
pub mod store;
pub mod tidy;
pub mod tool;

use std::path::PathBuf;

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
