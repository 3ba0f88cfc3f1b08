//! [`ClientBuilder`]: base URL, credentials, TLS, timeout and retries of a [`Client`].

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Certificate, Url};

use crate::config::{ConfigDir, ConfigError};
use crate::session::{CachedTokens, Clock, CredentialSource, Session, Shared};
use crate::{ApiPrefix, Client, Error, Observer, RetryPolicy, Tokens};

const DEFAULT_BASE_URL: &str = "http://127.0.0.1:8080";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

/// Configures and creates a [`Client`].
///
/// Credentials are a user name and password ([`basic_auth`](Self::basic_auth)), an API key
/// ([`api_key`](Self::api_key)), a `sensuctl` configuration ([`config_dir`](Self::config_dir)), of
/// which the last one set wins, or the tokens of an existing session ([`tokens`](Self::tokens)). A
/// client without credentials can call the operations that need none.
///
/// ```no_run
/// # async fn example() -> Result<(), sensu_client::Error> {
/// let client = sensu_client::Client::builder()
///     .base_url("https://sensu.example.com:8080")
///     .trusted_ca_file("/etc/ssl/sensu-ca.pem")
///     .basic_auth("admin", "P@ssw0rd!")
///     .default_namespace("production")
///     .log_in()
///     .await?;
/// let checks = client.check_list().send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "call `build` or `log_in` to create the client"]
pub struct ClientBuilder {
    base_url: Option<String>,
    default_namespace: Option<String>,
    credentials: CredentialSource,
    tokens: Option<Tokens>,
    api_prefix: Option<ApiPrefix>,
    trusted_ca_file: Option<PathBuf>,
    accept_invalid_certs: bool,
    timeout: Option<Duration>,
    retry_policy: RetryPolicy,
    observer: Option<Observer>,
    clock: Option<Clock>,
}

impl Client {
    /// Creates a builder with the default settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Namespace of operations that do not set one.
    #[must_use]
    pub fn default_namespace(&self) -> &str {
        self.inner.default_namespace()
    }

    fn without_password(mut self) -> Self {
        self.inner = self.inner.without_password();
        self
    }
}

impl ClientBuilder {
    /// Scheme, host, port and optional path of the server, for example
    /// `https://sensu.example.com:8080`. Default: `http://127.0.0.1:8080`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Namespace of operations that do not set one. Default: `default`.
    pub fn default_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.default_namespace = Some(namespace.into());
        self
    }

    /// Name and password of a user.
    ///
    /// A client from [`build`](Self::build) keeps the password: it logs in at the first call, and
    /// again when its tokens can no longer be refreshed. A client from [`log_in`](Self::log_in)
    /// drops the password after logging in.
    pub fn basic_auth(mut self, username: impl Into<String>, password: impl Into<String>) -> Self {
        let (username, password) = (username.into(), password.into());
        self.credentials = CredentialSource::Password { username, password };
        self
    }

    /// Tokens of an existing session. The client refreshes them as long as the server allows it;
    /// [`Client::tokens`] returns the current ones.
    pub fn tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// API key, sent with every request.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.credentials = CredentialSource::ApiKey(key.into());
        self
    }

    /// Configuration directory of `sensuctl`. It provides base URL, default namespace and tokens,
    /// unless they are set on the builder. Refreshed tokens are written back to it.
    pub fn config_dir(mut self, dir: ConfigDir) -> Self {
        self.credentials = CredentialSource::ConfigDir(dir);
        self
    }

    /// Path prefix of the server's API. Default: detected during the first call.
    pub fn api_prefix(mut self, prefix: ApiPrefix) -> Self {
        self.api_prefix = Some(prefix);
        self
    }

    /// PEM file with CA certificates to trust in addition to the platform's trust store.
    pub fn trusted_ca_file(mut self, file: impl AsRef<Path>) -> Self {
        self.trusted_ca_file = Some(file.as_ref().to_owned());
        self
    }

    /// Whether to accept any TLS certificate. Default: `false`.
    ///
    /// With `true`, connections can be intercepted. Use it for tests only.
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.accept_invalid_certs = accept;
        self
    }

    /// Timeout of each attempt of a request, from connecting to the end of the response body.
    /// Default: 15 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Number and delays of retries. Default: [`RetryPolicy::default`].
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = policy;
        self
    }

    /// Callback that receives every response.
    pub fn observer(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Clock that decides when tokens are refreshed. Default: the system clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Creates the client. Sends no request.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the base URL or the CA file is invalid, [`Error::Config`] if a
    /// file cannot be read, [`Error::Transport`] if TLS cannot be initialized.
    pub fn build(self) -> Result<Client, Error> {
        let http = self.http_client()?;
        let (mut base_url, mut namespace) = (self.base_url, self.default_namespace);
        let mut tokens = self.tokens;
        if let CredentialSource::ConfigDir(dir) = &self.credentials {
            let (cluster, profile) = (dir.read_cluster()?, dir.read_profile()?);
            tokens = tokens.or_else(|| cluster.tokens());
            base_url = base_url.or(Some(cluster.api_url).filter(|url| !url.is_empty()));
            namespace = namespace.or(Some(profile.namespace).filter(|name| !name.is_empty()));
        }
        let base_url = base_url.as_deref().unwrap_or(DEFAULT_BASE_URL);
        let defaults = Shared::default();
        let shared = Shared {
            credentials: self.credentials,
            default_namespace: namespace.unwrap_or(defaults.default_namespace.clone()),
            api_prefix: self.api_prefix.map_or_else(OnceLock::new, OnceLock::from),
            retry_policy: self.retry_policy,
            clock: self.clock.unwrap_or(Arc::clone(&defaults.clock)),
            ..defaults
        };
        let session = Session { shared: Arc::new(shared), observer: self.observer };
        session.set_cached_tokens(tokens.map(CachedTokens::restored));
        Ok(Client::new_with_client(&normalize_base_url(base_url)?, http, session))
    }

    /// Creates the client and logs in, so that wrong credentials fail here. The password is dropped
    /// afterwards: the client becomes unauthenticated when its tokens can no longer be refreshed.
    ///
    /// # Errors
    /// As for [`build`](Self::build), and [`Error::Api`] if the server rejects the credentials,
    /// [`Error::Transport`] if it cannot be reached, [`Error::NotLoggedIn`] if the builder has no
    /// password and no tokens.
    pub async fn log_in(self) -> Result<Client, Error> {
        let client = self.build()?;
        client.refresh("").await?;
        Ok(client.without_password())
    }

    fn http_client(&self) -> Result<reqwest::Client, Error> {
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("sensu-client/", env!("CARGO_PKG_VERSION")))
            .timeout(self.timeout.unwrap_or(DEFAULT_TIMEOUT))
            .tls_danger_accept_invalid_certs(self.accept_invalid_certs);
        if let Some(path) = &self.trusted_ca_file {
            let pem = std::fs::read(path)
                .map_err(|source| ConfigError::File { path: path.clone(), source })?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|error| Error::InvalidInput(format!("{}: {error}", path.display())))?;
            if certificates.is_empty() {
                let message = format!("{} contains no PEM certificate", path.display());
                return Err(Error::InvalidInput(message));
            }
            http = http.tls_certs_merge(certificates);
        }
        Ok(http.build()?)
    }
}

