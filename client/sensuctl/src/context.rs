//! What every command can reach: the settings of this run, the server, and the terminal.
//!
//! Commands are plain functions: a call to the server returns when the answer is there.

use std::cell::OnceCell;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use clap::ArgMatches;
use sensu_client::config::{Cluster, ConfigDir, ConfigError, Profile};
use sensu_client::{Client, Tokens};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::global_flags::{Flags, given};
use crate::prefix_cache::PrefixCache;

/// The address of a server on this machine.
pub(crate) const HERE: &str = "http://127.0.0.1:8080";

/// How long a request may take if nobody says.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(15);

/// What is said when nobody has logged in.
pub(crate) const NO_CREDENTIALS: &str =
    "Unable to locate credentials. You can configure credentials by running \"sensuctl configure\"";

/// The settings of this run, and what follows from them.
pub(crate) struct Context {
    directory: ConfigDir,
    cluster: Cluster,
    profile: Profile,
    flags: Flags,
    client: OnceCell<Client>,
    memory: Option<PrefixCache>,
    runtime: Runtime,
    /// What could not be read of the configuration.
    broken: Vec<ConfigError>,
}

impl Context {
    /// The context of a run with these flags.
    pub(crate) fn new(matches: &ArgMatches) -> Result<Self> {
        let mut broken = Vec::new();
        let directory = match given(matches, "config-dir") {
            Some(path) => ConfigDir::new(path),
            None => kept(ConfigDir::for_current_user(), &mut broken)
                .unwrap_or_else(|| ConfigDir::new("")),
        };
        let flags = Flags::of(matches)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let cluster = kept(directory.read_cluster(), &mut broken).unwrap_or_default();
        let profile = kept(directory.read_profile(), &mut broken).unwrap_or_default();
        let memory =
            given(matches, "cache-dir").map(PathBuf::from).or_else(cache).map(PrefixCache::within);
        let client = OnceCell::new();
        Ok(Self { directory, cluster, profile, flags, client, memory, runtime, broken })
    }

    /// Refuses to go on if the configuration could not be read.
    pub(crate) fn expect_intact(mut self) -> Result<Self> {
        match self.broken.is_empty() {
            true => Ok(self),
            false => Err(self.broken.swap_remove(0).into()),
        }
    }

    /// Moves files that hold nonsense out of the way, and says where to.
    pub(crate) fn mend(&self) -> Result<()> {
        for error in &self.broken {
            let ConfigError::Malformed { path, source } = error else { bail!("{error}") };
            let mut aside = path.clone().into_os_string();
            aside.push(".broken");
            fs::rename(path, &aside)
                .with_context(|| format!("cannot rename {}", path.display()))?;
            let aside = PathBuf::from(aside);
            let (was, is) = (path.display(), aside.display());
            writeln!(io::stderr(), "{was} cannot be read, and is now {is}: {source}")?;
        }
        Ok(())
    }

    /// The configuration directory.
    pub(crate) fn directory(&self) -> &ConfigDir {
        &self.directory
    }

    /// What the file `cluster` held when the program began.
    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The format of the profile; empty if it has none.
    pub(crate) fn preferred_format(&self) -> &str {
        &self.profile.format
    }

    /// The server's address.
    pub(crate) fn api_url(&self) -> &str {
        let kept = Some(self.cluster.api_url.as_str()).filter(|url| !url.is_empty());
        self.flags.api_url.as_deref().or(kept).unwrap_or(HERE)
    }

    /// The namespace to work in.
    pub(crate) fn namespace(&self) -> &str {
        let kept = Some(self.profile.namespace.as_str()).filter(|name| !name.is_empty());
        self.flags.namespace.as_deref().or(kept).unwrap_or("default")
    }

    /// The file with the authorities to trust, if there is one.
    pub(crate) fn ca_file(&self) -> Option<PathBuf> {
        let kept = self.cluster.extra.get("trusted-ca-file").and_then(Value::as_str);
        let kept = kept.filter(|path| !path.is_empty()).map(PathBuf::from);
        self.flags.ca_file.clone().or(kept)
    }

    /// Whether any certificate is accepted.
    pub(crate) fn skip_verify(&self) -> bool {
        let kept = self.cluster.extra.get("insecure-skip-tls-verify").and_then(Value::as_bool);
        self.flags.skip_verify || kept == Some(true)
    }

    /// How long a request may take.
    pub(crate) fn timeout(&self) -> Duration {
        let kept = self.cluster.extra.get("timeout").and_then(Value::as_u64);
        let kept = kept.filter(|nanoseconds| *nanoseconds > 0).map(Duration::from_nanos);
        self.flags.timeout.or(kept).unwrap_or(TIMEOUT)
    }

