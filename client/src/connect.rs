//! A client, put together: where the server is, who asks, and how patient we are.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Certificate, Url};

use crate::config::{ConfigError, Directory};
use crate::session::{Clock, Credentials, Held, Session, Shared};
use crate::{ApiError, Client, Observer, Prefix, Retries, Tokens};

/// Where a server on this machine listens.
const HERE: &str = "http://127.0.0.1:8080";

/// Puts a [`Client`] together.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = sensu_client::Client::builder()
///     .address("https://sensu.example.com:8080")
///     .ca_file("/etc/ssl/sensu-ca.pem")
///     .user("admin", "P@ssw0rd!")
///     .namespace("production")
///     .log_in()
///     .await?;
/// let checks = client.check_list().send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until it builds"]
pub struct ClientBuilder {
    address: Option<String>,
    namespace: Option<String>,
    credentials: Credentials,
    tokens: Option<Tokens>,
    prefix: Option<Prefix>,
    ca_file: Option<PathBuf>,
    skip_verify: bool,
    timeout: Option<Duration>,
    retries: Retries,
    observer: Option<Observer>,
    clock: Option<Clock>,
}

impl Client {
    /// Starts to put a client together.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The namespace of the operations that name none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.inner.namespace()
    }

    fn forgetting_password(mut self) -> Self {
        self.inner = self.inner.forgetting_password();
        self
    }
}

impl ClientBuilder {
    /// Where the server is: `https://sensu.example.com:8080`, with a path if it is behind one.
    /// `http://127.0.0.1:8080` by default.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// The namespace of the operations that name none. `default` by default.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// A user's name and password. A client that is [built](Self::build) keeps them: they buy tokens
    /// at the first call, and again when those cannot be renewed any more. One that is
    /// [logged in](Self::log_in) forgets the password.
    pub fn user(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Credentials::Password { user: user.into(), password: password.into() };
        self
    }

    /// Tokens of a session that somebody has begun. They are renewed for as long as the server
    /// lets them; [`Client::tokens`] has the current ones.
    pub fn tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// An API key. It is sent with each request and needs no renewal.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.credentials = Credentials::Key(key.into());
        self
    }

    /// The configuration directory of `sensuctl`: address, namespace and tokens are those of its
    /// user, unless set here. Renewed tokens are kept in it, so that `sensuctl` has them too.
    pub fn directory(mut self, directory: Directory) -> Self {
        self.credentials = Credentials::Directory(directory);
        self
    }

    /// The prefix of the server's addresses. Found out at the first call by default.
    pub fn prefix(mut self, prefix: Prefix) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// A PEM file with the certificates of the authorities to trust, besides those that the machine
    /// trusts.
    pub fn ca_file(mut self, file: impl AsRef<Path>) -> Self {
        self.ca_file = Some(file.as_ref().to_owned());
        self
    }

    /// Whether to accept any certificate. Then nobody knows who is at the other end: for trials
    /// only.
    pub fn skip_verify(mut self, skip: bool) -> Self {
        self.skip_verify = skip;
        self
    }

    /// How long one try of a request may take, from the connection to the end of the answer. 15
    /// seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How often and when to try again.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// Somebody who sees every answer.
    pub fn observer(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Who tells the time, by which tokens are renewed before they expire. The machine by default.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The client. Nothing is sent before its first call.
    ///
    /// # Errors
    /// [`ApiError`] if the address is not one, or a file cannot be read.
    pub fn build(self) -> Result<Client, ApiError> {
        let http = self.http()?;
        let (mut address, mut namespace, mut tokens) = (self.address, self.namespace, self.tokens);
        if let Credentials::Directory(directory) = &self.credentials {
            let (cluster, profile) = (directory.cluster()?, directory.profile()?);
            tokens = tokens.or_else(|| cluster.tokens());
            address = address.or(Some(cluster.api_url).filter(|url| !url.is_empty()));
            namespace = namespace.or(Some(profile.namespace).filter(|name| !name.is_empty()));
        }
        let address = address.as_deref().unwrap_or(HERE);
        let defaults = Shared::default();
        let shared = Shared {
            credentials: self.credentials,
            namespace: namespace.unwrap_or(defaults.namespace.clone()),
            prefix: self.prefix.map_or_else(OnceLock::new, OnceLock::from),
            retries: self.retries,
            clock: self.clock.unwrap_or(Arc::clone(&defaults.clock)),
            ..defaults
        };
        let session = Session { shared: Arc::new(shared), observer: self.observer };
        session.hold(tokens.map(Held::kept));
        Ok(Client::new_with_client(&normal(address)?, http, session))
    }

    /// The client, logged in: wrong credentials are told now. The password is not kept: when the
    /// session cannot be renewed any more, it is over.
    ///
    /// # Errors
    /// [`ApiError`] as for [`build`](Self::build), or if the server cannot be reached or refuses
    /// the credentials.
    pub async fn log_in(self) -> Result<Client, ApiError> {
        let client = self.build()?;
        client.renew("").await?;
        Ok(client.forgetting_password())
    }

    fn http(&self) -> Result<reqwest::Client, ApiError> {
        let timeout = self.timeout.unwrap_or(Duration::from_secs(15));
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("sensu-client/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .tls_danger_accept_invalid_certs(self.skip_verify);
        if let Some(path) = &self.ca_file {
            let pem = std::fs::read(path)
                .map_err(|source| ConfigError::File { path: path.clone(), source })?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|error| ApiError::Invalid(format!("{}: {error}", path.display())))?;
            if certificates.is_empty() {
                let text = format!("{} holds no certificate in PEM form", path.display());
                return Err(ApiError::Invalid(text));
            }
            http = http.tls_certs_merge(certificates);
        }
        Ok(http.build()?)
    }
}

