//! Commands and the settings they share. Settings of one command stand beside the command.
//!
//! Every setting has a flag; most have an environment variable, and every one can stand in the
//! configuration file ([`config_file`](super::config_file)). Where Sensu's backend has a flag for the
//! same setting, ours has the same name.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::completion::Completion;
use super::import::Import;
use super::init::Init;
use super::maintenance::{Backup, Compact, Restore, RotateSecret, Verify};
use super::man::Man;
use super::migrate::Migrate;
use super::start::Start;
use super::store_location::Database;
use crate::runtime::context::Limits;

/// Sensu Go core/v2 API server.
#[derive(Debug, Parser)]
#[command(name = "sensu-server", version, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// One subcommand with its settings.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Start the server.
    #[command(after_help = "Example:\n  sensu-server start --dev")]
    Start(Box<Start>),
    /// Create the first administrator in a new store.
    #[command(after_help = "Example:\n  sensu-server init --cluster-admin-username alice")]
    Init(Init),
    /// Back up the store to a file. Safe while the server runs.
    #[command(after_help = "Example:\n  sensu-server backup /backups/sensu-monday.db")]
    Backup(Backup),
    /// Restore a backup. Stop the server first.
    ///
    /// A backup of a directory can be restored into a database and the reverse.
    #[command(after_help = "Example:\n  sensu-server restore /backups/sensu-monday.db")]
    Restore(Restore),
    /// Verify the checksum of every entry of the store or of a backup.
    ///
    /// Stops at the first damaged entry and reports it.
    #[command(
        after_help = "Examples:\n  sensu-server verify\n  sensu-server verify sensu-monday.db"
    )]
    Verify(Verify),
    /// Reclaim disk space used by deleted data.
    ///
    /// Stop the server first if the store is a directory. Servers on a database respond 503 while a
    /// table is rewritten.
    #[command(after_help = "Example:\n  sensu-server compact")]
    Compact(Compact),
    /// Replace the secret that signs tokens, and end all sessions.
    ///
    /// Use it after a backup or the state directory was disclosed. All users must log in again; API
    /// keys stay valid. Stop the server first if the store is a directory. Servers on a database use
    /// the new secret at once.
    #[command(after_help = "Example:\n  sensu-server rotate-secret")]
    RotateSecret(RotateSecret),
    /// Copy the store from a directory to a database or the reverse.
    ///
    /// Stop all servers on both first.
    #[command(after_help = "Example:\n  sensu-server migrate --from sensu-state \\\n    \
                            --to 'postgres://sensu@db.example/sensu?sslmode=verify-full'")]
    Migrate(Migrate),
    /// Import resources from files such as a `sensuctl dump`.
    ///
    /// Creates or replaces objects. All files are validated before the first write. Manifests of types
    /// that this server does not have, such as those of the commercial edition, are skipped and
    /// reported. An interrupted import can be repeated. Stop the server first if the store is a
    /// directory.
    #[command(after_help = "Examples:\n  sensu-server import backup.yaml\n  \
                            sensu-server import monitoring/ --namespace ops\n  \
                            sensu-server import dump.yaml --report report.json\n  \
                            sensuctl dump all --all-namespaces | sensu-server import -")]
    Import(Import),
    /// Print the effective settings of `start` and the source of each, as TOML.
    ///
    /// Sources, from highest to lowest precedence: flag, environment, file, default. The output is a
    /// valid configuration file. Secrets are masked.
    #[command(after_help = "Example:\n  sensu-server settings --config-file sensu.toml")]
    Settings(Box<Start>),
    /// Check that the server on this machine accepts requests. Exit code 0 if it does, otherwise 1.
    ///
    /// Sends `GET /ready` to the address and port of `start` with the same settings, and prints the
    /// response. For containers and scripts.
    #[command(after_help = "Example:\n  sensu-server healthcheck --port 8080")]
    Healthcheck(Box<Start>),
    /// Print a completion script for a shell.
    #[command(after_help = "Examples:\n  source <(sensu-server completion bash)\n  \
                            sensu-server completion zsh > ~/.zfunc/_sensu-server")]
    Completion(Completion),
    /// Write the manual pages of all commands to a directory.
    #[command(after_help = "Example:\n  sensu-server man /usr/local/share/man/man1")]
    Man(Man),
    /// Print the OpenAPI document of the API.
    #[command(after_help = "Example:\n  sensu-server openapi > sensu-core-v2.json")]
    Openapi,
}

/// Settings of every command that reads the configuration file and logs.
#[derive(Clone, Debug, Args)]
pub(super) struct Common {
    /// Directory of the embedded store. Created if missing. Ignored with --store.
    #[arg(long, env = "SENSU_STATE_DIR", value_name = "DIR", default_value = "sensu-state")]
    pub state_dir: PathBuf,
    #[command(flatten)]
    pub database: Database,
    /// Minimum level of log messages.
    #[arg(long, env = "SENSU_LOG_LEVEL", default_value = "info", value_enum)]
    pub log_level: LogLevel,
    /// Format of log messages.
    #[arg(long, env = "SENSU_LOG_FORMAT", default_value = "text", value_enum)]
    pub log_format: LogFormat,
    /// TOML file with settings by their long names, such as `state-dir = "/var/lib/sensu"`.
    #[arg(long, short = 'c', env = "SENSU_CONFIG_FILE", value_name = "FILE")]
    pub config_file: Option<PathBuf>,
    /// bcrypt cost of new password hashes, 4 to 16. Each step doubles the time of a log-in.
    #[arg(long, env = "SENSU_PASSWORD_COST", default_value_t = Limits::PASSWORD_COST,
          value_parser = clap::value_parser!(u32).range(4..=16))]
    pub password_cost: u32,
}

/// Minimum level of log messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    /// Failures.
    Error,
    /// Suspicious events.
    Warn,
    /// One line per request.
    Info,
    /// Internal decisions.
    Debug,
    /// All messages, including those of libraries.
    Trace,
}

/// Format of log messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines of text.
    Text,
    /// One JSON object per line.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
