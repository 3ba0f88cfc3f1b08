//! What the server is told: flags, environment variables, and a configuration file.
//!
//! A flag beats the environment, the environment beats the file, the file beats the default. Where
//! Sensu's backend has a flag for the same thing, ours has its name.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::cli::import::Import;
use crate::cli::maintenance::{Backup, Compact, Restore, Verify};
use crate::cli::migrate::Migrate;
use crate::cli::store_location::Database;
use crate::runtime::context::Limits;

/// A Sensu Go core/v2 API server: durable, fast, one binary.
#[derive(Debug, Parser)]
#[command(name = "sensu-server", version, max_term_width = 100)]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the API until told to stop.
    #[command(after_help = "Example:\n  sensu-server start --dev")]
    Start(Box<Start>),
    /// Create the first administrator in a new store.
    #[command(after_help = "Example:\n  sensu-server init --cluster-admin-username alice")]
    Init(Init),
    /// Copy the store to a new file, while a server may be at work on it.
    #[command(after_help = "Example:\n  sensu-server backup /backups/sensu-monday.db")]
    Backup(Backup),
    /// Put a backup in the place of the store. No server may be running on it. A backup of a folder
    /// can be restored into a database, and the other way round.
    #[command(after_help = "Example:\n  sensu-server restore /backups/sensu-monday.db")]
    Restore(Restore),
    /// Read everything in the store, or in a backup, and report the first damage found.
    #[command(
        after_help = "Examples:\n  sensu-server verify\n  sensu-server verify sensu-monday.db"
    )]
    Verify(Verify),
    /// Give the room of deleted data back to the file system. No server may be running on a folder;
    /// those on a database answer 503 while a table is rewritten.
    #[command(after_help = "Example:\n  sensu-server compact")]
    Compact(Compact),
    /// Move a store between a folder and a database. No server may be running on either.
    #[command(after_help = "Example:\n  sensu-server migrate --from sensu-state \\\n    \
                            --to 'postgres://sensu@db.example/sensu?sslmode=verify-full'")]
    Migrate(Migrate),
    /// Create or replace what files hold, such as a `sensuctl dump`: all of it is checked before
    /// anything is written. Interrupted, it can be run again. No server may be running on a folder.
    #[command(after_help = "Examples:\n  sensu-server import backup.yaml\n  \
                            sensu-server import monitoring/ --namespace ops\n  \
                            sensuctl dump all --all-namespaces | sensu-server import -")]
    Import(Import),
    /// Print the OpenAPI document of the API.
    #[command(after_help = "Example:\n  sensu-server openapi > sensu-core-v2.json")]
    Openapi,
}

/// Where the data is, and how much is said about the work on it.
#[derive(Clone, Debug, Args)]
pub(super) struct Common {
    /// Folder that holds the store, unless a database does. Created if missing.
    #[arg(long, env = "SENSU_STATE_DIR", default_value = "sensu-state")]
    pub state_dir: PathBuf,
    #[command(flatten)]
    pub database: Database,
    /// How much to log.
    #[arg(long, env = "SENSU_LOG_LEVEL", default_value = "info", value_enum)]
    pub log_level: LogLevel,
    /// How to log.
    #[arg(long, env = "SENSU_LOG_FORMAT", default_value = "text", value_enum)]
    pub log_format: LogFormat,
    /// TOML file with any of these settings, by their long names: `state-dir = "/var/lib/sensu"`.
    #[arg(long, short = 'c', env = "SENSU_CONFIG_FILE")]
    pub config_file: Option<PathBuf>,
    /// Cost of new password hashes (bcrypt), 4 to 16; each step doubles the time that a log-in takes.
    #[arg(long, env = "SENSU_PASSWORD_COST", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(4..=16))]
    pub password_cost: u32,
}

