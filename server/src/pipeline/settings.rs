//! Settings of the event pipeline.

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

/// Settings of the event pipeline.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether handlers and mutators of type `pipe` may run commands (D47).
    pub allow_commands: bool,
    /// Maximum number of commands at the same time.
    pub max_commands: usize,
    /// Maximum number of events in the outbox; beyond it, no handler processes further events.
    pub max_entries: usize,
    /// Maximum time from the write of an event to the start of its handlers; older ones are not processed.
    pub max_age: Duration,
    /// Networks that handlers and downloads of assets may reach. Empty for all.
    pub outbound_allow: Vec<IpNet>,
    /// Networks that handlers and downloads of assets may not reach.
    pub outbound_deny: Vec<IpNet>,
    /// Directory of installed assets. `None` if no asset can be installed.
    pub cache_dir: Option<PathBuf>,
    /// Maximum size of installed assets, in bytes.
    pub cache_bytes: u64,
}

impl Settings {
    /// Default of [`Settings::max_entries`].
    pub const MAX_ENTRIES: usize = 100_000;
    /// Default of [`Settings::max_age`].
    pub const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);
    /// Default of [`Settings::cache_bytes`].
    pub const CACHE_BYTES: u64 = 1 << 30;
    /// Maximum size of an archive, in bytes.
    pub(super) const ARCHIVE_BYTES: u64 = 256 << 20;
    /// Maximum size of the files of an archive, in bytes.
    pub(super) const UNPACKED_BYTES: u64 = 512 << 20;
    /// Maximum number of files and directories of an archive.
    pub(super) const ARCHIVE_MEMBERS: usize = 10_000;
    /// Number of jobs of one handler at the same time. Commands: see [`Settings::jobs_per_handler`].
    const JOBS: usize = 16;

    /// Default of [`Settings::max_commands`]: 4 for each processor.
    #[must_use]
    pub fn max_commands() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from).saturating_mul(4)
    }

    /// Number of jobs of one handler at the same time. A handler with commands may take a quarter of all
    /// commands, so that a slow one does not delay others (D44).
    pub(super) fn jobs_per_handler(&self, has_command: bool) -> usize {
        if has_command { (self.max_commands / 4).max(1) } else { Self::JOBS }
    }
}

impl Default for Settings {
    /// No commands, no assets, all networks.
    fn default() -> Self {
        Self {
            allow_commands: false,
            max_commands: Self::max_commands(),
            max_entries: Self::MAX_ENTRIES,
            max_age: Self::MAX_AGE,
            outbound_allow: Vec::new(),
            outbound_deny: Vec::new(),
            cache_dir: None,
            cache_bytes: Self::CACHE_BYTES,
        }
    }
}
