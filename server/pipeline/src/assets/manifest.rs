//! The list of the files of an installed asset.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checksum;

/// Name of the list in the directory of an asset.
pub(super) const MANIFEST: &str = "manifest.json";
/// Name of the directory with the files.
pub(super) const CONTENT: &str = "content";

/// The files of an asset, without directories. Files that are created later do not matter.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Manifest {
    files: Vec<Member>,
    /// Total size of the files, in bytes.
    pub(super) size: u64,
}

#[derive(Debug, Deserialize, Serialize)]
struct Member {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
enum Kind {
    File { size: u64, modified: (i64, i64), mode: u32, sha512: String },
    Link { target: PathBuf },
}

impl Manifest {
    /// The manifest of the files below a directory. Reads all files.
    pub(super) fn create(content: &Path) -> io::Result<Self> {
        let mut manifest = Self::default();
        let mut directories = vec![content.to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory)? {
                let path = entry?.path();
                let metadata = fs::symlink_metadata(&path)?;
                if metadata.is_dir() {
                    directories.push(path);
                    continue;
                }
                let kind = if metadata.is_symlink() {
                    Kind::Link { target: fs::read_link(&path)? }
                } else {
                    manifest.size = manifest.size.saturating_add(metadata.len());
                    let (size, modified, mode) = attributes(&metadata);
                    Kind::File { size, modified, mode, sha512: checksum::of_file(&path)? }
                };
                let path = path.strip_prefix(content).map_err(io::Error::other)?.to_owned();
                manifest.files.push(Member { path, kind });
            }
        }
        Ok(manifest)
    }

    pub(super) fn read(asset: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(asset.join(MANIFEST))?)?)
    }

    pub(super) fn write(&self, asset: &Path) -> io::Result<()> {
        fs::write(asset.join(MANIFEST), serde_json::to_vec(self)?)
    }

    /// Whether all files exist and are unchanged. `reads_files` also compares checksums.
    pub(super) fn matches(&self, content: &Path, reads_files: bool) -> bool {
        let matches = |member: &Member| {
            let path = content.join(&member.path);
            let Ok(metadata) = fs::symlink_metadata(&path) else { return false };
            match &member.kind {
                Kind::Link { target } => fs::read_link(&path).is_ok_and(|found| found == *target),
                Kind::File { size, modified, mode, sha512 } => {
                    metadata.is_file()
                        && attributes(&metadata) == (*size, *modified, *mode)
                        && (!reads_files
                            || checksum::of_file(&path).is_ok_and(|sum| sum == *sha512))
                }
            }
        };
        content.is_dir() && self.files.iter().all(matches)
    }
}

/// Size, time of the last change of the content, mode.
fn attributes(metadata: &Metadata) -> (u64, (i64, i64), u32) {
    (metadata.len(), (metadata.mtime(), metadata.mtime_nsec()), metadata.mode())
}
