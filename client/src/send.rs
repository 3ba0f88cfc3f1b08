//! The way of a request: to the right prefix, with credentials, again if it did not get through.

use backon::Retryable as _;
use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Request, Response, StatusCode, Version};
use tracing::Instrument as _;

use crate::error;
use crate::observe::observe;
use crate::retry::{Failure, is_repeatable};
use crate::session::{Credentials, Session};
use crate::{ApiError, Client};

impl ClientHooks<Session> for Client {
    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        match self.deliver(request, info.operation_id).await {
            Ok(answer) => error::uniform(answer).await,
            Err(ApiError::Unreachable(error)) => Err(error),
            // The log-in was refused: what it was told is what the operation is told.
            Err(ApiError::Refused { status, code, message, .. }) => {
                let body = error::body_of(&message, code.map(error::Code::number), status);
                Ok(error::answer(Version::HTTP_11, status, HeaderMap::new(), body))
            }
            // There are no usable tokens, as the server would have said.
            Err(error) => {
                let status = StatusCode::UNAUTHORIZED;
                let body = error::body_of(&error.to_string(), None, status);
                Ok(error::answer(Version::HTTP_11, status, HeaderMap::new(), body))
            }
        }
    }
}

/// Credentials, on their way.
enum Proof {
    Token(String),
    Key(String),
}

impl Client {
    /// Sends a request with everything this library does for it.
    pub(crate) async fn deliver(
        &self,
        mut request: Request,
        operation: &'static str,
    ) -> Result<Response, ApiError> {
        // The generator does not know this type; whoever names another one means it.
        let json = HeaderValue::from_static("application/json");
        if request.method() == Method::PATCH
            && request.headers().get(CONTENT_TYPE).is_none_or(|named| *named == json)
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
            let answer = self.find(request).await?;
            tracing::Span::current().record("status", answer.status().as_u16());
            tracing::debug!("answered");
            Ok(observe(answer, operation, self.inner().observer.as_ref()).await?)
        }
        .instrument(span)
        .await
    }

    /// Sends a request with the session's credentials, and again if it does not get through.
    pub(crate) async fn persist(&self, request: Request) -> Result<Response, ApiError> {
        let repeatable = is_repeatable(&request);
        self.again_and_again(request, repeatable, |request| self.attempt(request)).await
    }

    /// The same for a request that has its own credentials, or needs none.
    pub(crate) async fn persist_as_nobody(
        &self,
        request: Request,
        repeatable: bool,
    ) -> Result<Response, ApiError> {
        let once = |request| async { Ok(self.client().execute(request).await?) };
        self.again_and_again(request, repeatable, once).await
    }

    async fn again_and_again<F>(
        &self,
        request: Request,
        repeatable: bool,
        once: impl Fn(Request) -> F,
    ) -> Result<Response, ApiError>
    where
        F: Future<Output = Result<Response, ApiError>>,
    {
        // A body that cannot be copied is a stream, which is read once.
        if request.try_clone().is_none() {
            return once(request).await;
        }
        let retries = self.inner().shared.retries;
        let attempt = || async {
            match request.try_clone() {
                Some(request) => Failure::of(once(request).await),
                None => Err(Failure::Final(ApiError::Invalid("the body is gone".into()))),
            }
        };
        let outcome = attempt
            .retry(retries.schedule())
            .sleep(tokio::time::sleep)
            .when(|failure| failure.may_be_repeated(repeatable))
            .adjust(|failure, scheduled| retries.wait(failure, scheduled))
            .notify(|failure, wait| tracing::warn!(%failure, ?wait, "will try again"))
            .await;
        outcome.or_else(Failure::into_result)
    }

    /// Sends a request once; after a 401, once more with new tokens.
    async fn attempt(&self, mut request: Request) -> Result<Response, ApiError> {
        // Who brings credentials of their own (`auth_login`) knows better.
        if request.headers().contains_key(AUTHORIZATION) {
            return Ok(self.client().execute(request).await?);
        }
        // Those who renew tokens themselves do not want others meanwhile.
        let renewing = request.url().as_str().starts_with(&format!("{}/auth/", self.baseurl()));
        let proof = if renewing { self.held() } else { self.proof().await? };
        let again = request.try_clone().filter(|_| !renewing);
        let Some(proof) = proof else { return Ok(self.client().execute(request).await?) };
        authorize(&mut request, &proof);
        let answer = self.client().execute(request).await?;
        match (again, proof) {
            (Some(mut again), Proof::Token(stale))
                if answer.status() == StatusCode::UNAUTHORIZED =>
            {
                match self.renew(&stale).await {
                    Ok(renewed) => {
                        authorize(&mut again, &Proof::Token(renewed.access_token));
                        Ok(self.client().execute(again).await?)
                    }
                    Err(error @ ApiError::Config(_)) => Err(error),
                    // The first answer says what is wrong.
                    Err(_) => Ok(answer),
                }
            }
            (_, _) => Ok(answer),
        }
    }

    fn held(&self) -> Option<Proof> {
        self.tokens().map(|tokens| Proof::Token(tokens.access_token))
    }

    /// What to prove with who we are: an API key, or a token with some life in it.
    async fn proof(&self) -> Result<Option<Proof>, ApiError> {
        let session = self.inner();
        match (&session.shared.credentials, session.held()) {
            (Credentials::Key(key), _) => Ok(Some(Proof::Key(key.clone()))),
            (_, Some(held)) if held.is_due(session.now()) => {
                match self.renew(&held.tokens.access_token).await {
                    Ok(renewed) => Ok(Some(Proof::Token(renewed.access_token))),
                    Err(error @ ApiError::Config(_)) => Err(error),
                    // Perhaps it is good for a moment yet; if not, the server says why.
                    Err(_) => Ok(Some(Proof::Token(held.tokens.access_token))),
                }
            }
            (_, Some(held)) => Ok(Some(Proof::Token(held.tokens.access_token))),
            (Credentials::Password { .. }, None) => {
                self.renew("").await.map(|tokens| Some(Proof::Token(tokens.access_token)))
            }
            (_, None) => Ok(None),
        }
    }
}

fn authorize(request: &mut Request, proof: &Proof) {
    let value = match proof {
        Proof::Token(token) => format!("Bearer {token}"),
        Proof::Key(key) => format!("Key {key}"),
    };
    // Both are ASCII; what is not was never issued and is simply not sent.
    if let Ok(mut value) = HeaderValue::from_str(&value) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
}
