//! The store directory: its lock, and the atomic replacement of its database.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt as _};
use std::path::Path;

use super::OpenError;
use super::paths::{
    DATABASE, HIGH_WATER_MARK, LOCK, NEXT, create_file, partial_path, remove_if_exists, sync_dir,
    with_path,
};

/// The lock on a directory, held until this is dropped.
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file alone may not release the lock yet: a process that another thread is
        // spawning at this moment has a copy of the descriptor. If unlocking fails, closing still
        // releases the lock shortly afterwards.
        let _ = self.0.unlock();
    }
}

/// Creates the directory with mode 0700 or [restricts](restrict) an existing one, locks it, and finishes a replacement of
/// the database that was interrupted.
///
/// The lock belongs to the open file, so the operating system releases it however the process ends.
pub(super) fn lock_dir(dir: &Path) -> Result<Lock, OpenError> {
    if dir.is_dir() {
        restrict(dir);
    } else {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(with_path(dir))?;
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_dir(parent).map_err(with_path(parent))?;
        }
    }
    let path = dir.join(LOCK);
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    let lock = options.open(&path).map_err(with_path(&path))?;
    match lock.try_lock() {
        Ok(()) => {
            let lock = Lock(lock);
            finish_replacement(dir)?;
            Ok(lock)
        }
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(with_path(&path)(error)),
    }
}

/// Gives an existing directory mode 0700 if it contains nothing but a store. Other directories, which may be
/// shared with other programs, are left as they are: see [`is_accessible_to_others`].
fn restrict(dir: &Path) {
    let is_ours = |entry: std::io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.file_name().as_encoded_bytes().starts_with(b"sensu."))
    };
    let only_ours = || fs::read_dir(dir).is_ok_and(|mut entries| entries.all(is_ours));
    if is_accessible_to_others(dir) && only_ours() {
        // Fails if another user owns the directory. Its files are private in any case.
        let _ = fs::set_permissions(dir, Permissions::from_mode(0o700));
    }
}

/// Whether users other than its owner may list the directory or replace files in it.
pub(super) fn is_accessible_to_others(dir: &Path) -> bool {
    fs::metadata(dir).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

/// Replaces the database with a complete one. The caller holds the lock.
///
/// The new database counts from the moment its file is named [`NEXT`]. If the process is
/// interrupted afterwards, the next process that takes the lock finishes the replacement.
pub(super) fn replace(dir: &Path, with: &Path) -> Result<(), OpenError> {
    File::open(with).and_then(|file| file.sync_all()).map_err(with_path(with))?;
    let next = dir.join(NEXT);
    fs::rename(with, &next).map_err(with_path(&next))?;
    sync_dir(dir).map_err(with_path(dir))?;
    finish_replacement(dir)
}

fn finish_replacement(dir: &Path) -> Result<(), OpenError> {
    if !is_being_replaced(dir) {
        return Ok(());
    }
    // The log of the old database first: it would be taken for the log of the new one.
    for old in [&format!("{DATABASE}-wal"), &format!("{DATABASE}-shm"), HIGH_WATER_MARK] {
        remove_if_exists(&dir.join(old)).map_err(with_path(&dir.join(old)))?;
    }
    sync_dir(dir).map_err(with_path(dir))?;
    let path = dir.join(DATABASE);
    fs::rename(dir.join(NEXT), &path).map_err(with_path(&path))?;
    sync_dir(dir).map_err(with_path(dir))
}

/// Whether the replacement of the database has started and not finished.
pub(super) fn is_being_replaced(dir: &Path) -> bool {
    dir.join(NEXT).exists()
}

/// Locks the directory and puts a new database into it. `write` receives the path to write to.
///
/// # Errors
/// [`OpenError::Exists`] if there is a database, unless `overwrite` is set.
pub(super) fn install_database(
    dir: &Path,
    overwrite: bool,
    write: impl FnOnce(&Path) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let _lock = lock_dir(dir)?;
    let path = dir.join(DATABASE);
    if path.exists() && !overwrite {
        return Err(OpenError::Exists(path));
    }
    replace_with_written(dir, write)
}

/// Writes a new database and replaces the present one. The caller holds the lock.
pub(super) fn replace_with_written(
    dir: &Path,
    write: impl FnOnce(&Path) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let partial = partial_path(&dir.join(DATABASE));
    remove_if_exists(&partial).map_err(with_path(&partial))?;
    create_file(&partial)?;
    let done = write(&partial).and_then(|()| replace(dir, &partial));
    if done.is_err() {
        // The first error is the one to report.
        let _ = remove_if_exists(&partial);
    }
    done
}
