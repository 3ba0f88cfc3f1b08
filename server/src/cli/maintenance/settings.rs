//! Settings of `backup`, `restore`, `verify`, `compact` and `rotate-secret`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::store_location::Database;

/// Location of the store.
#[derive(Clone, Debug, Args)]
pub(crate) struct LocationArgs {
    /// Directory of the embedded store. Ignored with --store.
    #[arg(long, env = "SENSU_STATE_DIR", value_name = "DIR", default_value = "sensu-state")]
    pub state_dir: PathBuf,
    #[command(flatten)]
    pub database: Database,
    /// TOML file with settings by their long names.
    #[arg(long, short = 'c', env = "SENSU_CONFIG_FILE", value_name = "FILE")]
    pub config_file: Option<PathBuf>,
}

/// Settings of `backup`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub location: LocationArgs,
    /// Backup file to write. Must not exist.
    pub file: PathBuf,
}

/// Settings of `restore`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub location: LocationArgs,
    /// Replace an existing store. Without this flag, an existing store is an error.
    #[arg(long)]
    pub overwrite: bool,
    /// Backup file to restore.
    pub file: PathBuf,
}

/// Settings of `verify`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub location: LocationArgs,
    /// Backup file to verify instead of the store.
    pub file: Option<PathBuf>,
}

/// Settings of `rotate-secret`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RotateSecret {
    #[command(flatten)]
    pub location: LocationArgs,
}

/// Settings of `compact`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Compact {
    #[command(flatten)]
    pub location: LocationArgs,
}
