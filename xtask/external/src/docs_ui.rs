//! The vendored docs browser: verifies it, compares it with the published npm package, or updates it.
//!
//! `server/docs-ui/PROVENANCE.toml` names the package, its integrity as npm states it, and the SHA-256 of
//! the unpacked file.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Deserialize;
use sha2::{Digest as _, Sha256, Sha512};

use crate::tools;

/// The content of `PROVENANCE.toml`.
#[derive(Deserialize)]
struct Provenance {
    package: String,
    version: String,
    file: String,
    integrity: String,
    sha256: String,
}

/// How to treat the vendored file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Verify its checksum, offline.
    Verify,
    /// Verify its checksum, download the package and compare byte by byte.
    Check,
    /// Replace it with the file of the package.
    Update,
}

/// Verifies, compares or updates the vendored file.
///
/// # Errors
/// If the vendored file or the downloaded package is not the one that `PROVENANCE.toml` names.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run(mode: Mode) -> anyhow::Result<()> {
    let folder = xtask::root().join("server/docs-ui");
    let text = fs::read_to_string(folder.join("PROVENANCE.toml"))?;
    let provenance: Provenance = toml::from_str(&text).context("PROVENANCE.toml")?;
    let packed = folder.join("scalar.js.gz");
    if mode == Mode::Update {
        fs::write(&packed, pack(&download(&provenance)?)?)?;
    }
    let vendored = unpack(&fs::read(&packed)?)?;
    verify(&vendored, &provenance.sha256)?;
    if mode == Mode::Check {
        same(&vendored, &download(&provenance)?)?;
    }
    let Provenance { package, version, .. } = provenance;
    let extent = match mode {
        Mode::Verify => "matches its checksum",
        Mode::Check | Mode::Update => "matches the published package",
    };
    println!("docs-ui: {package} {version}, {} bytes, {extent}", vendored.len());
    Ok(())
}

fn verify(bytes: &[u8], sha256: &str) -> anyhow::Result<()> {
    let actual = hex(&Sha256::digest(bytes));
    ensure!(actual == sha256, "scalar.js.gz has SHA-256 {actual}, PROVENANCE.toml has {sha256}");
    Ok(())
}

fn same(vendored: &[u8], published: &[u8]) -> anyhow::Result<()> {
    ensure!(vendored == published, "scalar.js.gz differs from the file of the published package");
    Ok(())
}

/// Downloads the package and extracts the file.
fn download(provenance: &Provenance) -> anyhow::Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let name = format!("{}@{}", provenance.package, provenance.version);
    shell(folder.path(), "npm", &["pack", "--silent", &name])?;
    let package = fs::read_dir(folder.path())?.next().context("npm packed nothing")??.path();
    let actual = format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(fs::read(&package)?)));
    ensure!(actual == provenance.integrity, "{name} is not the package that PROVENANCE.toml names");
    let package = package.to_string_lossy().into_owned();
    shell(folder.path(), "tar", &["-xzf", &package, &provenance.file])?;
    Ok(fs::read(folder.path().join(&provenance.file))?)
}

fn shell(folder: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    tools::run(Command::new(program).args(arguments).current_dir(folder))
}

fn pack(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn unpack(packed: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).context("scalar.js.gz is not gzip")?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendored_file_matches_its_checksum() {
        run(Mode::Verify).unwrap();
    }

    #[test]
    fn a_file_with_another_checksum_is_rejected() {
        assert!(verify(b"something else", &"0".repeat(64)).is_err());
    }

    #[test]
    fn a_file_that_differs_from_the_published_one_is_rejected() {
        assert!(same(b"vendored", b"published").is_err());
        assert!(same(b"equal", b"equal").is_ok());
    }

    #[test]
    fn packing_is_lossless() {
        assert_eq!(unpack(&pack(b"text").unwrap()).unwrap(), b"text");
    }
}
