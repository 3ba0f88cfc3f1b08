//! The configuration directory of `sensuctl`, with the files `cluster` and `profile`.
//!
//! Its format is that of Sensu Go's `sensuctl`, so that both programs can share it:
//!
//! - Unknown keys are preserved.
//! - A file is replaced atomically, with mode 0600.
//! - `cluster` is only written under a [`ConfigLock`], after reading it again: a refresh token works
//!   once, and two processes that use the same one end the session.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::tokens::Tokens;

/// A configuration directory of `sensuctl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigDir {
    path: PathBuf,
}

/// The file `cluster`: the server and the session.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Cluster {
    /// Base URL of the server, for example `http://127.0.0.1:8080`.
    #[serde(rename = "api-url")]
    pub api_url: String,
    /// Edition of the server; empty for the open-source edition.
    pub edition: String,
    /// Access token; empty when logged out.
    pub access_token: String,
    /// Expiry of the access token, in seconds since 1970-01-01 UTC; 0 when logged out.
    pub expires_at: i64,
    /// Refresh token; empty when logged out.
    pub refresh_token: String,
    /// Other keys, preserved when the file is written.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The file `profile`: the user's preferences.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Profile {
    /// Output format: `tabular`, `json`, `wrapped-json` or `yaml`; empty if not set.
    pub format: String,
    /// Default namespace; empty if not set.
    pub namespace: String,
    /// Other keys, preserved when the file is written.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Lock of a configuration directory across processes, released when dropped.
#[derive(Debug)]
pub struct ConfigLock {
    _file: File,
}

/// Error of a configuration directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The home directory of the user is unknown.
    #[error("cannot find the configuration directory: HOME is not set")]
    NoHome,
    /// A file or directory cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// A file is not valid JSON of the expected form.
    #[error("{}: {source}; correct or remove the file", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The parse error.
        source: serde_json::Error,
    },
}

impl ConfigDir {
    /// The directory at a path. It is created when it is first written to.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The directory of the current user: `$XDG_CONFIG_HOME/sensu/sensuctl`, or
    /// `~/.config/sensu/sensuctl` if that variable is not set.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`] if the home directory is unknown.
    pub fn for_current_user() -> Result<Self, ConfigError> {
        let base_dirs = etcetera::base_strategy::Xdg::new().map_err(|_| ConfigError::NoHome)?;
        Ok(Self::new(base_dirs.config_dir().join("sensu").join("sensuctl")))
    }

    /// The path of the directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads `cluster`; the default if the file does not exist.
    ///
    /// # Errors
    /// [`ConfigError`] if the file cannot be read or is malformed.
    pub fn read_cluster(&self) -> Result<Cluster, ConfigError> {
        self.read("cluster")
    }

    /// Reads `profile`; the default if the file does not exist.
    ///
    /// # Errors
    /// [`ConfigError`] if the file cannot be read or is malformed.
    pub fn read_profile(&self) -> Result<Profile, ConfigError> {
        self.read("profile")
    }

    /// Reads, changes and writes `cluster` under the lock.
    ///
    /// # Errors
    /// [`ConfigError`] if the file is malformed, or cannot be read or written.
    pub fn update_cluster(&self, change: impl FnOnce(&mut Cluster)) -> Result<(), ConfigError> {
        let lock = self.lock()?;
        let mut cluster = self.read_cluster()?;
        change(&mut cluster);
        self.write_cluster(&lock, &cluster)
    }

    /// Reads, changes and writes `profile` under the lock.
    ///
    /// # Errors
    /// [`ConfigError`] if the file is malformed, or cannot be read or written.
    pub fn update_profile(&self, change: impl FnOnce(&mut Profile)) -> Result<(), ConfigError> {
        let _lock = self.lock()?;
        let mut profile = self.read_profile()?;
        change(&mut profile);
        self.write("profile", &profile)
    }

    /// Replaces `cluster`. Read it under the same lock before.
    ///
    /// # Errors
    /// [`ConfigError`] if the file cannot be written.
    pub fn write_cluster(&self, _lock: &ConfigLock, cluster: &Cluster) -> Result<(), ConfigError> {
        self.write("cluster", cluster)
    }

    /// Locks the directory, and blocks while another process holds the lock. Creates the directory
    /// if it does not exist.
    ///
    /// # Errors
    /// [`ConfigError`] if the directory cannot be created or written to.
    pub fn lock(&self) -> Result<ConfigLock, ConfigError> {
        self.create()?;
        let path = self.path.join(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let locked = file.and_then(|file| file.lock().map(|()| file));
        Ok(ConfigLock { _file: locked.map_err(|source| ConfigError::File { path, source })? })
    }

    fn create(&self) -> Result<(), ConfigError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let created = builder.create(&self.path);
        created.map_err(|source| ConfigError::File { path: self.path.clone(), source })
    }

