//! Archives for tests, with members that tools refuse to create.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A tar archive that is built member by member.
pub(in crate::assets) struct Tar(Builder<Vec<u8>>);

impl Default for Tar {
    fn default() -> Self {
        Self(Builder::new(Vec::new()))
    }
}

impl Tar {
    pub(in crate::assets) fn file(&mut self, path: &str, content: &str) {
        self.append(b'0', path, "", content.as_bytes());
    }

    /// `s` for a symbolic link, `h` for a hard link.
    pub(in crate::assets) fn link(&mut self, kind: char, path: &str, target: &str) {
        self.append(if kind == 's' { b'2' } else { b'1' }, path, target, b"");
    }

    /// A directory with content, which it should not have.
    pub(in crate::assets) fn directory(&mut self, path: &str, content: &str) {
        self.append(b'5', path, "", content.as_bytes());
    }

    pub(in crate::assets) fn other(&mut self, kind: char, path: &str) {
        self.append(u8::try_from(kind).unwrap(), path, "", b"");
    }

    pub(in crate::assets) fn description(&mut self, kind: char, content: &str) {
        self.append(u8::try_from(kind).unwrap(), "description", "", content.as_bytes());
    }

    fn append(&mut self, kind: u8, path: &str, target: &str, content: &[u8]) {
        if path.len() > 100 {
            let mut name = path.as_bytes().to_vec();
            name.push(0);
            self.append(b'L', "name", "", &name);
        }
        let mut header = Header::new_gnu();
        // Written directly: the methods of the header refuse `..`.
        let count = path.len().min(100);
        header.as_old_mut().name[..count].copy_from_slice(&path.as_bytes()[..count]);
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(EntryType::new(kind));
        header.set_mode(0o6755);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.0.append(&header, content).unwrap();
    }

    pub(in crate::assets) fn finish(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

pub(in crate::assets) fn tar(members: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = Tar::default();
    members.iter().for_each(|(path, content)| archive.file(path, content));
    archive.finish()
}

/// A tar archive whose last member is a link.
pub(in crate::assets) fn tar_link(
    members: &[(&str, &str)],
    kind: char,
    path: &str,
    target: &str,
) -> Vec<u8> {
    let mut archive = Tar::default();
    members.iter().for_each(|(path, content)| archive.file(path, content));
    archive.link(kind, path, target);
    archive.finish()
}

pub(in crate::assets) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(in crate::assets) fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in members {
        archive.start_file(*path, SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub(in crate::assets) fn zip_link(path: &str, target: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.add_symlink(path, target, SimpleFileOptions::default()).unwrap();
    archive.finish().unwrap().into_inner()
}
