//! Tokens: bought, renewed once for everybody who waits, and given up.

use progenitor_client::ClientInfo as _;
use reqwest::header::{DATE, HeaderMap};
use reqwest::{RequestBuilder, StatusCode};
use tracing::Instrument as _;

use crate::config::Directory;
use crate::session::{Credentials, Held};
use crate::{ApiError, Client, Tokens};

impl Client {
    /// A client that has logged in with a user's name and password. Its session lasts for as long as
    /// it is used; the password is not kept.
    ///
    /// # Errors
    /// [`ApiError`] if the server cannot be reached or refuses the credentials.
    pub async fn log_in(server: &str, user: &str, password: &str) -> Result<Self, ApiError> {
        Self::builder().address(server).user(user, password).log_in().await
    }

    /// The tokens that are sent now; `None` before a log-in and after a log-out.
    #[must_use]
    pub fn tokens(&self) -> Option<Tokens> {
        self.inner().tokens()
    }

    /// An access token that is good for at least so many seconds, if the server gives such.
    ///
    /// # Errors
    /// [`ApiError`] if there are no credentials, or the server refuses them.
    pub async fn access_token(&self, seconds: i64) -> Result<String, ApiError> {
        let session = self.inner();
        let tokens = match session.held() {
            Some(held) if !held.is_due(session.now().saturating_add(seconds)) => held.tokens,
            Some(held) => self.renew(&held.tokens.access_token).await?,
            None => self.renew("").await?,
        };
        Ok(tokens.access_token)
    }

    /// Exchanges the tokens for new ones, once for all who ask at the same time.
    ///
    /// `stale` is the access token that was found wanting: if another one is held by now, somebody
    /// else has done it already. With a configuration directory, somebody else may be another
    /// process.
    ///
    /// # Errors
    /// [`ApiError`] if there are no tokens, or the server refuses them.
    pub async fn renew(&self, stale: &str) -> Result<Tokens, ApiError> {
        let (client, stale) = (self.clone(), stale.to_owned());
        // It goes on when the caller does not: the server has taken the old tokens by then.
        let renewal = async move { client.renew_once(&stale).await }.in_current_span();
        match tokio::spawn(renewal).await {
            Ok(renewed) => renewed,
            Err(error) => Err(ApiError::Invalid(format!("the renewal was interrupted: {error}"))),
        }
    }

    /// Ends the session on the server and forgets the tokens, also in the configuration directory.
    ///
    /// # Errors
    /// [`ApiError`] if there are no tokens, or the server cannot be told.
    pub async fn log_out(&self) -> Result<(), ApiError> {
        let session = self.inner();
        let _renewal = session.shared.renewal.lock().await;
        let kept = match &session.shared.credentials {
            Credentials::Directory(directory) => directory.cluster()?.tokens(),
            _ => session.tokens(),
        };
        let held = kept.ok_or(ApiError::NotLoggedIn)?;
        self.ask(self.with_both("/auth/logout", &held)).await?;
        session.hold(None);
        if let Credentials::Directory(directory) = &session.shared.credentials {
            directory.change_cluster(|cluster| cluster.set_tokens(None))?;
        }
        Ok(())
    }

    async fn renew_once(&self, stale: &str) -> Result<Tokens, ApiError> {
        let session = self.inner();
        let _renewal = session.shared.renewal.lock().await;
        let held = session.tokens();
        if let Some(held) = held.as_ref().filter(|held| held.access_token != stale) {
            return Ok(held.clone());
        }
        let fresh = match (&session.shared.credentials, held) {
            (Credentials::Directory(directory), _) => self.renew_shared(directory, stale).await?,
            (Credentials::Password { user, password }, Some(held)) => {
                match self.exchange(&held).await {
                    Err(ApiError::Refused { .. }) => self.buy(user, password).await?,
                    exchanged => exchanged?,
                }
            }
            (Credentials::Password { user, password }, None) => self.buy(user, password).await?,
            (Credentials::Tokens, Some(held)) => self.exchange(&held).await?,
            (Credentials::Tokens, None) | (Credentials::Key(_), _) => {
                return Err(ApiError::NotLoggedIn);
            }
        };
        let tokens = fresh.tokens.clone();
        session.hold(Some(fresh));
        Ok(tokens)
    }

    /// Renews the tokens that are kept in a directory, unless another process has.
    async fn renew_shared(&self, directory: &Directory, stale: &str) -> Result<Held, ApiError> {
        let lock = {
            let directory = directory.clone();
            let waiting = tokio::task::spawn_blocking(move || directory.lock());
            waiting.await.map_err(|error| ApiError::Invalid(error.to_string()))??
        };
        let mut cluster = directory.cluster()?;
        let tokens = cluster.tokens().ok_or(ApiError::NotLoggedIn)?;
        let elsewhere = tokens.access_token != stale;
        let kept = Held::kept(tokens);
        if elsewhere && !kept.is_due(self.inner().now()) {
            tracing::debug!("another process has renewed the tokens");
            return Ok(kept);
        }
        let fresh = self.exchange(&kept.tokens).await?;
        cluster.set_tokens(Some(&fresh.tokens));
        directory.save_cluster(&lock, &cluster)?;
        Ok(fresh)
    }

    async fn buy(&self, user: &str, password: &str) -> Result<Held, ApiError> {
        let request = self.client().get(format!("{}/auth", self.baseurl()));
        let fresh = self.ask_for_tokens(request.basic_auth(user, Some(password))).await?;
        tracing::debug!(user, "logged in");
        Ok(fresh)
    }

    async fn exchange(&self, held: &Tokens) -> Result<Held, ApiError> {
        let fresh = self.ask_for_tokens(self.with_both("/auth/token", held)).await?;
        tracing::debug!("renewed the tokens");
        Ok(fresh)
    }

    fn with_both(&self, path: &str, held: &Tokens) -> RequestBuilder {
        self.client()
            .post(format!("{}{path}", self.baseurl()))
            .bearer_auth(&held.access_token)
            .json(&serde_json::json!({ "refresh_token": held.refresh_token }))
    }

    async fn ask_for_tokens(&self, request: RequestBuilder) -> Result<Held, ApiError> {
        let (headers, body) = self.ask(request).await?;
        let tokens = serde_json::from_slice(&body);
        let tokens = tokens.map_err(|error| ApiError::Unreadable(error.to_string()))?;
        Ok(Held::fresh(tokens, date(&headers), self.inner().now()))
    }

    /// Sends what is not to be repeated: wrong passwords are counted, refresh tokens are used up.
    async fn ask(&self, request: RequestBuilder) -> Result<(HeaderMap, bytes::Bytes), ApiError> {
        let answer = self.persist_as_nobody(request.build()?, false).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await?;
        match status {
            StatusCode::OK | StatusCode::NO_CONTENT => Ok((headers, body)),
            _ => Err(ApiError::refused(status, &headers, &body)),
        }
    }
}

/// What the server's clock says, in seconds since 1970-01-01 UTC.
fn date(headers: &HeaderMap) -> Option<i64> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}
