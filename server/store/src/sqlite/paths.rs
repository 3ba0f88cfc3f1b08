//! File names of a store directory, and file operations that leave names as durable as contents.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::OpenError;

/// The database. SQLite keeps `-wal` and `-shm` files beside it.
pub(super) const DATABASE: &str = "sensu.db";
pub(super) const LOCK: &str = "sensu.lock";
/// See [`super::high_water_mark`].
pub(super) const HIGH_WATER_MARK: &str = "sensu.mark";
/// See [`super::reserve`].
pub(super) const RESERVE: &str = "sensu.reserve";
/// A complete database, synced to disk, that replaces the present one.
pub(super) const NEXT: &str = "sensu.db.next";

/// Adds the path to an I/O error.
pub(super) fn with_path(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::Io { path, source }
}

/// The path of a file while it is being written.
pub(super) fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

pub(super) fn remove_if_exists(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Creates an empty file with mode 0600 unless it exists. SQLite gives its `-wal` and `-shm` files
/// the same mode.
pub(super) fn create_file(path: &Path) -> Result<(), OpenError> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Ok(_) => {
            let dir = parent_dir(path);
            sync_dir(&dir).map_err(with_path(&dir))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(with_path(path)(error)),
    }
}

/// Writes a new file atomically: `write` receives a temporary path, whose file gets its name once
/// it is complete and synced.
///
/// # Errors
/// [`OpenError::Exists`] if the file exists.
pub(super) fn write_new_file(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    if path.exists() {
        return Err(OpenError::Exists(path.to_owned()));
    }
    let partial = partial_path(path);
    let written = (|| {
        remove_if_exists(&partial).map_err(with_path(&partial))?;
        create_file(&partial)?;
        write(&partial)?;
        File::open(&partial).and_then(|file| file.sync_all()).map_err(with_path(&partial))?;
        // Unlike a rename, a link never replaces a file that was created in the meantime.
        fs::hard_link(&partial, path).map_err(with_path(path))?;
        sync_dir(&parent_dir(path)).map_err(with_path(path))
    })();
    let removed = remove_if_exists(&partial).map_err(with_path(&partial));
    written.and(removed)
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

pub(super) fn parent_dir(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
