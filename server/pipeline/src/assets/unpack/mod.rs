//! Unpacks archives of which nothing can be trusted.

mod members;
mod tarball;
mod zipped;

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;

use members::Members;

/// Limits of an archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Size of all files, in bytes.
    pub(super) size: u64,
    /// Number of files, links and directories.
    pub(super) members: usize,
}

/// Unpacks a tar, tar.gz or zip archive into an empty directory.
///
/// # Errors
/// If the archive is of another format, damaged, exceeds a limit, or has a member whose path or link leads out of the
/// directory.
pub(super) fn unpack(archive: &Path, directory: &Path, limits: Limits) -> io::Result<()> {
    let mut file = File::open(archive)?;
    let mut start = Vec::new();
    (&mut file).take(512).read_to_end(&mut start)?;
    file.rewind()?;
    let mut members = Members::new(directory, limits)?;
    let has =
        |offset: usize, magic: &[u8]| start.get(offset..).is_some_and(|s| s.starts_with(magic));
    if has(0, &[0x1f, 0x8b]) {
        tarball::unpack(&file, true, &mut members, limits)?;
    } else if has(257, b"ustar") {
        tarball::unpack(&file, false, &mut members, limits)?;
    } else if has(0, b"PK\x03\x04") {
        zipped::unpack(&file, &mut members, limits)?;
    } else {
        return Err(io::Error::other("the format is neither tar, tar.gz nor zip"));
    }
    members.check_links()
}

#[cfg(test)]
pub(super) use tests::archives;

#[cfg(test)]
mod tests;
