//! Archives in the tar format whose bytes depend only on their contents.

use std::io::Write;

use tar::{EntryType, Header};

/// An archive in memory or in a file.
pub(crate) struct Tarball<W: Write> {
    builder: tar::Builder<W>,
    date: u64,
    owner: u64,
}

impl<W: Write> Tarball<W> {
    /// An empty archive. `date`: time of all files, in seconds since 1970-01-01 UTC.
    pub(crate) fn new(writer: W, date: u64) -> Self {
        Self { builder: tar::Builder::new(writer), date, owner: 0 }
    }

    /// Sets the ID of user and group of the files that are added next.
    pub(crate) fn set_owner(&mut self, owner: u64) {
        self.owner = owner;
    }

    /// Adds a file.
    pub(crate) fn file(&mut self, path: &str, mode: u32, bytes: &[u8]) -> anyhow::Result<()> {
        let mut header = self.header(EntryType::Regular, mode);
        header.set_size(u64::try_from(bytes.len())?);
        Ok(self.builder.append_data(&mut header, path, bytes)?)
    }

    /// Adds a directory.
    pub(crate) fn directory(&mut self, path: &str, mode: u32) -> anyhow::Result<()> {
        let mut header = self.header(EntryType::Directory, mode);
        Ok(self.builder.append_data(&mut header, format!("{path}/"), std::io::empty())?)
    }

    /// Completes the archive, and returns the writer.
    pub(crate) fn finish(self) -> anyhow::Result<W> {
        Ok(self.builder.into_inner()?)
    }

    fn header(&self, kind: EntryType, mode: u32) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_mtime(self.date);
        header.set_uid(self.owner);
        header.set_gid(self.owner);
        header.set_size(0);
        header
    }
}
