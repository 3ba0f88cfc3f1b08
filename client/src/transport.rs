//! The path of a request: tracing span, API prefix, credentials, retries.

use backon::Retryable as _;
use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Response, StatusCode};
use tracing::Instrument as _;

use crate::error_response::{error_response, normalize_error};
use crate::null::list_as_empty;
use crate::observer::observe;
use crate::retry::{AttemptError, is_idempotent};
use crate::session::{CredentialSource, Session};
use crate::{Client, Error};

impl ClientHooks<Session> for Client {
    /// Sends the request of a generated operation.
    ///
    /// Generated operations know transport errors and responses only, so that other errors become
    /// responses.
    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        match self.send(request, info.operation_id).await {
            Ok(response) => list_as_empty(normalize_error(response).await?).await,
            Err(Error::Transport(error)) => Err(error),
            // The server rejected the login.
            Err(Error::Api { status, code, message, .. }) => {
                Ok(error_response(status, &message, code))
            }
            // There are no usable tokens.
            Err(error) => Ok(error_response(StatusCode::UNAUTHORIZED, &error.to_string(), None)),
        }
    }
}

/// Value of the `Authorization` header.
enum Credential {
    AccessToken(String),
    ApiKey(String),
}

impl Client {
    pub(crate) async fn send(
        &self,
        mut request: Request,
        operation: &'static str,
    ) -> Result<Response, Error> {
        // The generator does not support the type of merge patches. Raw requests can set another.
        let json = HeaderValue::from_static("application/json");
        if request.method() == Method::PATCH
            && request.headers().get(CONTENT_TYPE).is_none_or(|value| *value == json)
        {
            let merge_patch = HeaderValue::from_static("application/merge-patch+json");
            request.headers_mut().insert(CONTENT_TYPE, merge_patch);
        }
        let span = tracing::debug_span!(
            "sensu_request",
            operation,
            method = %request.method(),
            path = request.url().path(),
            status = tracing::field::Empty,
        );
        async {
            let response = self.send_with_prefix(request).await?;
            tracing::Span::current().record("status", response.status().as_u16());
            tracing::debug!("received a response");
            Ok(observe(response, operation, self.inner().observer.as_ref()).await?)
        }
        .instrument(span)
        .await
    }

    /// Sends a request with the credentials of the session, with retries.
    pub(crate) async fn send_authenticated(&self, request: Request) -> Result<Response, Error> {
        let idempotent = is_idempotent(&request);
        self.with_retries(request, idempotent, |request| self.send_once(request)).await
    }

    /// Sends a request without the credentials of the session, with retries.
    pub(crate) async fn send_anonymous(
        &self,
        request: Request,
        idempotent: bool,
    ) -> Result<Response, Error> {
        let send = |request| async { Ok(self.client().execute(request).await?) };
        self.with_retries(request, idempotent, send).await
    }

    async fn with_retries<F>(
        &self,
        request: Request,
        idempotent: bool,
        send: impl Fn(Request) -> F,
    ) -> Result<Response, Error>
    where
        F: Future<Output = Result<Response, Error>>,
    {
        // A body that cannot be cloned is a stream, which can be sent once.
        if request.try_clone().is_none() {
            return send(request).await;
        }
        let policy = self.inner().shared.retry_policy;
        let attempt = || async {
            match request.try_clone() {
                Some(request) => AttemptError::classify(send(request).await),
                None => {
                    let message = "the body cannot be sent again".to_owned();
                    Err(AttemptError::Permanent(Error::InvalidInput(message)))
                }
            }
        };
        let outcome = attempt
            .retry(policy.schedule())
            .sleep(tokio::time::sleep)
            .when(|error| error.is_retryable(idempotent))
            .adjust(|error, scheduled| policy.delay(error, scheduled))
            .notify(|error, delay| tracing::warn!(%error, ?delay, "retrying"))
            .await;
        outcome.or_else(AttemptError::into_result)
    }

    /// Sends a request with credentials; after a 401, again with refreshed tokens.
    async fn send_once(&self, mut request: Request) -> Result<Response, Error> {
        // For example `auth_login`.
        if request.headers().contains_key(AUTHORIZATION) {
            return Ok(self.client().execute(request).await?);
        }
        // Refreshing tokens for `auth_refresh` would invalidate the refresh token in its body.
        let is_auth = request.url().as_str().starts_with(&format!("{}/auth/", self.baseurl()));
        let credential = if is_auth { self.cached_credential() } else { self.credential().await? };
        let copy = request.try_clone().filter(|_| !is_auth);
        let Some(credential) = credential else {
            return Ok(self.client().execute(request).await?);
        };
        set_authorization(&mut request, &credential);
        let response = self.client().execute(request).await?;
        match (copy, credential) {
            (Some(mut copy), Credential::AccessToken(stale))
                if response.status() == StatusCode::UNAUTHORIZED =>
            {
                match self.refresh(&stale).await {
                    Ok(tokens) => {
                        set_authorization(&mut copy, &Credential::AccessToken(tokens.access_token));
                        Ok(self.client().execute(copy).await?)
                    }
                    Err(error @ Error::Config(_)) => Err(error),
                    // The 401 contains the reason.
                    Err(_) => Ok(response),
                }
            }
            (_, _) => Ok(response),
        }
    }

    fn cached_credential(&self) -> Option<Credential> {
        self.tokens().map(|tokens| Credential::AccessToken(tokens.access_token))
    }

    /// The API key, or an access token that does not expire in transit.
    async fn credential(&self) -> Result<Option<Credential>, Error> {
        let session = self.inner();
        let tokens = match (&session.shared.credentials, session.cached_tokens()) {
            (CredentialSource::ApiKey(key), _) => return Ok(Some(Credential::ApiKey(key.clone()))),
            (_, Some(cached)) if cached.needs_refresh(session.now()) => {
                match self.refresh(&cached.tokens.access_token).await {
                    Err(error @ Error::Config(_)) => return Err(error),
                    // The old token may still be valid; if not, the 401 contains the reason.
                    refreshed => refreshed.unwrap_or(cached.tokens),
                }
            }
            (_, Some(cached)) => cached.tokens,
            (CredentialSource::Password { .. }, None) => self.refresh("").await?,
            (_, None) => return Ok(None),
        };
        Ok(Some(Credential::AccessToken(tokens.access_token)))
    }
}

fn set_authorization(request: &mut Request, credential: &Credential) {
    let value = match credential {
        Credential::AccessToken(token) => format!("Bearer {token}"),
        Credential::ApiKey(key) => format!("Key {key}"),
    };
    // The server issues ASCII only: other values are wrong, and the request gets a 401 without.
    if let Ok(mut value) = HeaderValue::from_str(&value) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
}
