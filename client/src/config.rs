//! The configuration directory of `sensuctl`: the files `cluster` and `profile`.
//!
//! Both programs that know it can share it: keys that are not known here stay where they are. A
//! file is replaced as a whole, never half written, and only its owner may read it. Whoever changes
//! `cluster` holds the [`Lock`], and reads the file again before: a refresh token is good for one
//! use, and two processes that use the same one end the session.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Tokens;

/// A configuration directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    path: PathBuf,
}

/// The file `cluster`: which server, and the session there.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Cluster {
    /// The server's address: `http://127.0.0.1:8080`.
    #[serde(rename = "api-url")]
    pub api_url: String,
    /// The edition that the server names; empty for the open one.
    pub edition: String,
    /// The access token; empty when logged out.
    pub access_token: String,
    /// When the access token expires, in seconds since 1970-01-01 UTC; 0 when logged out.
    pub expires_at: i64,
    /// The refresh token; empty when logged out.
    pub refresh_token: String,
    /// Keys of other programs.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// The file `profile`: how the user likes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Profile {
    /// The output format: `tabular`, `json`, `wrapped-json` or `yaml`; empty when not chosen.
    pub format: String,
    /// The namespace to work in; empty when not chosen.
    pub namespace: String,
    /// Keys of other programs.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// Keeps other processes from changing `cluster` for as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why a configuration directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nobody knows where the user's files are.
    #[error("cannot tell where your configuration is: set HOME, or name a directory")]
    NoHome,
    /// A file or directory cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {source}; correct or remove the file", path.display())]
    Malformed {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl Directory {
    /// A directory at a place of its own. It need not exist.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The user's: `sensu/sensuctl` in `$XDG_CONFIG_HOME`, or in `~/.config` if that is not set.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`] if the user has no home.
    pub fn of_user() -> Result<Self, ConfigError> {
        let places = etcetera::base_strategy::Xdg::new().map_err(|_| ConfigError::NoHome)?;
        Ok(Self::at(places.config_dir().join("sensu").join("sensuctl")))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads `cluster`; empty if there is no such file.
    ///
    /// # Errors
    /// [`ConfigError`] if it cannot be read, or does not hold what it should.
    pub fn cluster(&self) -> Result<Cluster, ConfigError> {
        self.read("cluster")
    }

    /// Reads `profile`; empty if there is no such file.
    ///
    /// # Errors
    /// [`ConfigError`] if it cannot be read, or does not hold what it should.
    pub fn profile(&self) -> Result<Profile, ConfigError> {
        self.read("profile")
    }

    /// Changes `cluster` under the lock, starting from what it holds by then.
    ///
    /// # Errors
    /// [`ConfigError`] if it cannot be read or written.
    pub fn change_cluster(&self, change: impl FnOnce(&mut Cluster)) -> Result<(), ConfigError> {
        let lock = self.lock()?;
        let mut cluster = self.cluster()?;
        change(&mut cluster);
        self.save_cluster(&lock, &cluster)
    }

    /// Changes `profile`, starting from what it holds.
    ///
    /// # Errors
    /// [`ConfigError`] if it cannot be read or written.
    pub fn change_profile(&self, change: impl FnOnce(&mut Profile)) -> Result<(), ConfigError> {
        let _lock = self.lock()?;
        let mut profile = self.profile()?;
        change(&mut profile);
        self.replace("profile", &profile)
    }

    /// Replaces `cluster`.
    ///
    /// # Errors
    /// [`ConfigError`] if it cannot be written.
    pub fn save_cluster(&self, _lock: &Lock, cluster: &Cluster) -> Result<(), ConfigError> {
        self.replace("cluster", cluster)
    }

    /// Waits until no other process holds the lock, and takes it. Makes the directory if needed.
    ///
    /// # Errors
    /// [`ConfigError`] if the directory cannot be made or written to.
    pub fn lock(&self) -> Result<Lock, ConfigError> {
        self.make()?;
        let path = self.path.join(".lock");
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let locked = open.and_then(|file| file.lock().map(|()| file));
        Ok(Lock { _file: locked.map_err(|source| ConfigError::File { path, source })? })
    }

    fn make(&self) -> Result<(), ConfigError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let made = builder.create(&self.path);
        made.map_err(|source| ConfigError::File { path: self.path.clone(), source })
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

    fn replace(&self, name: &str, value: &impl Serialize) -> Result<(), ConfigError> {
        self.make()?;
        let path = self.path.join(name);
        // A link stays a link; what it leads to is replaced.
        let path = fs::canonicalize(&path).unwrap_or(path);
        let write = || {
            let folder = path.parent().unwrap_or(&self.path);
            // Made with mode 0600.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, value)?;
            file.flush()?;
            file.as_file().sync_all()?;
            file.persist(&path).map(drop).map_err(|error| error.error)
        };
        write().map_err(|source| ConfigError::File { path: path.clone(), source })
    }
}

impl Cluster {
    /// The session's tokens; `None` when logged out.
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

    /// Keeps a session's tokens, or forgets them.
    pub fn set_tokens(&mut self, tokens: Option<&Tokens>) {
        self.access_token = tokens.map(|held| held.access_token.clone()).unwrap_or_default();
        self.expires_at = tokens.map(|held| held.expires_at).unwrap_or_default();
        self.refresh_token = tokens.map(|held| held.refresh_token.clone()).unwrap_or_default();
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

    fn directory() -> (tempfile::TempDir, Directory) {
        let folder = tempfile::tempdir().expect("a folder");
        let directory = Directory::at(folder.path().join("sensu/sensuctl"));
        (folder, directory)
    }

    #[test]
    fn a_file_of_the_original_keeps_its_keys_in_their_order() {
        let (_folder, directory) = directory();
        fs::create_dir_all(directory.path()).expect("made");
        let file = directory.path().join("cluster");
        let original = "{\n  \"api-url\": \"http://127.0.0.1:8080\",\n  \"edition\": \"\",\n  \
            \"access_token\": \"a\",\n  \"expires_at\": 7,\n  \"refresh_token\": \"r\",\n  \
            \"trusted-ca-file\": \"ca.pem\"\n}";
        fs::write(&file, original).expect("written");
        directory.change_cluster(|_| {}).expect("changes");
        assert_eq!(fs::read_to_string(&file).expect("there"), original);
        directory.change_cluster(|cluster| cluster.set_tokens(None)).expect("changes");
        let after: Value = serde_json::from_slice(&fs::read(&file).expect("there")).expect("JSON");
        assert_eq!(after["access_token"], "");
        assert_eq!(after["expires_at"], 0);
        assert_eq!(after["trusted-ca-file"], "ca.pem");
        let left: Vec<_> = fs::read_dir(directory.path()).expect("lists").collect();
        assert_eq!(left.len(), 2, "the file and the lock, nothing temporary: {left:?}");
    }

    #[test]
    fn what_is_not_there_is_empty_and_what_is_broken_is_named() {
        let (_folder, directory) = directory();
        assert_eq!(directory.profile().expect("empty"), Profile::default());
        assert_eq!(directory.cluster().expect("empty").tokens(), None);
        directory.change_profile(|profile| profile.namespace = "ops".into()).expect("changes");
        assert_eq!(directory.profile().expect("there").namespace, "ops");
        fs::write(directory.path().join("profile"), "{").expect("written");
        let error = directory.profile().expect_err("broken").to_string();
        assert!(error.contains("profile") && error.contains("correct or remove"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_what_is_written() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let (folder, directory) = directory();
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        directory.change_cluster(|cluster| cluster.access_token = "a".into()).expect("changes");
        let file = directory.path().join("cluster");
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(directory.path()), 0o700);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("as the original");
        directory.change_cluster(|_| {}).expect("changes");
        assert_eq!(mode(&file), 0o600);
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(&file, &elsewhere).expect("moved");
        symlink(&elsewhere, &file).expect("linked");
        directory.change_cluster(|cluster| cluster.access_token = "b".into()).expect("changes");
        assert!(fs::symlink_metadata(&file).expect("there").is_symlink());
        assert!(fs::read_to_string(elsewhere).expect("there").contains("\"b\""));
    }
}
