//! Authentication: login, token refresh and logout.

use std::time::Duration;

use progenitor_client::ClientInfo as _;
use reqwest::header::{DATE, HeaderMap};
use reqwest::{RequestBuilder, StatusCode};
use tracing::Instrument as _;

use crate::config::ConfigDir;
use crate::session::{CachedTokens, CredentialSource};
use crate::{Client, Error, Tokens};

impl Client {
    /// Creates a client and logs in with a user name and password. The tokens are refreshed while
    /// the client is in use; the password is dropped.
    ///
    /// Short for [`ClientBuilder::basic_auth`](crate::ClientBuilder::basic_auth) and
    /// [`log_in`](crate::ClientBuilder::log_in).
    ///
    /// # Errors
    /// [`Error::Api`] if the server rejects the credentials, [`Error::Transport`] if it cannot be
    /// reached, [`Error::InvalidInput`] if the base URL is invalid.
    pub async fn log_in(base_url: &str, username: &str, password: &str) -> Result<Self, Error> {
        Self::builder().base_url(base_url).basic_auth(username, password).log_in().await
    }

    /// The current tokens; `None` before login and after logout.
    #[must_use]
    pub fn tokens(&self) -> Option<Tokens> {
        self.inner().tokens()
    }

    /// Returns an access token that is valid for at least `min_validity`, or as long as the server
    /// allows, if that is shorter. Fetches or refreshes tokens if necessary.
    ///
    /// # Errors
    /// [`Error::NotLoggedIn`] without credentials, otherwise as for [`refresh`](Self::refresh).
    pub async fn access_token(&self, min_validity: Duration) -> Result<String, Error> {
        let session = self.inner();
        let min_validity = i64::try_from(min_validity.as_secs()).unwrap_or(i64::MAX);
        let until = session.now().saturating_add(min_validity);
        let tokens = match session.cached_tokens() {
            Some(cached) if !cached.needs_refresh(until) => cached.tokens,
            Some(cached) => self.refresh(&cached.tokens.access_token).await?,
            None => self.refresh("").await?,
        };
        Ok(tokens.access_token)
    }

    /// Replaces the tokens, once for all concurrent callers.
    ///
    /// `stale` is the access token to replace, or empty to log in. If the client has another
    /// access token by now, a concurrent caller (with a configuration directory: also another
    /// process) has refreshed it, and those tokens are returned.
    ///
    /// Calls of operations refresh tokens on their own, before expiry and after a 401.
    ///
    /// # Errors
    /// [`Error::NotLoggedIn`] without tokens and password, [`Error::Api`] if the server rejects
    /// them, [`Error::Transport`] if it cannot be reached, [`Error::Config`] if the configuration
    /// directory cannot be read or written.
    pub async fn refresh(&self, stale: &str) -> Result<Tokens, Error> {
        let (client, stale) = (self.clone(), stale.to_owned());
        // In a task of its own, because a dropped caller must not drop the response: the server
        // has already invalidated the old refresh token.
        let refresh = async move { client.refresh_once(&stale).await }.in_current_span();
        tokio::spawn(refresh).await.map_err(Error::Interrupted)?
    }

    /// Ends the session on the server and removes the tokens, also from the configuration
    /// directory.
    ///
    /// # Errors
    /// [`Error::NotLoggedIn`] without tokens, [`Error::Api`] or [`Error::Transport`] if the server
    /// cannot end the session, [`Error::Config`] if the configuration directory cannot be written.
    pub async fn log_out(&self) -> Result<(), Error> {
        let session = self.inner();
        let _lock = session.shared.refresh_lock.lock().await;
        let tokens = match &session.shared.credentials {
            CredentialSource::ConfigDir(dir) => dir.read_cluster()?.tokens(),
            _ => session.tokens(),
        };
        let tokens = tokens.ok_or(Error::NotLoggedIn)?;
        self.send_auth_request(self.token_request("/auth/logout", &tokens)).await?;
        session.set_cached_tokens(None);
        if let CredentialSource::ConfigDir(dir) = &session.shared.credentials {
            dir.update_cluster(|cluster| cluster.set_tokens(None))?;
        }
        Ok(())
    }

