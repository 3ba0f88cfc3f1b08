//! The global flags, or their environment variables.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::ArgMatches;
use sensu_client::Tokens;

use crate::cli::TIMEOUT;

/// What the global flags, or their environment variables, say.
#[derive(Default)]
pub(crate) struct Flags {
    /// The server's address.
    pub api_url: Option<String>,
    /// The namespace to work in.
    pub namespace: Option<String>,
    /// The API key to use instead of a session.
    pub api_key: Option<String>,
    /// The file with the authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// Whether any certificate is accepted.
    pub skip_verify: bool,
    /// How long a request may take.
    pub timeout: Option<Duration>,
    /// The session that `sensuctl env` put into the environment.
    pub tokens: Option<Tokens>,
}

impl Flags {
    /// What this run says.
    pub(crate) fn of(matches: &ArgMatches) -> Result<Self> {
        Ok(Self {
            api_url: given(matches, "api-url"),
            namespace: given(matches, "namespace"),
            api_key: given(matches, "api-key"),
            ca_file: given(matches, "trusted-ca-file").map(PathBuf::from),
            skip_verify: matches.get_flag("insecure-skip-tls-verify"),
            timeout: given_timeout(matches).map(|text| duration(text)).transpose()?,
            tokens: tokens(matches),
        })
    }
}

/// The value of a global flag; none if it is empty.
pub(crate) fn given(matches: &ArgMatches, flag: &str) -> Option<String> {
    matches.get_one::<String>(flag).filter(|text| !text.is_empty()).cloned()
}

/// What says how long a request may take: it may stand before and after the command.
fn given_timeout(matches: &ArgMatches) -> Option<&String> {
    let below = matches.subcommand().and_then(|(_, below)| given_timeout(below));
    let here = || matches.try_get_one::<String>(TIMEOUT).ok().flatten();
    below.or_else(here).filter(|text| !text.is_empty())
}

/// The tokens that `sensuctl env` put into the environment.
fn tokens(matches: &ArgMatches) -> Option<Tokens> {
    Some(Tokens {
        access_token: given(matches, "access-token")?,
        expires_at: given(matches, "access-token-expires-at")
            .and_then(|text| text.parse().ok())
            .unwrap_or_default(),
        refresh_token: given(matches, "refresh-token").unwrap_or_default(),
    })
}

/// A length of time as the original writes it: `15s`, `1m30s`, `500ms`; seconds without a unit.
pub(crate) fn duration(text: &str) -> Result<Duration> {
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    humantime::parse_duration(text)
        .map_err(|_| anyhow!("{text:?} is not a length of time: write it like 15s or 1m30s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        for (text, seconds) in [("15s", 15), ("1m30s", 90), ("20", 20)] {
            assert_eq!(duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        assert!(duration("soon").unwrap_err().to_string().contains("soon"));
    }
}
