//! Global flags and their environment variables.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::{Arg, ArgMatches, Command};
use sensu_client::Tokens;

use crate::args::{optional, switch};

/// Id of `--timeout`. Not `timeout`: resources have fields with that flag.
pub(crate) const TIMEOUT: &str = "request-timeout";

/// `--help` section of the global flags.
const HEADING: &str = "Global options";

const API_URL: &str = "api-url";
const API_KEY: &str = "api-key";
const NAMESPACE: &str = "namespace";
const CONFIG_DIR: &str = "config-dir";
const CACHE_DIR: &str = "cache-dir";
/// PEM file with CA certificates.
pub(crate) const CA_FILE: &str = "trusted-ca-file";
/// Disables the verification of server certificates.
pub(crate) const SKIP_VERIFY: &str = "insecure-skip-tls-verify";
const ACCESS_TOKEN: &str = "access-token";
const EXPIRES_AT: &str = "access-token-expires-at";
const REFRESH_TOKEN: &str = "refresh-token";

/// Values of the global flags, or of their environment variables.
#[derive(Default)]
pub(crate) struct GlobalFlags {
    pub api_url: Option<String>,
    pub namespace: Option<String>,
    pub api_key: Option<String>,
    pub config_dir: Option<PathBuf>,
    pub cache_dir: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    pub skip_verify: bool,
    pub timeout: Option<Duration>,
    /// Tokens that `sensuctl env` has put into the environment.
    pub tokens: Option<Tokens>,
}

impl GlobalFlags {
    /// Reads the values. Empty texts count as not given.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Result<Self> {
        Ok(Self {
            api_url: given(matches, API_URL),
            namespace: given(matches, NAMESPACE),
            api_key: given(matches, API_KEY),
            config_dir: given(matches, CONFIG_DIR).map(PathBuf::from),
            cache_dir: given(matches, CACHE_DIR).map(PathBuf::from),
            ca_file: given(matches, CA_FILE).map(PathBuf::from),
            skip_verify: matches.get_flag(SKIP_VERIFY),
            timeout: given_timeout(matches).map(parse_duration).transpose()?,
            tokens: tokens(matches),
        })
    }
}

/// The flags of the root command.
pub(crate) fn global_args() -> Vec<Arg> {
    let text = |name: &'static str, variable: &'static str, value: &'static str| {
        let arg = Arg::new(name).long(name).value_name(value).env(variable);
        arg.global(true).hide_env_values(true).allow_hyphen_values(true).help_heading(HEADING)
    };
    vec![
        text(API_URL, "SENSU_API_URL", "URL")
            .help("URL of the server [default: the configured one, or http://127.0.0.1:8080]"),
        text(API_KEY, "SENSU_API_KEY", "KEY")
            .help("API key to authenticate with, in place of the session"),
        text(NAMESPACE, "SENSU_NAMESPACE", "NAME")
            .help("Namespace to work in [default: the configured one, or default]"),
        text(CONFIG_DIR, "SENSU_CONFIG_DIR", "DIR")
            .help("Configuration directory [default: ~/.config/sensu/sensuctl]"),
        text(CACHE_DIR, "SENSU_CACHE_DIR", "DIR")
            .help("Cache directory [default: ~/.cache/sensu/sensuctl]"),
        text(CA_FILE, "SENSU_TRUSTED_CA_FILE", "FILE")
            .help("CA certificates to trust, as a PEM file [default: those of the system]"),
        switch(
            Arg::new(SKIP_VERIFY)
                .long(SKIP_VERIFY)
                .env("SENSU_INSECURE_SKIP_TLS_VERIFY")
                .hide_env_values(true)
                .global(true)
                .default_value("false")
                .hide_default_value(true)
                .help_heading(HEADING)
                .help("Accept any server certificate; for tests only"),
        ),
        text(ACCESS_TOKEN, "SENSU_ACCESS_TOKEN", "TOKEN").hide(true),
        text(EXPIRES_AT, "SENSU_ACCESS_TOKEN_EXPIRES_AT", "TIME").hide(true),
        text(REFRESH_TOKEN, "SENSU_REFRESH_TOKEN", "TOKEN").hide(true),
    ]
}

/// Adds `--timeout` to a command and all below it, except where a field of a resource has that flag.
/// A global flag of clap would be one flag with the field, and the field's value would limit requests.
pub(crate) fn with_timeout(command: Command) -> Command {
    let is_taken = command.get_arguments().any(|arg| arg.get_long() == Some("timeout"));
    let command = if is_taken { command } else { command.arg(timeout_arg()) };
    command.mut_subcommands(with_timeout)
}

/// `--timeout`.
pub(crate) fn timeout_arg() -> Arg {
    Arg::new(TIMEOUT)
        .long("timeout")
        .value_name("DURATION")
        .help_heading(HEADING)
        .help("Time limit of a request, such as 500ms or 1m [default: the configured one, or 15s]")
}

fn given(matches: &ArgMatches, flag: &str) -> Option<String> {
    optional(matches, flag).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The innermost `--timeout`: it may stand before and after the command.
fn given_timeout(matches: &ArgMatches) -> Option<&str> {
    let below = matches.subcommand().and_then(|(_, below)| given_timeout(below));
    below.or_else(|| optional(matches, TIMEOUT)).filter(|text| !text.is_empty())
}

fn tokens(matches: &ArgMatches) -> Option<Tokens> {
    Some(Tokens {
        access_token: given(matches, ACCESS_TOKEN)?,
        expires_at: given(matches, EXPIRES_AT)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default(),
        refresh_token: given(matches, REFRESH_TOKEN).unwrap_or_default(),
    })
}

/// Parses a duration such as `15s`, `1m30s` or `500ms`; a bare number is in seconds.
pub(crate) fn parse_duration(text: &str) -> Result<Duration> {
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    humantime::parse_duration(text)
        .map_err(|_| anyhow!("{text:?} is not a duration: write it like 15s or 1m30s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed() {
        for (text, seconds) in [("15s", 15), ("1m30s", 90), ("20", 20)] {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        assert!(parse_duration("soon").unwrap_err().to_string().contains("soon"));
    }
}
