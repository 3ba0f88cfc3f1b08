//! The context of a run: settings, client and standard output. Every command gets it.
//!
//! A setting comes from the first of: flag, environment variable, configuration directory, default.
//! Commands are blocking functions; [`Context::wait`] runs the asynchronous client.

use std::cell::{Cell, OnceCell};
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use clap::{ArgMatches, Command};
use etcetera::BaseStrategy as _;
use sensu_client::config::{Cluster, ConfigDir, ConfigError, Profile};
use sensu_client::{Client, Tokens};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::global_flags::{CA_FILE, GlobalFlags, SKIP_VERIFY};
use crate::prefix_cache::PrefixCache;

/// Server URL without flag, variable and configuration.
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// Time limit of a request without flag, variable and configuration.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

/// Error without credentials, as in Sensu Go 5.0.0.
pub(crate) const NO_CREDENTIALS: &str =
    "Unable to locate credentials. You can configure credentials by running \"sensuctl configure\"";

/// Settings of a run, and what follows from them.
pub(crate) struct Context {
    directory: ConfigDir,
    cluster: Cluster,
    profile: Profile,
    flags: GlobalFlags,
    client: OnceCell<Client>,
    prefixes: Option<PrefixCache>,
    runtime: Runtime,
    config_errors: Vec<ConfigError>,
    command_tree: fn() -> Command,
    has_warned: Cell<bool>,
}