/// Settings of `start`.
#[derive(Clone, Debug, Args)]
pub(super) struct Start {
    #[command(flatten)]
    pub common: Common,
    /// Address and port to serve the API on. Port 0 takes a free one.
    #[arg(long, env = "SENSU_API_LISTEN_ADDRESS", default_value = "127.0.0.1:8080")]
    pub api_listen_address: SocketAddr,
    /// Port to serve the API on, in place of the one of the address. 0 takes a free one.
    #[arg(long, env = "SENSU_API_PORT")]
    pub port: Option<u16>,
    /// File to write when the server serves: JSON with `url` and `pid`, and with --dev `user` and
    /// `password`. Replaced if it is there.
    #[arg(long, env = "SENSU_READY_FILE")]
    pub ready_file: Option<PathBuf>,
    /// Keep everything in memory, for tests: it is gone when the server stops.
    #[arg(long, env = "SENSU_IN_MEMORY", conflicts_with = "store")]
    pub in_memory: bool,
    /// PEM file with the certificate chain. With --key-file, serves HTTPS.
    #[arg(long, env = "SENSU_CERT_FILE", requires = "key_file")]
    pub cert_file: Option<PathBuf>,
    /// PEM file with the certificate's private key, in PKCS #8.
    #[arg(long, env = "SENSU_KEY_FILE", requires = "cert_file")]
    pub key_file: Option<PathBuf>,
    /// Largest request body, in bytes.
    #[arg(long, env = "SENSU_API_REQUEST_LIMIT", default_value_t = 512_000)]
    pub api_request_limit: usize,
    /// Largest answer, in bytes; longer lists come in pages. 0 for no limit.
    #[arg(long, env = "SENSU_API_RESPONSE_LIMIT", default_value_t = 512_000)]
    pub api_response_limit: usize,
    /// How long a request may take, in seconds.
    #[arg(long, env = "SENSU_API_TIMEOUT", default_value_t = 15,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub api_timeout: u64,
    /// Life of access tokens, in seconds.
    #[arg(long, env = "SENSU_ACCESS_TOKEN_EXPIRY", default_value_t = 900,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub access_token_expiry: u64,
    /// Life of refresh tokens, in seconds. Each use starts it again.
    #[arg(long, env = "SENSU_REFRESH_TOKEN_EXPIRY", default_value_t = 43_200,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub refresh_token_expiry: u64,
    /// Origins that browsers may call from, separated by commas; * for any.
    #[arg(long, env = "SENSU_CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// Answer before writes are on the disk: faster; a power cut may lose the last second.
    #[arg(long, env = "SENSU_RELAXED_DURABILITY")]
    pub relaxed_durability: bool,
    /// Seed the well-known users admin and agent with the password P@ssw0rd!, for trying things
    /// out, and offer the contract kit: /dev/reset, /dev/requests, /dev/faults and the header
    /// Sensu-Dev-Fault. Refused on an address that other machines can reach.
    #[arg(long)]
    pub dev: bool,
    /// Directory with resources to begin with, or a file, in YAML or wrapped JSON, as `sensuctl dump`
    /// writes them; can be given several times. /dev/reset comes back to them. With --dev only.
    #[arg(long, env = "SENSU_SEED", value_name = "DIR", requires = "dev")]
    pub seed: Vec<PathBuf>,
    /// File for the requests, one JSON object on each line, with secrets masked. Replaced if it is
    /// there. With --dev only.
    #[arg(long, env = "SENSU_REQUEST_LOG", requires = "dev")]
    pub request_log: Option<PathBuf>,
}

/// Settings of `init`.
#[derive(Clone, Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    pub common: Common,
    /// Name of the first administrator.
    #[arg(long, env = "SENSU_BACKEND_CLUSTER_ADMIN_USERNAME", default_value = "admin")]
    pub cluster_admin_username: String,
    /// Its password: at least 8 characters, and at most 72 bytes. Asked for on a terminal if not given.
    #[arg(long, env = "SENSU_BACKEND_CLUSTER_ADMIN_PASSWORD", hide_env_values = true)]
    pub cluster_admin_password: Option<String>,
}

/// How much to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    /// What failed.
    Error,
    /// What looks wrong.
    Warn,
    /// One line for each request.
    Info,
    /// What happens inside.
    Debug,
    /// Everything.
    Trace,
}

/// How to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object on each line.
    Json,
}

impl Start {
    /// The bounds that the settings ask for.
    #[must_use]
    pub(super) fn limits(&self) -> Limits {
        Limits {
            request_bytes: self.api_request_limit,
            response_bytes: match self.api_response_limit {
                0 => usize::MAX,
                bytes => bytes,
            },
            deadline: Duration::from_secs(self.api_timeout),
            access_token: Duration::from_secs(self.access_token_expiry),
            refresh_token: Duration::from_secs(self.refresh_token_expiry),
            password_cost: self.common.password_cost,
            cors_origins: self.cors_origins.clone(),
        }
    }
}

