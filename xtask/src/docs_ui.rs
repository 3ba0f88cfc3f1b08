//! The docs browser that is checked in: whether it is the file that was published, and how to get it
//! again.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Deserialize;
use sha2::{Digest as _, Sha256, Sha512};

/// What `PROVENANCE.toml` says.
#[derive(Deserialize)]
struct Provenance {
    package: String,
    version: String,
    file: String,
    integrity: String,
    sha256: String,
}

/// Compares the file with its provenance or, with `update`, fetches it anew.
///
/// # Errors
/// If it is not the file that the provenance names.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub fn run(update: bool) -> anyhow::Result<()> {
    let folder = crate::root().join("server/docs-ui");
    let text = fs::read_to_string(folder.join("PROVENANCE.toml"))?;
    let provenance: Provenance = toml::from_str(&text).context("PROVENANCE.toml")?;
    let packed = folder.join("scalar.js.gz");
    if update {
        fs::write(&packed, fetched(&provenance)?)?;
    }
    let bytes = unpacked(&fs::read(&packed)?)?;
    verify(&bytes, &provenance.sha256)?;
    println!("{} {}: {} bytes, as published", provenance.package, provenance.version, bytes.len());
    Ok(())
}

fn verify(bytes: &[u8], sha256: &str) -> anyhow::Result<()> {
    let actual = hex(&Sha256::digest(bytes));
    ensure!(actual == sha256, "scalar.js.gz holds a file of SHA-256 {actual}, not {sha256}");
    Ok(())
}

/// The file out of the package, packed.
fn fetched(provenance: &Provenance) -> anyhow::Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let name = format!("{}@{}", provenance.package, provenance.version);
    shell(folder.path(), "npm", &["pack", "--silent", &name])?;
    let package = fs::read_dir(folder.path())?.next().context("npm packed nothing")??.path();
    let actual = format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(fs::read(&package)?)));
    ensure!(actual == provenance.integrity, "{name} is not the package that PROVENANCE.toml names");
    let package = package.to_string_lossy().into_owned();
    shell(folder.path(), "tar", &["-xzf", &package, &provenance.file])?;
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(&fs::read(folder.path().join(&provenance.file))?)?;
    Ok(packer.finish()?)
}

fn shell(folder: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(program).args(arguments).current_dir(folder).status();
    match status.with_context(|| format!("cannot run {program}"))?.success() {
        true => Ok(()),
        false => bail!("{program} failed"),
    }
}

fn unpacked(packed: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).context("scalar.js.gz is not packed")?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_browser_is_the_one_that_was_published() {
        run(false).unwrap();
    }

    #[test]
    fn another_file_is_found_out() {
        assert!(verify(b"something else", &"0".repeat(64)).is_err());
    }
}