impl Context {
    /// Reads flags and configuration. `command_tree` builds the commands of the program. Errors of the configuration are deferred to
    /// [`Context::require_configuration`], because some commands work without it.
    pub(crate) fn new(matches: &ArgMatches, command_tree: fn() -> Command) -> Result<Self> {
        let mut config_errors = Vec::new();
        let flags = GlobalFlags::from_matches(matches)?;
        let directory = match &flags.config_dir {
            Some(path) => ConfigDir::new(path),
            None => ok_or_defer(ConfigDir::for_current_user(), &mut config_errors)
                .unwrap_or_else(|| ConfigDir::new("")),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let cluster = ok_or_defer(directory.read_cluster(), &mut config_errors).unwrap_or_default();
        let profile = ok_or_defer(directory.read_profile(), &mut config_errors).unwrap_or_default();
        let cache_dir = flags.cache_dir.clone().or_else(default_cache_dir);
        let prefixes = cache_dir.map(PrefixCache::in_directory);
        let client = OnceCell::new();
        Ok(Self {
            directory,
            cluster,
            profile,
            flags,
            client,
            prefixes,
            runtime,
            config_errors,
            command_tree,
            has_warned: Cell::new(false),
        })
    }

    /// Fails if the configuration directory could not be read.
    pub(crate) fn require_configuration(mut self) -> Result<Self> {
        match self.config_errors.is_empty() {
            true => Ok(self),
            false => Err(self.config_errors.swap_remove(0).into()),
        }
    }

    /// Renames malformed configuration files to `NAME.broken`, and reports it on standard error.
    pub(crate) fn set_malformed_files_aside(&self) -> Result<()> {
        for error in &self.config_errors {
            let ConfigError::Malformed { path, source } = error else { bail!("{error}") };
            let mut renamed = path.clone().into_os_string();
            renamed.push(".broken");
            fs::rename(path, &renamed)
                .with_context(|| format!("cannot rename {}", path.display()))?;
            let renamed = PathBuf::from(renamed);
            let (from, to) = (path.display(), renamed.display());
            writeln!(io::stderr(), "{from} is malformed and was renamed to {to}: {source}")?;
        }
        Ok(())
    }

    /// All commands of the program, for completion scripts and manual pages.
    pub(crate) fn command_tree(&self) -> Command {
        (self.command_tree)()
    }

    /// The configuration directory.
    pub(crate) fn directory(&self) -> &ConfigDir {
        &self.directory
    }

    /// The file `cluster`, as it was when the run began.
    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The configured output format; empty if there is none.
    pub(crate) fn configured_format(&self) -> &str {
        &self.profile.format
    }

    /// URL of the server.
    pub(crate) fn api_url(&self) -> &str {
        let configured = Some(self.cluster.api_url.as_str()).filter(|url| !url.is_empty());
        self.flags.api_url.as_deref().or(configured).unwrap_or(DEFAULT_URL)
    }

    /// The namespace to work in.
    pub(crate) fn namespace(&self) -> &str {
        let configured = Some(self.profile.namespace.as_str()).filter(|name| !name.is_empty());
        self.flags.namespace.as_deref().or(configured).unwrap_or("default")
    }

    /// PEM file with the CA certificates to trust; `None` for those of the system.
    pub(crate) fn ca_file(&self) -> Option<PathBuf> {
        let configured = self.cluster.extra.get(CA_FILE).and_then(Value::as_str);
        let configured = configured.filter(|path| !path.is_empty()).map(PathBuf::from);
        self.flags.ca_file.clone().or(configured)
    }

    /// Whether any server certificate is accepted.
    pub(crate) fn skip_verify(&self) -> bool {
        let configured = self.cluster.extra.get(SKIP_VERIFY).and_then(Value::as_bool);
        self.flags.skip_verify || configured == Some(true)
    }

    /// Time limit of a request. The configuration stores nanoseconds, as Sensu Go does.
    pub(crate) fn timeout(&self) -> Duration {
        let configured = self.cluster.extra.get("timeout").and_then(Value::as_u64);
        let configured = configured.filter(|nanos| *nanos > 0).map(Duration::from_nanos);
        self.flags.timeout.or(configured).unwrap_or(DEFAULT_TIMEOUT)
    }

    /// Time limit of a request by flag or variable.
    pub(crate) fn given_timeout(&self) -> Option<Duration> {
        self.flags.timeout
    }

    /// Tokens of the environment, or of the configuration directory.
    pub(crate) fn tokens(&self) -> Option<Tokens> {
        self.flags.tokens.clone().or_else(|| self.cluster.tokens())
    }

    /// The user of the access token.
    pub(crate) fn user(&self) -> Option<String> {
        token_claim(&self.tokens()?.access_token, "sub")?.as_str().map(str::to_owned)
    }

    /// Whether requests authenticate with an API key.
    pub(crate) fn has_api_key(&self) -> bool {
        self.flags.api_key.is_some()
    }

    /// Whether there are credentials of any kind.
    pub(crate) fn has_credentials(&self) -> bool {
        self.has_api_key() || self.tokens().is_some()
    }

    /// A client builder with all settings except credentials.
    pub(crate) fn client_builder(&self) -> sensu_client::ClientBuilder {
        let builder = Client::builder()
            .base_url(self.api_url())
            .default_namespace(self.namespace())
            .danger_accept_invalid_certs(self.skip_verify())
            .timeout(self.timeout());
        let builder = match self.ca_file() {
            Some(file) => builder.trusted_ca_file(file),
            None => builder,
        };
        match self.prefixes.as_ref().and_then(|prefixes| prefixes.get(self.api_url())) {
            Some(prefix) => builder.api_prefix(prefix),
            None => builder,
        }
    }

    /// Caches the API prefix that a client has found.
    pub(crate) fn cache_prefix(&self, url: &str, client: &Client) {
        if let Some(prefixes) = &self.prefixes {
            prefixes.insert(url, client.api_prefix());
        }
    }

    /// The client.
    ///
    /// # Errors
    /// [`NO_CREDENTIALS`] if there are none.
    pub(crate) fn client(&self) -> Result<&Client> {
        match self.has_credentials() {
            true => self.client_or_anonymous(),
            false => bail!(NO_CREDENTIALS),
        }
    }

    /// The client, without credentials if there are none. Otherwise it uses the first of: API key,
    /// tokens of the environment, session of the configuration directory.
    pub(crate) fn client_or_anonymous(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let builder = self.client_builder();
        let builder = match (&self.flags.api_key, &self.flags.tokens) {
            (Some(key), _) => builder.api_key(key.clone()),
            (None, Some(tokens)) => builder.tokens(tokens.clone()),
            (None, None) if self.cluster.tokens().is_none() => builder,
            (None, None) => builder.config_dir(self.directory.clone()),
        };
        let client = builder.build()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Blocks until a future is complete.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Logs in, and replaces the session of the configuration directory. Does nothing if the
    /// credentials of this run come from flags or environment.
    pub(crate) fn renew_session(&self, user: &str, password: &str) -> Result<()> {
        if self.flags.api_key.is_some() || self.flags.tokens.is_some() {
            return Ok(());
        }
        let client = self.wait(self.client_builder().basic_auth(user, password).log_in())?;
        let tokens = client.tokens();
        Ok(self.directory.update_cluster(|cluster| cluster.set_tokens(tokens.as_ref()))?)
    }

    /// Prints a warning to standard error, once in a run.
    pub(crate) fn warn_once(&self, text: &str) {
        if !self.has_warned.replace(true) {
            // Standard error may be closed.
            let _ = writeln!(io::stderr(), "Warning: {text}");
        }
    }

    /// Prints a line to standard output.
    pub(crate) fn print_line(&self, text: &str) -> Result<()> {
        self.print(&format!("{text}\n"))
    }

    /// Prints a text to standard output.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        self.print_bytes(text.as_bytes())
    }

    /// Writes bytes to standard output.
    pub(crate) fn print_bytes(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        Ok(out.flush()?)
    }

    /// Whether standard output is a terminal and `NO_COLOR` is not set.
    pub(crate) fn use_colors(&self) -> bool {
        io::stdout().is_terminal() && terminal_variable("NO_COLOR").is_none()
    }
}

fn ok_or_defer<T>(read: Result<T, ConfigError>, errors: &mut Vec<ConfigError>) -> Option<T> {
    read.map_err(|error| errors.push(error)).ok()
}

/// `sensu/sensuctl` in `$XDG_CACHE_HOME` or `~/.cache`; `None` without a home directory.
fn default_cache_dir() -> Option<PathBuf> {
    let dirs = etcetera::base_strategy::Xdg::new().ok()?;
    Some(dirs.cache_dir().join("sensu").join("sensuctl"))
}

/// A claim of a JWT, not verified: only the server can do that.
pub(crate) fn token_claim(token: &str, name: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice::<Value>(&bytes).ok()?.get(name).cloned()
}

/// An environment variable that all terminal programs share, such as `EDITOR`. Empty counts as unset.
#[expect(clippy::disallowed_methods, reason = "not a setting of sensuctl: clap does not read it")]
pub(crate) fn terminal_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_from_the_payload_of_a_token() {
        let token = "e30.eyJzdWIiOiJhZG1pbiJ9.x";
        assert_eq!(token_claim(token, "sub"), Some(Value::from("admin")));
        assert_eq!(token_claim("nonsense", "sub"), None);
    }
}