/// Validates a base URL and removes trailing slashes.
fn normalize_base_url(text: &str) -> Result<String, Error> {
    let invalid = |reason: &str| {
        let message = format!("invalid base URL {text:?}: {reason}; example: {DEFAULT_BASE_URL}");
        Error::InvalidInput(message)
    };
    let url = Url::parse(text).map_err(|_| invalid("not a URL"))?;
    match url.scheme() {
        "http" | "https" => {}
        _ => return Err(invalid("the scheme must be http or https")),
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it must not have a query or fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it must not contain credentials"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_normalized_and_validated() {
        assert_eq!(normalize_base_url("http://HOST:8080/").unwrap(), "http://host:8080");
        assert_eq!(normalize_base_url("https://x/sensu/").unwrap(), "https://x/sensu");
        for invalid in ["127.0.0.1:8080", "ftp://x", "http://x?a=b", "http://a:secret@x", ""] {
            let error = normalize_base_url(invalid).expect_err(invalid).to_string();
            assert!(error.contains(DEFAULT_BASE_URL), "{error}");
        }
    }

    #[test]
    fn a_config_dir_provides_settings_that_the_builder_does_not_set() {
        let temp = tempfile::tempdir().unwrap();
        let dir = ConfigDir::new(temp.path());
        dir.update_cluster(|cluster| {
            cluster.api_url = "http://configured:8080".into();
            cluster.access_token = "a".into();
        })
        .unwrap();
        dir.update_profile(|profile| profile.namespace = "ops".into()).unwrap();
        let settings = |client: &Client| {
            (client.default_namespace().to_owned(), client.baseurl.as_str().to_owned())
        };

        let client = Client::builder().config_dir(dir.clone()).build().unwrap();
        assert_eq!(settings(&client), ("ops".into(), "http://configured:8080".into()));
        assert_eq!(client.tokens().unwrap().access_token, "a");

        let builder = Client::builder().config_dir(dir).default_namespace("web");
        let client = builder.base_url("http://explicit").build().unwrap();
        assert_eq!(settings(&client), ("web".into(), "http://explicit".into()));
    }

    #[test]
    fn a_ca_file_without_certificates_is_rejected() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Client::builder().trusted_ca_file(file.path()).build().unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
        let error = Client::builder().trusted_ca_file("missing.pem").build().unwrap_err();
        assert!(error.to_string().contains("missing.pem"), "{error}");
    }
}