    fn read<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, ConfigError> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| ConfigError::Malformed { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
            Err(source) => Err(ConfigError::File { path, source }),
        }
    }

    fn write(&self, name: &str, value: &impl Serialize) -> Result<(), ConfigError> {
        self.create()?;
        let path = self.path.join(name);
        // Keeps a symbolic link, and replaces its target.
        let path = fs::canonicalize(&path).unwrap_or(path);
        let write = || {
            let parent = path.parent().unwrap_or(&self.path);
            // `tempfile` creates files with mode 0600.
            let mut file = tempfile::NamedTempFile::new_in(parent)?;
            serde_json::to_writer_pretty(&mut file, value)?;
            file.flush()?;
            file.as_file().sync_all()?;
            file.persist(&path).map(drop).map_err(|error| error.error)
        };
        write().map_err(|source| ConfigError::File { path: path.clone(), source })
    }
}

impl Cluster {
    /// The tokens of the session; `None` when logged out.
    #[must_use]
    pub fn tokens(&self) -> Option<Tokens> {
        if self.access_token.is_empty() {
            return None;
        }
        Some(Tokens {
            access_token: self.access_token.clone(),
            expires_at: self.expires_at,
            refresh_token: self.refresh_token.clone(),
        })
    }

    /// Sets the tokens of the session, or removes them.
    pub fn set_tokens(&mut self, tokens: Option<&Tokens>) {
        self.access_token = tokens.map(|tokens| tokens.access_token.clone()).unwrap_or_default();
        self.expires_at = tokens.map(|tokens| tokens.expires_at).unwrap_or_default();
        self.refresh_token = tokens.map(|tokens| tokens.refresh_token.clone()).unwrap_or_default();
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster")
            .field("api_url", &self.api_url)
            .field("edition", &self.edition)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_dir() -> (tempfile::TempDir, ConfigDir) {
        let temp = tempfile::tempdir().unwrap();
        let dir = ConfigDir::new(temp.path().join("sensu/sensuctl"));
        (temp, dir)
    }

    #[test]
    fn a_file_of_sensu_go_keeps_its_keys_and_their_order() {
        let (_temp, dir) = config_dir();
        fs::create_dir_all(dir.path()).unwrap();
        let file = dir.path().join("cluster");
        let original = "{\n  \"api-url\": \"http://127.0.0.1:8080\",\n  \"edition\": \"\",\n  \
            \"access_token\": \"a\",\n  \"expires_at\": 7,\n  \"refresh_token\": \"r\",\n  \
            \"trusted-ca-file\": \"ca.pem\"\n}";
        fs::write(&file, original).unwrap();
        dir.update_cluster(|_| {}).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), original);

        dir.update_cluster(|cluster| cluster.set_tokens(None)).unwrap();
        let after: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(after["access_token"], "");
        assert_eq!(after["expires_at"], 0);
        assert_eq!(after["trusted-ca-file"], "ca.pem");
        let entries: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(entries.len(), 2, "the file and the lock: {entries:?}");
    }

    #[test]
    fn a_missing_file_is_empty_and_a_malformed_file_is_an_error() {
        let (_temp, dir) = config_dir();
        assert_eq!(dir.read_profile().unwrap(), Profile::default());
        assert_eq!(dir.read_cluster().unwrap().tokens(), None);
        dir.update_profile(|profile| profile.namespace = "ops".into()).unwrap();
        assert_eq!(dir.read_profile().unwrap().namespace, "ops");
        fs::write(dir.path().join("profile"), "{").unwrap();
        let error = dir.read_profile().unwrap_err().to_string();
        assert!(error.contains("profile") && error.contains("correct or remove"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn files_are_private_and_symbolic_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let (temp, dir) = config_dir();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        dir.update_cluster(|cluster| cluster.access_token = "a".into()).unwrap();
        let file = dir.path().join("cluster");
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(dir.path()), 0o700);

        // Sensu Go writes its files with mode 0644.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        dir.update_cluster(|_| {}).unwrap();
        assert_eq!(mode(&file), 0o600);

        let target = temp.path().join("target");
        fs::rename(&file, &target).unwrap();
        symlink(&target, &file).unwrap();
        dir.update_cluster(|cluster| cluster.access_token = "b".into()).unwrap();
        assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
        assert!(fs::read_to_string(target).unwrap().contains("\"b\""));
    }
}
