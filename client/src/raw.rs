//! Calls without types: for programs that pass on what the server says, as it says it.

use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use progenitor_client::ClientInfo as _;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, IntoHeaderName};
use reqwest::{Method, StatusCode, Version};
use serde_json::Value;

use crate::path::refuse_dots;
use crate::{ApiError, Client};

/// A request without types, from [`Client::raw`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RawRequest<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<bytes::Bytes>,
}

/// An answer, as it came.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawAnswer {
    /// The version of HTTP that the server speaks.
    pub version: Version,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: bytes::Bytes,
}

impl std::fmt::Debug for RawAnswer {
    // Bodies may hold tokens and keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawAnswer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A call without types: a method, and a path as the document has it, escaped as in a URL
    /// (see [`core_path`](crate::core_path)). Prefix, credentials and further tries are as for every other call.
    ///
    /// ```no_run
    /// # async fn example(client: sensu_client::Client) -> Result<(), sensu_client::ApiError> {
    /// use sensu_client::{Method, core_path};
    ///
    /// let path = core_path(["namespaces", client.namespace(), "checks", "check-cpu"]);
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
    /// Adds to the query: `limit=10`.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: impl IntoHeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The body, as JSON.
    pub fn json(self, body: &Value) -> Self {
        self.body(body.to_string())
    }

    /// The body, which is JSON, as bytes.
    pub fn body(mut self, body: impl Into<bytes::Bytes>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body.into());
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// [`ApiError`] if there is no answer, or the answer is not a success.
    pub async fn send(self) -> Result<RawAnswer, ApiError> {
        self.answer().await?.ok()
    }

    /// Sends it, and takes the answer for one also when it is a refusal.
    ///
    /// # Errors
    /// [`ApiError`] if there is no answer.
    pub async fn answer(self) -> Result<RawAnswer, ApiError> {
        let Self { client, method, path, query, headers, body } = self;
        refuse_dots(&path)?;
        let url = format!("{}{path}", client.baseurl());
        let mut request = client.client().request(method, url);
        request = request.header(ACCEPT, "application/json").headers(headers);
        if !query.is_empty() {
            request = request.query(&query);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = client.deliver(request.build()?, "raw").await?;
        let version = answer.version();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok(RawAnswer { version, status, headers, body: answer.bytes().await? })
    }

    /// Sends it, and again for each further page: the items of the list, as they are asked for.
    pub fn pages(self) -> impl Stream<Item = Result<Value, ApiError>> {
        stream::try_unfold(Some(self), |request| async move {
            let Some(mut request) = request else { return Ok::<_, ApiError>(None) };
            let answer = request.clone().send().await?;
            let Value::Array(items) = answer.json()? else {
                return Err(ApiError::Unreadable(format!("{} is not a list", request.path)));
            };
            let next = answer.next().map(|token| {
                request.query.retain(|(name, _)| name != "continue");
                request.query("continue", token)
            });
            Ok(Some((stream::iter(items).map(Ok), next)))
        })
        .try_flatten()
    }
}

impl RawAnswer {
    /// The answer, if it is not a refusal.
    ///
    /// # Errors
    /// [`ApiError::Refused`] if it is one.
    pub fn ok(self) -> Result<Self, ApiError> {
        match self.status.is_client_error() || self.status.is_server_error() {
            true => Err(ApiError::refused(self.status, &self.headers, &self.body)),
            false => Ok(self),
        }
    }

    /// The body as JSON; null if it is empty.
    ///
    /// # Errors
    /// [`ApiError::Unreadable`] if it is something else.
    pub fn json(&self) -> Result<Value, ApiError> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|error| ApiError::Unreadable(error.to_string()))
    }

    /// Where the next page of a list begins; `None` for the last page.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        self.headers.get("Sensu-Continue")?.to_str().ok().filter(|token| !token.is_empty())
    }
}