impl Cli {
    /// The settings of this process. Prints help or what is wrong, and exits, as programs do.
    ///
    /// # Errors
    /// If there is a configuration file that cannot be read.
    pub(super) fn of_process() -> anyhow::Result<Self> {
        let given: Vec<OsString> = std::env::args_os().collect();
        let first = Self::parse_from(&given);
        let file = match &first.command {
            Command::Start(start) => start.common.config_file.clone(),
            Command::Init(init) => init.common.config_file.clone(),
            Command::Backup(backup) => backup.place.config_file.clone(),
            Command::Restore(restore) => restore.place.config_file.clone(),
            Command::Verify(verify) => verify.place.config_file.clone(),
            Command::Compact(compact) => compact.place.config_file.clone(),
            Command::Import(import) => import.common.config_file.clone(),
            Command::Migrate(_) | Command::Openapi => None,
        };
        match file {
            None => Ok(first),
            Some(file) => Ok(Self::parse_from(with_file(given, &file)?)),
        }
    }
}

/// The arguments with those of the file added, where neither argument nor environment says
/// anything else. One file serves all commands, so what only others know is passed over.
fn with_file(mut given: Vec<OsString>, file: &Path) -> anyhow::Result<Vec<OsString>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the configuration file {}", file.display()))?;
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("the configuration file {} is not TOML", file.display()))?;
    let flags: Vec<String> =
        given.iter().filter_map(|argument| argument.to_str()).map(str::to_owned).collect();
    let program = Cli::command();
    let knows = |command: &clap::Command, name: &str| {
        command.get_arguments().any(|argument| argument.get_long() == Some(name))
    };
    let asked = given.get(1).and_then(|command| program.find_subcommand(command));
    for (name, value) in table {
        let for_others = program.get_subcommands().any(|command| knows(command, &name));
        if for_others && asked.is_some_and(|command| !knows(command, &name)) {
            continue;
        }
        let flag = format!("--{name}");
        let said =
            flags.iter().any(|given| *given == flag || given.starts_with(&(flag.clone() + "=")));
        let variable = format!("SENSU_{}", name.replace('-', "_").to_uppercase());
        if said || std::env::var_os(variable).is_some() {
            continue;
        }
        match value {
            toml::Value::Boolean(true) => given.push(flag.into()),
            toml::Value::Boolean(false) => {}
            toml::Value::String(text) => given.push(format!("{flag}={text}").into()),
            toml::Value::Array(items) => {
                let items: Vec<_> = items.iter().filter_map(toml::Value::as_str).collect();
                given.push(format!("{flag}={}", items.join(",")).into());
            }
            other => given.push(format!("{flag}={other}").into()),
        }
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_file_fills_in_what_is_not_given() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sensu.toml");
        std::fs::write(
            &file,
            "api-timeout = 7\nlog-level = \"warn\"\ncors-origins = [\"a\", \"b\"]\n",
        )
        .unwrap();
        let given = ["sensu-server", "start", "--log-level", "debug"].map(OsString::from).to_vec();
        let cli = Cli::try_parse_from(with_file(given, &file).unwrap()).unwrap();
        let Command::Start(start) = cli.command else { panic!("not start") };
        assert_eq!(start.api_timeout, 7);
        assert_eq!(start.common.log_level, LogLevel::Debug);
        assert_eq!(start.cors_origins, ["a", "b"]);

        // The same file, for a command that knows only some of it.
        std::fs::write(&file, "api-timeout = 7\nstate-dir = \"there\"\n").unwrap();
        let given = ["sensu-server", "compact"].map(OsString::from).to_vec();
        let cli = Cli::try_parse_from(with_file(given.clone(), &file).unwrap()).unwrap();
        let Command::Compact(compact) = cli.command else { panic!("not compact") };
        assert_eq!(compact.place.state_dir, Path::new("there"));
        std::fs::write(&file, "api-time-out = 7\n").unwrap();
        let misspelt = Cli::try_parse_from(with_file(given, &file).unwrap());
        assert!(misspelt.is_err_and(|error| error.to_string().contains("--api-time-out")));
    }
}
