//! Archives in zip format.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use zip::ZipArchive;

use super::Limits;
use super::members::{Members, PATH};

/// Size of the end record without its comment, in bytes.
const END: u64 = 22;
/// Bits of a mode with the type of a file.
const TYPE: u32 = 0o170_000;

pub(super) fn unpack(file: &File, members: &mut Members, limits: Limits) -> io::Result<()> {
    check(file, limits)?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(io::Error::other)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(io::Error::other)?;
        let name = entry.name_raw().to_vec();
        let path = Path::new(OsStr::from_bytes(&name));
        let mode = entry.unix_mode().unwrap_or(0o644);
        match mode & TYPE {
            _ if entry.is_dir() => members.directory(path)?,
            0o120_000 => {
                let mut target = Vec::new();
                let limit = u64::try_from(PATH).unwrap_or(u64::MAX);
                (&mut entry).take(limit + 1).read_to_end(&mut target)?;
                members.link(path, Path::new(OsStr::from_bytes(&target)))?;
            }
            0 | 0o100_000 => members.file(path, mode, &mut entry)?,
            _ => {
                let problem = format!("member {path:?} is neither a file, directory nor link");
                return Err(io::Error::other(problem));
            }
        }
    }
    Ok(())
}

/// Checks the number of members before the zip crate reads the descriptions of all of them into memory.
fn check(file: &File, limits: Limits) -> io::Result<()> {
    let mut file = file;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(END + u64::from(u16::MAX))))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    file.rewind()?;
    let counts = tail.windows(12).filter(|window| window.starts_with(b"PK\x05\x06"));
    let count = |window: &[u8]| match window {
        [.., low, high] => usize::from(u16::from_le_bytes([*low, *high])),
        _ => 0,
    };
    // 65,535 stands for a number in another record.
    match counts.map(count).max() {
        None => Err(io::Error::other("the archive has no end")),
        Some(most) if most > limits.members || most == usize::from(u16::MAX) => {
            Err(io::Error::other(format!("more than {} members", limits.members)))
        }
        Some(_) => Ok(()),
    }
}