    /// How long a request may take, if this run says so.
    pub(crate) fn timeout_of_this_run(&self) -> Option<Duration> {
        self.flags.timeout
    }

    /// The tokens of the environment, or else those of the configuration directory.
    pub(crate) fn tokens(&self) -> Option<Tokens> {
        self.flags.tokens.clone().or_else(|| self.cluster.tokens())
    }

    /// The user whom the access token speaks for.
    pub(crate) fn user(&self) -> Option<String> {
        claim(&self.tokens()?.access_token, "sub")?.as_str().map(str::to_owned)
    }

    /// Whether an API key stands for the session.
    pub(crate) fn has_api_key(&self) -> bool {
        self.flags.api_key.is_some()
    }

    /// The settings of a client, without credentials.
    pub(crate) fn builder(&self) -> sensu_client::ClientBuilder {
        let builder = Client::builder()
            .base_url(self.api_url())
            .default_namespace(self.namespace())
            .danger_accept_invalid_certs(self.skip_verify())
            .timeout(self.timeout());
        let builder = match self.ca_file() {
            Some(file) => builder.trusted_ca_file(file),
            None => builder,
        };
        match self.memory.as_ref().and_then(|memory| memory.of(self.api_url())) {
            Some(prefix) => builder.api_prefix(prefix),
            None => builder,
        }
    }

    /// Remembers what a client found out about its server.
    pub(crate) fn remember(&self, address: &str, client: &Client) {
        if let Some(memory) = &self.memory {
            memory.keep(address, client.api_prefix());
        }
    }

    /// The client, with the best credentials there are: key, environment, configuration directory.
    pub(crate) fn client(&self) -> Result<&Client> {
        match self.flags.api_key.is_some() || self.tokens().is_some() {
            true => self.client_or_anonymous(),
            false => bail!(NO_CREDENTIALS),
        }
    }

    /// The client; without credentials if there are none.
    pub(crate) fn client_or_anonymous(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let builder = self.builder();
        let builder = match (&self.flags.api_key, &self.flags.tokens) {
            (Some(key), _) => builder.api_key(key.clone()),
            (None, Some(tokens)) => builder.tokens(tokens.clone()),
            (None, None) if self.cluster.tokens().is_none() => builder,
            (None, None) => builder.config_dir(self.directory.clone()),
        };
        let client = builder.build()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Waits for something of the library.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Logs in again, and keeps the session if the last one was kept.
    pub(crate) fn begin_session(&self, user: &str, password: &str) -> Result<()> {
        if self.flags.api_key.is_some() || self.flags.tokens.is_some() {
            return Ok(());
        }
        let client = self.wait(self.builder().basic_auth(user, password).log_in())?;
        let tokens = client.tokens();
        Ok(self.directory.update_cluster(|cluster| cluster.set_tokens(tokens.as_ref()))?)
    }

    /// Writes a line to the standard output.
    pub(crate) fn say(&self, text: &str) -> Result<()> {
        self.write(&format!("{text}\n"))
    }

    /// Writes to the standard output.
    pub(crate) fn write(&self, text: &str) -> Result<()> {
        self.write_bytes(text.as_bytes())
    }

    /// Writes what need not be text to the standard output.
    pub(crate) fn write_bytes(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        Ok(out.flush()?)
    }

    /// Whether the standard output shows colours.
    pub(crate) fn has_colours(&self) -> bool {
        io::stdout().is_terminal() && setting("NO_COLOR").is_none()
    }
}

/// What was read; what is wrong with it is put with the rest that is broken.
fn kept<T>(read: Result<T, ConfigError>, broken: &mut Vec<ConfigError>) -> Option<T> {
    read.map_err(|error| broken.push(error)).ok()
}

/// The cache directory of the user: `sensu/sensuctl` in `$XDG_CACHE_HOME`, or in `~/.cache`.
fn cache() -> Option<PathBuf> {
    let home = || setting("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let folder = setting("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?;
    Some(folder.join("sensu").join("sensuctl"))
}

/// A claim of a token, which is not verified: the server does that.
pub(crate) fn claim(token: &str, name: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice::<Value>(&bytes).ok()?.get(name).cloned()
}

/// The time in seconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// A setting of the environment that concerns the terminal, not the program.
#[expect(clippy::disallowed_methods, reason = "not a setting of ours: terminals share these")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_whom_it_speaks_for() {
        let token = "e30.eyJzdWIiOiJhZG1pbiJ9.x";
        assert_eq!(claim(token, "sub"), Some(Value::from("admin")));
        assert_eq!(claim("nonsense", "sub"), None);
    }
}
