//! The reserve: a file whose space is released when the disk is full, so that data can be deleted.
//!
//! Every transaction needs space in the log, also one that deletes. When a write finds the disk full, the
//! writer releases the reserve and from then on accepts only [small transactions](is_small), which free
//! space or let an operator log in. Other writes are accepted when the database contains as much space of
//! deleted data as the reserve has. The reserve is taken again when twice its size is free on the disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::paths::RESERVE;
use crate::{Operation, Txn};

/// Possible sizes, in bytes. A new reserve has the largest of which twice the size is free.
const SIZES: [u64; 3] = [4 << 20, 1 << 20, SMALLEST];
const SMALLEST: u64 = 256 << 10;

/// Minimum time between two attempts to take the reserve again.
const INTERVAL: Duration = Duration::from_millis(100);

/// Maximum total size of the values that a small transaction writes, in bytes.
const SMALL_BYTES: usize = 1024;

/// The reserve of a directory.
pub(super) struct Reserve {
    path: PathBuf,
    state: State,
    /// Size when it was last held, as far as it is known.
    size: u64,
    last_attempt: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// There never was enough free space.
    Absent,
    Held,
    /// The disk was full.
    Released,
}

impl Reserve {
    /// The reserve of a directory as the last process has left it. Takes no space.
    pub(super) fn open(dir: &Path) -> Self {
        let path = dir.join(RESERVE);
        let (state, size) = match std::fs::metadata(&path) {
            Ok(file) if file.len() > 0 => (State::Held, file.len()),
            Ok(_) => (State::Released, SMALLEST),
            Err(_) => (State::Absent, 0),
        };
        Self { path, state, size, last_attempt: None }
    }

    /// Whether it was released and not taken again: only small transactions are accepted.
    pub(super) fn is_released(&self) -> bool {
        self.state == State::Released
    }

    /// Size in bytes when it was last held, as far as it is known; 0 if it never was.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Releases the space. Returns whether there was any.
    pub(super) fn release(&mut self) -> bool {
        let is_held = self.state == State::Held;
        let released = is_held && self.open_file().is_ok_and(|file| file.set_len(0).is_ok());
        if released {
            self.state = State::Released;
        }
        released
    }

    /// Takes the space unless it is held, if enough is free and the last attempt is at least a tenth of a
    /// second ago.
    pub(super) fn take(&mut self, now: Instant) {
        let is_due = self.last_attempt.is_none_or(|last| now.duration_since(last) >= INTERVAL);
        if self.state != State::Held && is_due {
            self.last_attempt = Some(now);
            // After a failure, the next attempt tries again.
            if self.try_take().unwrap_or(false) {
                self.state = State::Held;
            }
        }
    }

    fn try_take(&mut self) -> io::Result<bool> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let disk = rustix::fs::statvfs(dir)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        // A released reserve keeps its size: a smaller one might not be enough the next time.
        let Some(size) = SIZES.into_iter().find(|size| *size >= self.size && size * 2 <= free)
        else {
            return Ok(false);
        };
        let mut file = self.open_file()?;
        if let Err(error) = io::copy(&mut io::repeat(0).take(size), &mut file) {
            match self.state {
                State::Absent => std::fs::remove_file(&self.path)?,
                State::Held | State::Released => file.set_len(0)?,
            }
            return Err(error);
        }
        self.size = size;
        Ok(true)
    }

    fn open_file(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600).open(&self.path)
    }
}

/// Whether a transaction is accepted while the disk is full: it writes at most a kilobyte, such as a
/// session, or only deletes.
pub(super) fn is_small(txn: &Txn) -> bool {
    let written = txn.operations.iter().map(|operation| match operation {
        Operation::Put { value, .. } => value.len(),
        Operation::Delete(_) | Operation::DeletePrefix(_) => 0,
    });
    written.sum::<usize>() <= SMALL_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_released_and_taken_again() {
        let dir = tempfile::tempdir().unwrap();
        let file_size = || std::fs::metadata(dir.path().join(RESERVE)).unwrap().len();
        let (mut reserve, now) = (Reserve::open(dir.path()), Instant::now());
        assert!(!reserve.release() && !reserve.is_released(), "there is none");
        reserve.take(now);
        assert!(SIZES.contains(&file_size()), "the disk of the tests is not full");
        assert_eq!(Reserve::open(dir.path()).size(), file_size());

        assert!(reserve.release() && reserve.is_released());
        assert_eq!(file_size(), 0);
        assert!(Reserve::open(dir.path()).is_released());
        reserve.take(now);
        assert!(reserve.is_released(), "the last attempt was a moment ago");
        reserve.take(now + INTERVAL);
        assert!(!reserve.is_released());
        assert_eq!(file_size(), reserve.size());
    }
}
