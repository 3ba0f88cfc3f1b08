//! Tokens: held, sent, and renewed once for everybody who waits.

use std::sync::{Arc, RwLock};

use bytes::Bytes;
use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::Client;

/// What a log-in gives.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Tokens {
    /// Sent with every request.
    pub access_token: String,
    /// When the access token expires, in seconds since 1970-01-01 UTC.
    pub expires_at: i64,
    /// Buys the next pair of tokens, once.
    pub refresh_token: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// An answer, as an [`Observer`] sees it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The id of the operation, as the document has it.
    pub operation: &'static str,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, complete.
    pub body: Bytes,
}

/// Sees every answer before it is decoded: for logs, and for tests of contracts. An observed client
/// reads each body to its end before anybody else gets it.
pub type Observer = Arc<dyn Fn(Seen) + Send + Sync>;

/// Who a client is to the server. Clones of it, and of the client, share the tokens.
#[derive(Clone, Default)]
pub struct Session {
    shared: Arc<Shared>,
    observer: Option<Observer>,
}

#[derive(Default)]
struct Shared {
    tokens: RwLock<Option<Tokens>>,
    // Held while the tokens are renewed: whoever gets it second finds new tokens and goes on.
    renewal: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("tokens", &self.tokens()).finish_non_exhaustive()
    }
}

impl Session {
    /// A session that goes on with these tokens.
    #[must_use]
    pub fn with_tokens(tokens: Tokens) -> Self {
        let session = Self::default();
        session.set(Some(tokens));
        session
    }

    /// The same session, with somebody watching the answers.
    #[must_use]
    pub fn observed(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The tokens that are sent now; `None` before a log-in and after a log-out.
    #[must_use]
    pub fn tokens(&self) -> Option<Tokens> {
        self.shared.tokens.read().ok().and_then(|tokens| tokens.clone())
    }

    fn set(&self, tokens: Option<Tokens>) {
        if let Ok(mut held) = self.shared.tokens.write() {
            *held = tokens;
        }
    }
}

/// Why a log-in, renewal or log-out failed.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// The server could not be reached, or did not answer in time.
    #[error(transparent)]
    Unreachable(#[from] reqwest::Error),
    /// The server said no.
    #[error("{message} (status {status})")]
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// The server's message.
        message: String,
    },
    /// There are no tokens to renew or give up.
    #[error("not logged in")]
    NotLoggedIn,
}

impl Client {
    /// A client that has logged in with a user's name and password.
    ///
    /// # Errors
    /// [`LogInError`] if the server cannot be reached or refuses the credentials.
    pub async fn log_in(server: &str, user: &str, password: &str) -> Result<Self, LogInError> {
        let client = Self::new(server, Session::default());
        let request = client.client().get(format!("{}/auth", client.baseurl()));
        let answer = request.basic_auth(user, Some(password)).send().await?;
        client.inner().set(Some(tokens(answer).await?));
        Ok(client)
    }

    /// The tokens that are sent now; `None` before a log-in and after a log-out.
    #[must_use]
    pub fn tokens(&self) -> Option<Tokens> {
        self.inner().tokens()
    }

    /// Exchanges the tokens for new ones, once for all who ask at the same time.
    ///
    /// `stale` is the access token that was found wanting: if another one is held by now, somebody
    /// else has done it already.
    ///
    /// # Errors
    /// [`LogInError`] if there are no tokens, or the server refuses them.
    pub async fn renew(&self, stale: &str) -> Result<Tokens, LogInError> {
        let session = self.inner();
        let _renewal = session.shared.renewal.lock().await;
        let held = session.tokens().ok_or(LogInError::NotLoggedIn)?;
        if held.access_token != stale {
            return Ok(held);
        }
        let answer = self.with_both("/auth/token", &held).send().await?;
        let renewed = tokens(answer).await?;
        session.set(Some(renewed.clone()));
        Ok(renewed)
    }

    /// Ends the session on the server and forgets the tokens.
    ///
    /// # Errors
    /// [`LogInError`] if there are no tokens, or the server cannot be told.
    pub async fn log_out(&self) -> Result<(), LogInError> {
        let held = self.inner().tokens().ok_or(LogInError::NotLoggedIn)?;
        let answer = self.with_both("/auth/logout", &held).send().await?;
        let status = answer.status();
        if !status.is_success() {
            return Err(LogInError::Refused { status, message: message(answer).await });
        }
        self.inner().set(None);
        Ok(())
    }

    fn with_both(&self, path: &str, held: &Tokens) -> reqwest::RequestBuilder {
        self.client()
            .post(format!("{}{path}", self.baseurl()))
            .bearer_auth(&held.access_token)
            .json(&serde_json::json!({ "refresh_token": held.refresh_token }))
    }
}

async fn tokens(answer: Response) -> Result<Tokens, LogInError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer.json().await?);
    }
    Err(LogInError::Refused { status, message: message(answer).await })
}

/// The server's message, or the whole body if it is not one of its errors.
async fn message(answer: Response) -> String {
    let text = answer.text().await.unwrap_or_default();
    let parsed: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let message = parsed.as_ref().and_then(|body| body["message"].as_str());
    message.map(str::to_owned).unwrap_or(text)
}

impl ClientHooks<Session> for Client {
    /// Sends a request with the access token; after a 401, once more with a new one.
    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let answer = self.attempt(request).await?;
        let Some(observer) = &self.inner().observer else { return Ok(answer) };
        let (operation, status) = (info.operation_id, answer.status());
        let headers = answer.headers().clone();
        let body = answer.bytes().await?;
        let mut copy = http::Response::new(body.clone());
        (*copy.status_mut(), *copy.headers_mut()) = (status, headers.clone());
        observer(Seen { operation, status, headers, body });
        Ok(copy.into())
    }
}

impl Client {
    async fn attempt(&self, mut request: Request) -> reqwest::Result<Response> {
        if request.method() == Method::PATCH {
            let merge_patch = HeaderValue::from_static("application/merge-patch+json");
            request.headers_mut().insert(CONTENT_TYPE, merge_patch);
        }
        // Who brings credentials of their own (`auth_login`) knows better.
        let held = match request.headers().contains_key(AUTHORIZATION) {
            true => None,
            false => self.inner().tokens(),
        };
        let Some(held) = held else { return self.client().execute(request).await };
        let again = request.try_clone();
        authorize(&mut request, &held);
        let answer = self.client().execute(request).await?;
        match again {
            Some(mut again) if answer.status() == StatusCode::UNAUTHORIZED => {
                match self.renew(&held.access_token).await {
                    Ok(renewed) => {
                        authorize(&mut again, &renewed);
                        self.client().execute(again).await
                    }
                    // The first answer says what is wrong.
                    Err(_) => Ok(answer),
                }
            }
            _ => Ok(answer),
        }
    }
}

fn authorize(request: &mut Request, tokens: &Tokens) {
    // A token is ASCII; one that is not was never issued and is simply not sent.
    if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", tokens.access_token)) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
}
