//! Assets that can be used.

use std::path::Path;
use std::sync::Arc;

use super::index::Lease;

/// An asset that can be used. Cheap to clone. It is not removed from the cache before this is dropped.
#[derive(Clone, Debug)]
pub struct InstalledAsset {
    name: Arc<str>,
    directory: Arc<Path>,
    _lease: Option<Arc<Lease>>,
}

impl InstalledAsset {
    pub(super) fn new(name: &str, lease: Arc<Lease>) -> Self {
        Self { name: name.into(), directory: lease.content().into(), _lease: Some(lease) }
    }

    /// An asset that is not in a cache.
    #[cfg(test)]
    pub(crate) fn test(name: &str, directory: &str) -> Self {
        Self { name: name.into(), directory: Path::new(directory).into(), _lease: None }
    }

    /// Name of the asset.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Directory of the unpacked archive.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}