/// The address as URLs begin: with a scheme, without a slash at the end.
fn normal(address: &str) -> Result<String, ApiError> {
    let invalid = |why: &str| {
        ApiError::Invalid(format!("the address {address:?} {why}; it looks like {HERE}"))
    };
    let url = Url::parse(address).map_err(|_| invalid("is not a URL"))?;
    match url.scheme() {
        "http" | "https" => {}
        _ => return Err(invalid("is neither http nor https")),
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("has a query"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("names a user: give the credentials apart from it"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_address() {
        assert_eq!(normal("http://HOST:8080/").expect("fine"), "http://host:8080");
        assert_eq!(normal("https://x/sensu/").expect("fine"), "https://x/sensu");
        for bad in ["127.0.0.1:8080", "ftp://x", "http://x?a=b", "http://a:secret@x", ""] {
            let error = normal(bad).expect_err(bad).to_string();
            assert!(error.contains(HERE), "{error}");
        }
    }

    #[test]
    fn a_directory_gives_what_is_not_set() {
        let folder = tempfile::tempdir().expect("a folder");
        let directory = Directory::at(folder.path());
        let change = |cluster: &mut crate::config::Cluster| {
            cluster.api_url = "http://there:8080".into();
            cluster.access_token = "a".into();
        };
        directory.change_cluster(change).expect("changes");
        directory.change_profile(|profile| profile.namespace = "ops".into()).expect("changes");
        let client = Client::builder().directory(directory.clone()).build().expect("builds");
        assert_eq!((client.namespace(), client.baseurl.as_str()), ("ops", "http://there:8080"));
        assert_eq!(client.tokens().expect("there").access_token, "a");
        let set = Client::builder().directory(directory).namespace("web").address("http://here");
        let client = set.build().expect("builds");
        assert_eq!((client.namespace(), client.baseurl.as_str()), ("web", "http://here"));
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = Client::builder().ca_file(file.path()).build().expect_err("is empty");
        assert!(error.to_string().contains("certificate"), "{error}");
        let error = Client::builder().ca_file("nowhere.pem").build().expect_err("is not there");
        assert!(error.to_string().contains("nowhere.pem"), "{error}");
    }
}
