//! Checksums of entries, which detect values that the disk has changed.
//!
//! A database checks its own structures. It does not detect a flipped bit within a value, which
//! would be served, copied into backups and moved to other stores. Each entry is therefore written
//! with a checksum of all its parts, which is verified whenever the entry is read. Entries written
//! before format 2 have no checksum and get one with their next write.

use crate::Revision;

/// The parts of an entry that its checksum covers.
pub(crate) struct ChecksummedEntry<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) revision: Revision,
    pub(crate) flags: u32,
    pub(crate) expires_at: Option<i64>,
    pub(crate) value: &'a [u8],
}

impl ChecksummedEntry<'_> {
    /// The CRC-32 of all parts. Unambiguous without a length, because a key ends at its last NUL.
    pub(crate) fn checksum(&self) -> u32 {
        let Self { key, revision, flags, expires_at, value } = self;
        let mut fixed = [0; 21];
        fixed[..8].copy_from_slice(&revision.to_le_bytes());
        fixed[8..12].copy_from_slice(&flags.to_le_bytes());
        fixed[12] = u8::from(expires_at.is_some());
        fixed[13..].copy_from_slice(&expires_at.unwrap_or_default().to_le_bytes());
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&fixed);
        hasher.update(key);
        hasher.update(value);
        hasher.finalize()
    }

    /// Whether the entry matches its recorded checksum, or none was recorded.
    pub(crate) fn matches(&self, recorded: Option<i64>) -> bool {
        recorded.is_none_or(|recorded| recorded == i64::from(self.checksum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: ChecksummedEntry<'_> = ChecksummedEntry {
        key: b"a\0b\0",
        revision: 7,
        flags: 1,
        expires_at: None,
        value: b"value",
    };

    #[test]
    fn the_checksum_covers_every_part() {
        let recorded = Some(i64::from(ENTRY.checksum()));
        assert!(ENTRY.matches(recorded) && ENTRY.matches(None));
        for other in [
            ChecksummedEntry { key: b"a\0c\0", ..ENTRY },
            ChecksummedEntry { revision: 8, ..ENTRY },
            ChecksummedEntry { flags: 0, ..ENTRY },
            ChecksummedEntry { expires_at: Some(0), ..ENTRY },
            ChecksummedEntry { value: b"valve", ..ENTRY },
            ChecksummedEntry { value: b"", ..ENTRY },
        ] {
            assert!(!other.matches(recorded));
        }
    }

    #[test]
    fn the_checksum_of_an_entry_never_changes() {
        // Checksums are on disk: another algorithm would be another format.
        assert_eq!(ENTRY.checksum(), 0x2e6a_944f);
    }
}
