//! The Python wheel `sensu-server`, which installs both programs. No tool builds wheels with programs of several
//! crates, and the format is a ZIP file with three files of metadata.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::programs::PROGRAMS;
use crate::stage::Stage;
use crate::{VERSION, folder};

/// Builds the wheel.
pub(crate) fn build(stage: &Stage) -> anyhow::Result<PathBuf> {
    let mut files = Vec::new();
    let python = xtask::root().join("xtask/package/python");
    for name in ["__init__.py", "__main__.py"] {
        files.push((format!("sensu_server/{name}"), 0o644, fs::read(python.join(name))?));
    }
    let mut glibc = (2, 17);
    for program in PROGRAMS {
        let bytes = fs::read(stage.executable(program.name))?;
        glibc = glibc.max(required_glibc(&bytes));
        files.push((format!("sensu_server-{VERSION}.data/scripts/{}", program.name), 0o755, bytes));
    }
    let tag = format!("py3-none-manylinux_{}_{}_x86_64", glibc.0, glibc.1);
    let info = format!("sensu_server-{VERSION}.dist-info");
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let text = fs::read(xtask::root().join(license))?;
        files.push((format!("{info}/licenses/{license}"), 0o644, text));
    }
    for program in PROGRAMS {
        let notices = fs::read(stage.path(program.name, "third-party-notices"))?;
        let name = format!("{info}/licenses/{}-third-party-notices", program.name);
        files.push((name, 0o644, notices));
    }
    let readme = fs::read_to_string(python.join("README.md"))?;
    let metadata = fs::read_to_string(python.join("METADATA"))?;
    let metadata = format!("{}\n{readme}", metadata.replace("@VERSION@", VERSION));
    files.push((format!("{info}/METADATA"), 0o644, metadata.into_bytes()));
    let wheel =
        format!("Wheel-Version: 1.0\nGenerator: sensu-api\nRoot-Is-Purelib: false\nTag: {tag}\n");
    files.push((format!("{info}/WHEEL"), 0o644, wheel.into_bytes()));
    let record = record(&files, &info)?;
    files.push((format!("{info}/RECORD"), 0o644, record.into_bytes()));
    let path = folder().join(format!("sensu_server-{VERSION}-{tag}.whl"));
    write(&path, &files)?;
    Ok(path)
}

/// The list of all files with their checksums.
fn record(files: &[(String, u32, Vec<u8>)], info: &str) -> anyhow::Result<String> {
    let mut record = String::new();
    for (name, _, bytes) in files {
        let checksum = BASE64URL_NOPAD.encode(&Sha256::digest(bytes));
        writeln!(record, "{name},sha256={checksum},{}", bytes.len())?;
    }
    writeln!(record, "{info}/RECORD,,")?;
    Ok(record)
}

fn write(path: &PathBuf, files: &[(String, u32, Vec<u8>)]) -> anyhow::Result<()> {
    let mut zip = ZipWriter::new(fs::File::create(path)?);
    for (name, mode, bytes) in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(*mode);
        zip.start_file(name, options).with_context(|| name.clone())?;
        zip.write_all(bytes)?;
    }
    zip.finish()?;
    Ok(())
}

/// The version of glibc that a program requires: the highest in the names of its symbols, such as `GLIBC_2.34`.
fn required_glibc(program: &[u8]) -> (u32, u32) {
    const PREFIX: &[u8] = b"GLIBC_";
    let mut highest = (0, 0);
    for (at, _) in program.windows(PREFIX.len()).enumerate().filter(|(_, found)| *found == PREFIX) {
        let rest = program.get(at + PREFIX.len()..).unwrap_or_default();
        let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'.'));
        let version = std::str::from_utf8(rest.get(..end.unwrap_or(0)).unwrap_or_default());
        let mut numbers = version.unwrap_or_default().split('.').map(str::parse);
        if let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) {
            highest = highest.max((major, minor));
        }
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_of_glibc_is_required() {
        let program = b"\0GLIBC_2.9\0GLIBC_2.35\0GLIBC_PRIVATE\0GLIBC_2.2.5\0GLIBC_";
        assert_eq!(required_glibc(program), (2, 35));
    }

    #[test]
    fn the_record_lists_every_file_and_itself() {
        let files = [("a".to_owned(), 0o644, b"abc".to_vec())];
        let expected = "a,sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0,3\nx/RECORD,,\n";
        assert_eq!(record(&files, "x").unwrap(), expected);
    }
}
