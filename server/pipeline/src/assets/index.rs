//! The assets in the cache directory: which are in use, and which were not used for the longest time.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use super::manifest::{CONTENT, MANIFEST, Manifest};

/// Prefix of directories and files that are not assets yet, or no longer.
pub(super) const TEMPORARY: &str = ".tmp-";
/// Age of temporary files that no installation can be using. Another server may share the directory.
const STALE: Duration = Duration::from_hours(24);

/// The assets of a cache. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Index {
    directory: Arc<Path>,
    capacity: u64,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    assets: HashMap<String, Entry>,
    /// Number of uses of all assets.
    uses: u64,
}

#[derive(Debug, Default)]
struct Entry {
    size: u64,
    /// Number of the last use.
    last_use: u64,
    leases: usize,
    /// Whether the checksums of the files were compared since the start of the server.
    is_read: bool,
}

/// An asset in use.
#[derive(Debug)]
pub(super) struct Lease {
    index: Index,
    sha512: String,
}

impl Lease {
    /// Directory of the asset.
    pub(super) fn directory(&self) -> PathBuf {
        self.index.asset(&self.sha512)
    }

    /// Directory of its files.
    pub(super) fn content(&self) -> PathBuf {
        self.directory().join(CONTENT)
    }

    /// Whether the checksums of the files must be compared.
    pub(super) fn must_read(&self) -> bool {
        self.index.lock().assets.get(&self.sha512).is_none_or(|entry| !entry.is_read)
    }

    pub(super) fn set_read(&self) {
        if let Some(entry) = self.index.lock().assets.get_mut(&self.sha512) {
            entry.is_read = true;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(entry) = self.index.lock().assets.get_mut(&self.sha512) {
            entry.leases = entry.leases.saturating_sub(1);
        }
    }
}

impl Index {
    /// Reads a cache directory, if it exists, and deletes what unfinished installations have left.
    pub(super) fn open(directory: &Path, capacity: u64) -> io::Result<Self> {
        let mut found = Vec::new();
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = entry.path();
            let modified = path.join(MANIFEST).metadata().and_then(|metadata| metadata.modified());
            if name.starts_with(TEMPORARY) {
                let age = entry.metadata().and_then(|metadata| metadata.modified());
                if age.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > STALE)) {
                    remove(&path);
                }
            } else if let (Ok(manifest), Ok(modified)) = (Manifest::read(&path), modified) {
                found.push((modified, name, manifest.size));
            }
        }
        found.sort();
        let index = Self { directory: directory.into(), capacity, state: Arc::default() };
        for (_, name, size) in found {
            index.lock().insert(name, size);
        }
        index.evict(0);
        Ok(index)
    }

    /// Directory of an asset.
    pub(super) fn asset(&self, sha512: &str) -> PathBuf {
        self.directory.join(sha512)
    }

    /// Begins a use of an asset. `None` if it is not installed.
    pub(super) fn acquire(&self, sha512: &str) -> Option<Lease> {
        let mut state = self.lock();
        state.uses += 1;
        let uses = state.uses;
        let entry = state.assets.get_mut(sha512)?;
        entry.last_use = uses;
        entry.leases += 1;
        drop(state);
        Some(Lease { index: self.clone(), sha512: sha512.to_owned() })
    }

    /// Moves a complete asset to its place. Removes what was there, and assets that exceed the capacity.
    pub(super) fn insert(&self, sha512: &str, complete: &Path, size: u64) -> io::Result<Lease> {
        self.evict(size);
        let target = self.asset(sha512);
        let mut state = self.lock();
        let discarded = self.discard(&target);
        fs::rename(complete, target)?;
        let leases = state.assets.get(sha512).map_or(0, |entry| entry.leases);
        let entry = state.insert(sha512.to_owned(), size);
        // Leases of a damaged asset that was here before end later.
        (entry.leases, entry.is_read) = (leases + 1, true);
        drop(state);
        // Deletes the files, which takes longer.
        drop(discarded);
        Ok(Lease { index: self.clone(), sha512: sha512.to_owned() })
    }

    /// Removes assets that are not in use, those not used for the longest time first, until another one fits in.
    fn evict(&self, size: u64) {
        // Declared before the lock, so that files are deleted after its release.
        let mut discarded = Vec::new();
        let mut state = self.lock();
        let mut total = state.assets.values().map(|entry| entry.size).sum::<u64>();
        while total.saturating_add(size) > self.capacity {
            let unused = state.assets.iter().filter(|(_, entry)| entry.leases == 0);
            let Some((name, entry)) = unused.min_by_key(|(_, entry)| entry.last_use) else { break };
            let (name, freed) = (name.clone(), entry.size);
            state.assets.remove(&name);
            discarded.extend(self.discard(&self.asset(&name)));
            total = total.saturating_sub(freed);
        }
    }

    /// Moves a directory into one that is deleted when it is dropped, so that half an asset never stands in its place.
    fn discard(&self, path: &Path) -> Option<TempDir> {
        let holder = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(&self.directory).ok()?;
        // Fails if there is nothing to delete.
        let _ = fs::rename(path, holder.path().join("discarded"));
        Some(holder)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, sha512: String, size: u64) -> &mut Entry {
        self.uses += 1;
        let entry = Entry { size, last_use: self.uses, ..Entry::default() };
        self.assets.entry(sha512).insert_entry(entry).into_mut()
    }
}

/// Deletes a file or directory if possible.
fn remove(path: &Path) {
    if fs::remove_dir_all(path).is_err() {
        let _ = fs::remove_file(path);
    }
}
