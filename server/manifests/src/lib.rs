//! Manifests: files of Sensu resources, as `sensuctl dump` and users write them. Read by
//! `sensu-server import` and by `sensuctl`.
//!
//! A file holds JSON values (concatenated or in a list) or YAML documents separated by `---`. Each
//! value is one [`Manifest`]: an object wrapped with its type and version. This crate does not know
//! which types and fields exist; its callers check those.

mod files;
mod manifest;
mod parse;

use std::fmt::{Display, Formatter};

pub use files::{SourceFile, read_files};
pub use manifest::Manifest;
pub use parse::parse;

/// The message of a read or syntax error, written for the author of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError(pub(crate) String);

impl Display for ManifestError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ManifestError {}
