//! Archives in tar format, compressed with gzip or not.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::Limits;
use super::members::Members;

/// Maximum size of the description of a member (long names, pax records), in bytes: the tar crate keeps it in memory.
const DESCRIPTION: u64 = 64 << 10;
/// What a member can need in the archive besides its content, in bytes: headers, description, padding.
const OVERHEAD: u64 = 8 << 10;

/// Unpacks an archive, after a first pass that only checks it.
pub(super) fn unpack(
    file: &File,
    is_compressed: bool,
    members: &mut Members,
    limits: Limits,
) -> io::Result<()> {
    check(&mut Archive::new(reader(file, is_compressed, limits)?), limits)?;
    let mut archive = Archive::new(reader(file, is_compressed, limits)?);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let kind = entry.header().entry_type();
        match kind {
            EntryType::Regular | EntryType::Continuous => {
                let mode = entry.header().mode()?;
                members.file(&path, mode, &mut entry)?;
            }
            EntryType::Directory => members.directory(&path)?,
            EntryType::Symlink => members.link(&path, &target(&entry)?)?,
            EntryType::Link => members.hard_link(&path, &target(&entry)?)?,
            // Describes the archive, not a member.
            EntryType::XGlobalHeader => {}
            _ => return Err(unsupported(&path)),
        }
    }
    Ok(())
}

/// Checks what the tar crate does not limit: sizes of descriptions, number of entries.
///
/// This pass does not interpret descriptions. If they contained sizes, as those of sparse files do, the second pass
/// could find members in other places, so they are refused.
fn check(archive: &mut Archive<impl Read>, limits: Limits) -> io::Result<()> {
    let mut entries = 0_usize;
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        entries += 1;
        // At most three descriptions of each member.
        if entries > limits.members.saturating_mul(4) {
            return Err(io::Error::other(format!("more than {} members", limits.members)));
        }
        let kind = entry.header().entry_type();
        if kind.is_gnu_sparse() {
            return Err(io::Error::other("sparse files are not supported"));
        }
        let is_pax = kind.is_pax_local_extensions() || kind.is_pax_global_extensions();
        if is_pax || kind.is_gnu_longname() || kind.is_gnu_longlink() {
            if entry.size() > DESCRIPTION {
                return Err(io::Error::other("the description of a member is too long"));
            }
            let mut description = Vec::new();
            entry.read_to_end(&mut description)?;
            let has_size = description.windows(6).any(|window| window == b" size=");
            if is_pax && (has_size || description.windows(12).any(|w| w == b" GNU.sparse.")) {
                return Err(io::Error::other("pax records with sizes are not supported"));
            }
        }
    }
    Ok(())
}

fn target<R: Read>(entry: &tar::Entry<'_, R>) -> io::Result<std::path::PathBuf> {
    let target = entry.link_name()?.ok_or_else(|| io::Error::other("a link without a target"))?;
    Ok(target.into_owned())
}

fn unsupported(path: &Path) -> io::Error {
    io::Error::other(format!("member {path:?} is neither a file, directory nor link"))
}

/// The uncompressed archive from its beginning, up to the size that an archive within the limits can have.
fn reader(file: &File, is_compressed: bool, limits: Limits) -> io::Result<Box<dyn Read + '_>> {
    let mut file = file;
    file.rewind()?;
    let overhead = u64::try_from(limits.members).unwrap_or(u64::MAX).saturating_mul(OVERHEAD);
    let rest = limits.size.saturating_add(overhead).saturating_add(1 << 20);
    let buffered = BufReader::new(file);
    Ok(if is_compressed {
        Box::new(Limited { inner: MultiGzDecoder::new(buffered), rest })
    } else {
        Box::new(Limited { inner: buffered, rest })
    })
}

/// Fails, instead of ending, after a number of bytes.
struct Limited<R> {
    inner: R,
    rest: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let rest = u64::try_from(count).ok().and_then(|count| self.rest.checked_sub(count));
        self.rest = rest.ok_or_else(|| io::Error::other("too large when unpacked"))?;
        Ok(count)
    }
}
