//! Settings of `backup`, `restore`, `verify` and `compact`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::store_location::Database;

/// Where the data is.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// Folder that holds the store, unless a database does.
    #[arg(long, env = "SENSU_STATE_DIR", default_value = "sensu-state")]
    pub state_dir: PathBuf,
    #[command(flatten)]
    pub database: Database,
    /// TOML file with settings, by their long names.
    #[arg(long, short = 'c', env = "SENSU_CONFIG_FILE")]
    pub config_file: Option<PathBuf>,
}

/// Settings of `backup`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub place: Place,
    /// The file to write. It must not exist yet.
    pub file: PathBuf,
}

/// Settings of `restore`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub place: Place,
    /// Replace the store that is there. Without this, restoring over one is refused.
    #[arg(long)]
    pub overwrite: bool,
    /// The file that `backup` wrote.
    pub file: PathBuf,
}

/// Settings of `verify`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub place: Place,
    /// A backup to verify instead of the store.
    pub file: Option<PathBuf>,
}

/// Settings of `compact`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Compact {
    #[command(flatten)]
    pub place: Place,
}
