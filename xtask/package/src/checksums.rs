//! SHA-256 checksums, in the format of `sha256sum`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// The checksum of bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// A line of a file of checksums.
pub(crate) fn line(name: &str, bytes: &[u8]) -> String {
    format!("{}  {name}\n", sha256(bytes))
}

/// Writes `SHA256SUMS` for all files of a folder.
pub(crate) fn write(folder: &Path) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && name != "SHA256SUMS" {
            lines.push((name, fs::read(&path)?));
        }
    }
    lines.sort();
    let mut text = String::new();
    for (name, bytes) in lines {
        write!(text, "{}", line(&name, &bytes))?;
    }
    Ok(fs::write(folder.join("SHA256SUMS"), text)?)
}