    async fn refresh_once(&self, stale: &str) -> Result<Tokens, Error> {
        let session = self.inner();
        let _lock = session.shared.refresh_lock.lock().await;
        let current = session.tokens();
        if let Some(tokens) = current.as_ref().filter(|tokens| tokens.access_token != stale) {
            return Ok(tokens.clone());
        }
        let cached = match (&session.shared.credentials, current) {
            (CredentialSource::ConfigDir(dir), _) => self.refresh_shared(dir, stale).await?,
            (CredentialSource::Password { username, password }, Some(tokens)) => {
                match self.exchange(&tokens).await {
                    Err(Error::Api { .. }) => self.fetch_tokens(username, password).await?,
                    exchanged => exchanged?,
                }
            }
            (CredentialSource::Password { username, password }, None) => {
                self.fetch_tokens(username, password).await?
            }
            (CredentialSource::Tokens, Some(tokens)) => self.exchange(&tokens).await?,
            (CredentialSource::Tokens, None) | (CredentialSource::ApiKey(_), _) => {
                return Err(Error::NotLoggedIn);
            }
        };
        let tokens = cached.tokens.clone();
        session.set_cached_tokens(Some(cached));
        Ok(tokens)
    }

    /// Refreshes the tokens of a configuration directory, unless another process already has.
    async fn refresh_shared(&self, dir: &ConfigDir, stale: &str) -> Result<CachedTokens, Error> {
        let lock = {
            let dir = dir.clone();
            let lock = tokio::task::spawn_blocking(move || dir.lock());
            lock.await.map_err(Error::Interrupted)??
        };
        let mut cluster = dir.read_cluster()?;
        let tokens = cluster.tokens().ok_or(Error::NotLoggedIn)?;
        let is_refreshed = tokens.access_token != stale;
        let stored = CachedTokens::restored(tokens);
        if is_refreshed && !stored.needs_refresh(self.inner().now()) {
            tracing::debug!("another process has refreshed the tokens");
            return Ok(stored);
        }
        let issued = self.exchange(&stored.tokens).await?;
        cluster.set_tokens(Some(&issued.tokens));
        dir.write_cluster(&lock, &cluster)?;
        Ok(issued)
    }

    /// Logs in.
    async fn fetch_tokens(&self, username: &str, password: &str) -> Result<CachedTokens, Error> {
        let request = self.client().get(format!("{}/auth", self.baseurl()));
        let issued = self.request_tokens(request.basic_auth(username, Some(password))).await?;
        tracing::debug!(username, "logged in");
        Ok(issued)
    }

    /// Exchanges the refresh token for new tokens.
    async fn exchange(&self, tokens: &Tokens) -> Result<CachedTokens, Error> {
        let issued = self.request_tokens(self.token_request("/auth/token", tokens)).await?;
        tracing::debug!("refreshed the tokens");
        Ok(issued)
    }

    /// A request that carries both tokens.
    fn token_request(&self, path: &str, tokens: &Tokens) -> RequestBuilder {
        self.client()
            .post(format!("{}{path}", self.baseurl()))
            .bearer_auth(&tokens.access_token)
            .json(&serde_json::json!({ "refresh_token": tokens.refresh_token }))
    }

    async fn request_tokens(&self, request: RequestBuilder) -> Result<CachedTokens, Error> {
        let (headers, body) = self.send_auth_request(request).await?;
        let tokens = serde_json::from_slice(&body)
            .map_err(|error| Error::InvalidResponse(error.to_string()))?;
        Ok(CachedTokens::issued(tokens, server_time(&headers), self.inner().now()))
    }

    async fn send_auth_request(
        &self,
        request: RequestBuilder,
    ) -> Result<(HeaderMap, bytes::Bytes), Error> {
        // Not idempotent: the server counts wrong passwords, and a refresh token works once.
        let response = self.send_anonymous(request.build()?, false).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await?;
        match status {
            StatusCode::OK | StatusCode::NO_CONTENT => Ok((headers, body)),
            _ => Err(Error::from_response(status, &headers, &body)),
        }
    }
}

/// The `Date` header, in seconds since 1970-01-01 UTC.
fn server_time(headers: &HeaderMap) -> Option<i64> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let elapsed = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(elapsed.as_secs()).ok()
}
