//! The high-water mark: the last acknowledged revision, recorded beside the database to detect a
//! log that has lost its end.
//!
//! SQLite cannot detect a log that ends early or is missing: it takes the remaining log as complete.
//! So after each commit, and before its acknowledgement, the revision is recorded in a separate
//! file. The file is not synced: it survives the end of the process, and after a power loss its
//! remains are never ahead of the data that was synced before it was written. A database that ends
//! before its high-water mark has therefore lost acknowledged writes.
//!
//! With [`Durability::Relaxed`] a power loss may undo acknowledged writes, so nothing is recorded.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::OpenError;
use super::paths::{HIGH_WATER_MARK, remove_if_exists, with_path};
use crate::{Durability, Revision};

/// The open file; `None` with [`Durability::Relaxed`].
pub(super) struct HighWaterMark(Option<File>);

impl HighWaterMark {
    /// Checks the database against the recorded revision and starts recording.
    pub(super) fn open(
        dir: &Path,
        durability: Durability,
        revision: Revision,
    ) -> Result<Self, OpenError> {
        check(dir, read(dir), revision)?;
        let path = dir.join(HIGH_WATER_MARK);
        if durability == Durability::Relaxed {
            remove_if_exists(&path).map_err(with_path(&path))?;
            return Ok(Self(None));
        }
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let mark = Self(Some(options.open(&path).map_err(with_path(&path))?));
        mark.record(revision).map_err(with_path(&path))?;
        Ok(mark)
    }

    /// Records a committed revision.
    pub(super) fn record(&self, revision: Revision) -> std::io::Result<()> {
        let Some(file) = &self.0 else { return Ok(()) };
        let mut record = [0; 16];
        record[..8].copy_from_slice(&revision.to_be_bytes());
        record[8..].copy_from_slice(&(!revision).to_be_bytes());
        file.write_all_at(&record, 0)
    }
}

/// Rejects a database that ends before the recorded revision.
pub(super) fn check(
    dir: &Path,
    recorded: Option<Revision>,
    found: Revision,
) -> Result<(), OpenError> {
    match recorded {
        Some(recorded) if recorded > found => {
            Err(OpenError::Lost { recorded, found, mark: dir.join(HIGH_WATER_MARK) })
        }
        _ => Ok(()),
    }
}

/// The recorded revision; `None` if there is no record or it was torn.
pub(super) fn read(dir: &Path) -> Option<Revision> {
    let record: [u8; 16] = fs::read(dir.join(HIGH_WATER_MARK)).ok()?.try_into().ok()?;
    let half = |half: &[u8]| half.try_into().map(u64::from_be_bytes).ok();
    let (recorded, inverse) = (half(&record[..8])?, half(&record[8..])?);
    (recorded == !inverse).then_some(recorded)
}
