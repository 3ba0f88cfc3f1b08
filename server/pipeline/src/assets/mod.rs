//! Assets: archives that are downloaded, verified and unpacked before a command or script uses them.
//!
//! The cache directory contains a directory for each asset, named after the SHA-512 checksum of its archive, with the
//! list of its files (`manifest.json`) and the files (`content`). It is created under another name and then renamed, so
//! an asset is installed completely or not at all. The files are verified before each use: sizes and times, and
//! once after a start of the server their checksums. A damaged asset is installed again.

mod checksum;
mod download;
mod index;
mod install;
mod installed;
mod libraries;
mod manifest;
mod select;
mod unpack;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use sensu_types::asset::Asset;
use sensu_types::entity::Entity;

use crate::javascript::JavaScript;
use crate::outbound::{self, OutboundPolicy, Redirects};
use index::{Index, Lease};
use install::Installer;
use select::Archive;

pub use installed::InstalledAsset;
pub(crate) use libraries::libraries;

/// Settings of an [`AssetCache`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// Directory of the cache. Created if it does not exist.
    pub directory: PathBuf,
    /// Maximum size of the unpacked assets, in bytes. Assets in use are never removed, even beyond it.
    pub capacity: u64,
    /// Maximum size of an archive, in bytes.
    pub archive: u64,
    /// Maximum size of an unpacked archive, in bytes.
    pub unpacked: u64,
    /// Maximum number of files, links and directories of an archive.
    pub members: usize,
}

impl Settings {
    /// Default limits: a cache of 4 GiB; archives of 256 MiB, unpacked 1 GiB with 20,000 members; no `file:` URLs.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            capacity: 4 << 30,
            archive: 256 << 20,
            unpacked: 1 << 30,
            members: 20_000,
        }
    }
}

/// Why an asset cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AssetError(pub String);

impl AssetError {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// For `map_err`: an error of an operation.
    fn because<E: std::fmt::Display>(operation: &str) -> impl Fn(E) -> Self {
        move |error| Self(format!("{operation}: {error}"))
    }
}

type Installation = Shared<BoxFuture<'static, Result<Arc<Lease>, AssetError>>>;

/// Installed assets. Cheap to clone.
#[derive(Clone)]
pub struct AssetCache(Arc<Inner>);

struct Inner {
    javascript: JavaScript,
    entity: Entity,
    installer: Installer,
    /// Installations that are under way. Requests for the same archive wait for the same installation.
    installations: Mutex<HashMap<Archive, Installation>>,
}

impl AssetCache {
    /// A cache of assets for `entity`, the entity of the server. Blocks while the directory is read.
    ///
    /// # Errors
    /// If the directory exists and cannot be read, or the HTTP client cannot be created.
    pub fn new(
        settings: Settings,
        outbound: OutboundPolicy,
        javascript: JavaScript,
        entity: Entity,
    ) -> io::Result<Self> {
        let client = outbound::client(&outbound, Redirects::All).map_err(io::Error::other)?;
        let index = Index::open(&settings.directory, settings.capacity)?;
        let installer = Installer { settings, outbound, client, index };
        let installations = Mutex::default();
        Ok(Self(Arc::new(Inner { javascript, entity, installer, installations })))
    }

    /// Installs an asset unless it is installed. `None` if its filters, or those of all its builds, do not match the
    /// entity.
    ///
    /// Requests for the same archive at the same time share one download. Dropping the future does not cancel it.
    ///
    /// # Errors
    /// [`AssetError`] if the download or a filter fails, or the archive is not the expected one or not valid.
    pub async fn install(&self, asset: &Asset) -> Result<Option<InstalledAsset>, AssetError> {
        let inner = &self.0;
        let Some(archive) = select::archive(&inner.javascript, &inner.entity, asset).await? else {
            return Ok(None);
        };
        let lease = match inner.installer.installed(&archive.sha512).await {
            Some(lease) => lease,
            None => self.installation(archive).await?,
        };
        Ok(Some(InstalledAsset::new(&asset.metadata.name, lease)))
    }

    /// Starts an installation, or returns the one that is under way.
    fn installation(&self, archive: Archive) -> Installation {
        let lock = || self.0.installations.lock().unwrap_or_else(PoisonError::into_inner);
        let mut installations = lock();
        if let Some(installation) = installations.get(&archive) {
            return installation.clone();
        }
        let (inner, key) = (Arc::clone(&self.0), archive.clone());
        let task = tokio::spawn(async move {
            let result = inner.installer.install(&archive).await;
            let mut installations =
                inner.installations.lock().unwrap_or_else(PoisonError::into_inner);
            installations.remove(&archive);
            result
        });
        let failed = AssetError::because("the installation ended unexpectedly");
        let installation: Installation =
            task.map(move |result| result.map_err(failed)?).boxed().shared();
        installations.insert(key, installation.clone());
        installation
    }
}

#[cfg(test)]
mod tests;
