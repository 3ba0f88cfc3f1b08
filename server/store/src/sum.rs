//! Checksums of entries: they tell a value that the disk has changed from one that was written.
//!
//! A database's own structures are checked by the database; a flipped bit within a value is not, and
//! would be served, copied into backups and moved to other stores. So each entry is written with a
//! sum over all of it, and judged by it whenever it is read. Entries from before there were sums have
//! none, and get one with their next write.

use crate::Revision;

/// What a sum is about.
pub(crate) struct Summed<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) revision: Revision,
    pub(crate) flags: u32,
    pub(crate) expires_at: Option<i64>,
    pub(crate) value: &'a [u8],
}

impl Summed<'_> {
    /// The CRC-32 of all parts. Keys end where their last NUL is, so no two entries look the same.
    pub(crate) fn sum(&self) -> u32 {
        let Self { key, revision, flags, expires_at, value } = self;
        let mut fixed = [0; 21];
        fixed[..8].copy_from_slice(&revision.to_le_bytes());
        fixed[8..12].copy_from_slice(&flags.to_le_bytes());
        fixed[12] = u8::from(expires_at.is_some());
        fixed[13..].copy_from_slice(&expires_at.unwrap_or_default().to_le_bytes());
        let mut sum = crc32fast::Hasher::new();
        sum.update(&fixed);
        sum.update(key);
        sum.update(value);
        sum.finalize()
    }

    /// Whether it is what was written, as far as its sum tells.
    pub(crate) fn agrees(&self, written: Option<i64>) -> bool {
        written.is_none_or(|written| written == i64::from(self.sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: Summed<'_> =
        Summed { key: b"a\0b\0", revision: 7, flags: 1, expires_at: None, value: b"value" };

    #[test]
    fn every_part_counts() {
        let written = Some(i64::from(ENTRY.sum()));
        assert!(ENTRY.agrees(written) && ENTRY.agrees(None));
        for other in [
            Summed { key: b"a\0c\0", ..ENTRY },
            Summed { revision: 8, ..ENTRY },
            Summed { flags: 0, ..ENTRY },
            Summed { expires_at: Some(0), ..ENTRY },
            Summed { value: b"valve", ..ENTRY },
            Summed { value: b"", ..ENTRY },
        ] {
            assert!(!other.agrees(written));
        }
    }

    #[test]
    fn sums_stay_what_they_are() {
        // They are in people's files: another way to compute them would be another format.
        assert_eq!(ENTRY.sum(), 0x2e6a_944f);
    }
}
