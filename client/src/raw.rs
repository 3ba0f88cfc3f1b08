//! [`RawRequest`]: calls with JSON values instead of types, for programs that pass objects through
//! unchanged.

use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use progenitor_client::ClientInfo as _;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, IntoHeaderName};
use reqwest::{Method, StatusCode, Version};
use serde_json::Value;

use crate::pagination::CONTINUE_HEADER;
use crate::path::validate_path;
use crate::{Client, Error};

/// An untyped request, from [`Client::raw`].
#[derive(Clone, Debug)]
#[must_use = "call `send` or `stream` to send the request"]
pub struct RawRequest<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<bytes::Bytes>,
}

/// The response to a [`RawRequest`].
#[derive(Clone)]
#[non_exhaustive]
pub struct RawResponse {
    /// HTTP version of the connection.
    pub version: Version,
    /// HTTP status.
    pub status: StatusCode,
    /// Response headers.
    pub headers: HeaderMap,
    /// The whole body, not decoded.
    pub body: bytes::Bytes,
}

impl std::fmt::Debug for RawResponse {
    // Headers and bodies can contain tokens and keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Starts an untyped request. `path` is a path of the OpenAPI document with percent-encoded
    /// segments; [`core_path`](crate::core_path) builds one. API prefix, credentials and retries
    /// are the same as for typed operations.
    ///
    /// ```no_run
    /// # async fn example(client: sensu_client::Client) -> Result<(), sensu_client::Error> {
    /// use sensu_client::{Method, core_path};
    ///
    /// let path = core_path(["namespaces", client.default_namespace(), "checks", "check-cpu"]);
    /// let check = client.raw(Method::GET, path).send().await?.json()?;
    /// println!("{}", check["command"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw(&self, method: Method, path: impl Into<String>) -> RawRequest<'_> {
        let (path, query, headers) = (path.into(), Vec::new(), HeaderMap::new());
        RawRequest { client: self, method, path, query, headers, body: None }
    }
}

impl RawRequest<'_> {
    /// Appends a query parameter, which need not be percent-encoded.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets a header, and replaces an earlier value.
    pub fn header(mut self, name: impl IntoHeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the body to a JSON value.
    pub fn json(self, body: &Value) -> Self {
        self.body(body.to_string())
    }

    /// Sets the body to serialized JSON, and `Content-Type` to `application/json`. The client
    /// replaces this type by `application/merge-patch+json` in `PATCH` requests; call
    /// [`header`](Self::header) afterwards for another one.
    pub fn body(mut self, body: impl Into<bytes::Bytes>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body.into());
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// [`Error::Api`] if the status is 400 or higher, otherwise as for
    /// [`send_unchecked`](Self::send_unchecked).
    pub async fn send(self) -> Result<RawResponse, Error> {
        self.send_unchecked().await?.error_for_status()
    }

    /// Sends the request, and returns the response whatever its status is.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the path does not begin with a slash or contains `.` or `..`
    /// segments, [`Error::Transport`] if there is no response, [`Error::Api`] if the login before
    /// the request fails.
    pub async fn send_unchecked(self) -> Result<RawResponse, Error> {
        let Self { client, method, path, query, headers, body } = self;
        validate_path(&path)?;
        let url = format!("{}{path}", client.baseurl());
        let mut request = client.client().request(method, url);
        request = request.header(ACCEPT, "application/json").headers(headers);
        if !query.is_empty() {
            request = request.query(&query);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = client.send(request.build()?, "raw").await?;
        let version = response.version();
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(RawResponse { version, status, headers, body: response.bytes().await? })
    }

    /// Streams the items of all pages of a list. Pages are requested on demand; the query parameter
    /// `limit` sets their size.
    pub fn stream(self) -> impl Stream<Item = Result<Value, Error>> {
        stream::try_unfold(Some(self), |request| async move {
            let Some(mut request) = request else { return Ok::<_, Error>(None) };
            let page = request.clone().send().await?;
            let items = match page.json()? {
                Value::Array(items) => items,
                // An empty list of a released Sensu backend.
                Value::Null => Vec::new(),
                _ => {
                    let path = request.client.served_path(&request.path);
                    return Err(Error::InvalidResponse(format!("{path} is not a list")));
                }
            };
            let next = page.continue_token().map(|token| {
                request.query.retain(|(name, _)| name != "continue");
                request.query("continue", token)
            });
            Ok(Some((stream::iter(items).map(Ok), next)))
        })
        .try_flatten()
    }
}

impl RawResponse {
    /// Turns a response with a status from 400 to 599 into an error.
    ///
    /// # Errors
    /// [`Error::Api`] with the message and code of the body.
    pub fn error_for_status(self) -> Result<Self, Error> {
        match self.status.is_client_error() || self.status.is_server_error() {
            true => Err(Error::from_response(self.status, &self.headers, &self.body)),
            false => Ok(self),
        }
    }

    /// Parses the body as JSON. An empty body is `null`.
    ///
    /// # Errors
    /// [`Error::InvalidResponse`] if the body is not JSON.
    pub fn json(&self) -> Result<Value, Error> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::InvalidResponse(error.to_string()))
    }

    /// The value of the query parameter `continue` for the next page; `None` on the last page.
    #[must_use]
    pub fn continue_token(&self) -> Option<&str> {
        self.headers.get(CONTINUE_HEADER)?.to_str().ok().filter(|token| !token.is_empty())
    }
}
