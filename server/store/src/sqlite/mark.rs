//! How far writes were acknowledged, noted beside the database: tells when the log has lost its end.
//!
//! A log that ends early, or is not there, is no damage that SQLite could see: it takes what there
//! is for all there was. So after each commit, and before anyone is told of it, its revision is
//! noted in a file of its own. The note is not synced: it survives the end of the process, and what
//! is left of it after a power cut is never ahead of what was synced before it was written. A
//! database behind its note has therefore lost acknowledged writes.
//!
//! In the relaxed mode a power cut may take acknowledged writes back, so nothing is noted.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::file::{at, remove_if_there};
use super::{Durability, OpenError};
use crate::Revision;

/// The note's file name, beside the database.
pub(super) const MARK: &str = "sensu.mark";

/// The note, to be brought up to date; none in the relaxed mode.
pub(super) struct Mark(Option<File>);

impl Mark {
    /// Refuses a database that is behind its note; otherwise begins to take note.
    pub(super) fn open(
        dir: &Path,
        durability: Durability,
        revision: Revision,
    ) -> Result<Self, OpenError> {
        judge(dir, noted(dir), revision)?;
        let path = dir.join(MARK);
        if durability == Durability::Relaxed {
            remove_if_there(&path).map_err(at(&path))?;
            return Ok(Self(None));
        }
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let mark = Self(Some(options.open(&path).map_err(at(&path))?));
        mark.note(revision).map_err(at(&path))?;
        Ok(mark)
    }

    /// Takes note of a commit.
    pub(super) fn note(&self, revision: Revision) -> std::io::Result<()> {
        let Some(file) = &self.0 else { return Ok(()) };
        let mut note = [0; 16];
        note[..8].copy_from_slice(&revision.to_be_bytes());
        note[8..].copy_from_slice(&(!revision).to_be_bytes());
        file.write_all_at(&note, 0)
    }
}

/// Refuses a database that is behind its note.
pub(super) fn judge(dir: &Path, noted: Option<Revision>, found: Revision) -> Result<(), OpenError> {
    match noted {
        Some(noted) if noted > found => Err(OpenError::Lost { noted, found, mark: dir.join(MARK) }),
        _ => Ok(()),
    }
}

/// What was noted last; nothing if the note was torn.
pub(super) fn noted(dir: &Path) -> Option<Revision> {
    let note: [u8; 16] = fs::read(dir.join(MARK)).ok()?.try_into().ok()?;
    let half = |half: &[u8]| half.try_into().map(u64::from_be_bytes).ok();
    let (noted, inverse) = (half(&note[..8])?, half(&note[8..])?);
    (noted == !inverse).then_some(noted)
}
