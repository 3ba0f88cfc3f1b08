//! Where the API is: under `/apis`, or under `/api` as with released Sensu backends.

use progenitor_client::ClientInfo as _;
use reqwest::{Method, Request, Response, StatusCode, Url};

use crate::{ApiError, Client};

/// The path that the addresses of the API begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `/apis`, as the API is documented.
    Apis,
    /// `/api`, as released Sensu backends have it.
    Api,
}

impl Client {
    /// The prefix that the server has; `None` before it is known.
    #[must_use]
    pub fn prefix(&self) -> Option<Prefix> {
        self.inner().shared.prefix.get().copied()
    }

    /// Sends a request to where the server has it. The first answers tell which prefix that is: only
    /// an address that is not found leaves a doubt, and only then the server is asked.
    pub(crate) async fn find(&self, mut request: Request) -> Result<Response, ApiError> {
        let Some(elsewhere) = self.under_api(request.url()) else {
            return self.persist(request).await;
        };
        match self.prefix() {
            Some(Prefix::Apis) => self.persist(request).await,
            Some(Prefix::Api) => {
                *request.url_mut() = elsewhere;
                self.persist(request).await
            }
            None => {
                let again = request.try_clone();
                let answer = self.persist(request).await?;
                if answer.status().is_success() {
                    self.remember(Prefix::Apis);
                }
                match again {
                    Some(mut again)
                        if answer.status() == StatusCode::NOT_FOUND
                            && self.ask_for_prefix().await? == Some(Prefix::Api) =>
                    {
                        *again.url_mut() = elsewhere;
                        self.persist(again).await
                    }
                    _ => Ok(answer),
                }
            }
        }
    }

    /// Asks for the groups of the API, which need no credentials and are not there under `/api`.
    async fn ask_for_prefix(&self) -> Result<Option<Prefix>, ApiError> {
        let request = self.client().request(Method::GET, format!("{}/apis", self.baseurl()));
        let answer = self.persist_as_nobody(request.build()?, true).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => self.remember(Prefix::Api),
            status if status.is_success() => self.remember(Prefix::Apis),
            // Somebody between does not let us look.
            _ => {}
        }
        Ok(self.prefix())
    }

    fn remember(&self, prefix: Prefix) {
        if self.inner().shared.prefix.set(prefix).is_ok() {
            tracing::debug!(?prefix, "found the API");
        }
    }

    /// The same address under `/api`; `None` if it is not one of the API.
    fn under_api(&self, url: &Url) -> Option<Url> {
        let base = self.baseurl().trim_end_matches('/');
        let rest = url.as_str().strip_prefix(base)?.strip_prefix("/apis/")?;
        Url::parse(&format!("{base}/api/{rest}")).ok()
    }
}
