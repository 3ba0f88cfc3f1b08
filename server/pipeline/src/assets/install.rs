//! Installs archives: download, verification, unpacking.

use std::sync::Arc;

use reqwest::Client;
use tempfile::NamedTempFile;

use super::index::{Index, Lease, TEMPORARY};
use super::manifest::{CONTENT, Manifest};
use super::select::Archive;
use super::unpack::{self, Limits};
use super::{AssetError, Settings, download};
use crate::outbound::OutboundPolicy;

/// Installs archives in a cache.
pub(super) struct Installer {
    pub(super) settings: Settings,
    pub(super) outbound: OutboundPolicy,
    pub(super) client: Client,
    pub(super) index: Index,
}

impl Installer {
    /// An installed asset, if it is not damaged.
    pub(super) async fn installed(&self, sha512: &str) -> Option<Arc<Lease>> {
        let lease = self.index.acquire(sha512)?;
        tokio::task::spawn_blocking(move || verify(lease)).await.ok()?
    }

    /// Downloads and unpacks an archive.
    pub(super) async fn install(&self, archive: &Archive) -> Result<Arc<Lease>, AssetError> {
        // Between the look into the index and this, another installation can have ended.
        if let Some(lease) = self.installed(&archive.sha512).await {
            return Ok(lease);
        }
        let directory = &self.settings.directory;
        std::fs::create_dir_all(directory)
            .map_err(AssetError::because("cannot create the directory of assets"))?;
        let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(directory);
        let mut file = file.map_err(AssetError::because("cannot create a file"))?;
        let sha512 =
            download::fetch(&self.settings, &self.outbound, &self.client, archive, &mut file)
                .await?;
        if sha512 != archive.sha512 {
            let expected = &archive.sha512;
            return Err(AssetError(format!(
                "the archive has the SHA-512 checksum {sha512}, the asset specifies {expected}"
            )));
        }
        let (index, settings) = (self.index.clone(), self.settings.clone());
        let unpack = move || unpack_archive(&index, &settings, &file, &sha512);
        let result = tokio::task::spawn_blocking(unpack).await;
        result.map_err(AssetError::because("the installation ended unexpectedly"))?
    }
}

/// A lease of an asset that is not damaged.
fn verify(lease: Lease) -> Option<Arc<Lease>> {
    let must_read = lease.must_read();
    let manifest = Manifest::read(&lease.directory()).ok()?;
    let is_intact = manifest.matches(&lease.content(), must_read);
    is_intact.then(|| {
        lease.set_read();
        Arc::new(lease)
    })
}

fn unpack_archive(
    index: &Index,
    settings: &Settings,
    file: &NamedTempFile,
    sha512: &str,
) -> Result<Arc<Lease>, AssetError> {
    let failed = AssetError::because("cannot install the asset");
    let directory = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(&settings.directory);
    let directory = directory.map_err(&failed)?;
    let content = directory.path().join(CONTENT);
    std::fs::create_dir(&content).map_err(&failed)?;
    let limits = Limits { size: settings.unpacked, members: settings.members };
    unpack::unpack(file.path(), &content, limits)
        .map_err(AssetError::because("invalid archive"))?;
    let manifest = Manifest::create(&content).map_err(&failed)?;
    manifest.write(directory.path()).map_err(&failed)?;
    // The same archive can have been installed from another URL. Commands may be using that.
    if let Some(lease) = index.acquire(sha512).and_then(verify) {
        return Ok(lease);
    }
    // `tempdir` gives access to its owner only, and that is the server, which runs the commands.
    let lease = index.insert(sha512, directory.path(), manifest.size).map_err(&failed)?;
    // The directory has another name now, and must not be deleted.
    let _ = directory.keep();
    Ok(Arc::new(lease))
}
