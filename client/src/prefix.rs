//! The path prefix of the API: `/apis`, or `/api` on released Sensu backends.

use progenitor_client::ClientInfo as _;
use reqwest::{Method, Request, Response, StatusCode, Url};

use crate::{Client, Error};

/// Path prefix of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiPrefix {
    /// `/apis`, as in the OpenAPI document.
    Apis,
    /// `/api`, as on released Sensu backends.
    Api,
}

impl Client {
    /// The API prefix of the server; `None` until it is set or detected.
    #[must_use]
    pub fn api_prefix(&self) -> Option<ApiPrefix> {
        self.inner().shared.api_prefix.get().copied()
    }

    /// Sends a request whose path begins with `/apis` under the server's prefix.
    ///
    /// While the prefix is unknown, a success means `/apis`; a 404 can mean a missing object or
    /// `/api`, and only then an extra request decides.
    pub(crate) async fn send_with_prefix(&self, mut request: Request) -> Result<Response, Error> {
        let Some(api_url) = self.api_url(request.url()) else {
            return self.send_authenticated(request).await;
        };
        match self.api_prefix() {
            Some(ApiPrefix::Apis) => self.send_authenticated(request).await,
            Some(ApiPrefix::Api) => {
                *request.url_mut() = api_url;
                self.send_authenticated(request).await
            }
            None => {
                let copy = request.try_clone();
                let response = self.send_authenticated(request).await?;
                if response.status().is_success() {
                    self.record_prefix(ApiPrefix::Apis);
                }
                match copy {
                    Some(mut copy)
                        if response.status() == StatusCode::NOT_FOUND
                            && self.probe_prefix().await? == Some(ApiPrefix::Api) =>
                    {
                        *copy.url_mut() = api_url;
                        self.send_authenticated(copy).await
                    }
                    _ => Ok(response),
                }
            }
        }
    }

    /// The path that is requested for a path of the OpenAPI document.
    pub(crate) fn served_path(&self, path: &str) -> String {
        match (self.api_prefix(), path.strip_prefix("/apis/")) {
            (Some(ApiPrefix::Api), Some(rest)) => format!("/api/{rest}"),
            _ => path.to_owned(),
        }
    }

    /// Requests `/apis`, which needs no credentials and does not exist on released backends.
    async fn probe_prefix(&self) -> Result<Option<ApiPrefix>, Error> {
        let request = self.client().request(Method::GET, format!("{}/apis", self.baseurl()));
        let response = self.send_anonymous(request.build()?, true).await?;
        match response.status() {
            StatusCode::NOT_FOUND => self.record_prefix(ApiPrefix::Api),
            status if status.is_success() => self.record_prefix(ApiPrefix::Apis),
            // For example 403 from a proxy: proves nothing.
            _ => {}
        }
        Ok(self.api_prefix())
    }

    fn record_prefix(&self, prefix: ApiPrefix) {
        if self.inner().shared.api_prefix.set(prefix).is_ok() {
            tracing::debug!(?prefix, "detected the API prefix");
        }
    }

    /// The URL with `/api` instead of `/apis`; `None` if its path does not begin with `/apis`.
    fn api_url(&self, url: &Url) -> Option<Url> {
        let base_url = self.baseurl().trim_end_matches('/');
        let rest = url.as_str().strip_prefix(base_url)?.strip_prefix("/apis/")?;
        Url::parse(&format!("{base_url}/api/{rest}")).ok()
    }
}
