//! Requests to the API, below `/apis/core/v2` unless noted.

use anyhow::{Result, anyhow, bail};
use futures::StreamExt as _;
use sensu_client::header::{HeaderValue, IF_MATCH, IF_NONE_MATCH};
use sensu_client::{ApiPrefix, CORE_V2, Error, Method, RawResponse, StatusCode};
use serde_json::Value;

use crate::context::{Context, NO_CREDENTIALS};
use crate::error::{is_not_found, is_precondition_failed, with_context};
use crate::list_options::ListOptions;
use crate::warnings;

/// Attempts to change an object that other clients change at the same time.
pub(crate) const ATTEMPTS: usize = 10;

const SESSION_ENDED: &str = "the session has ended: run \"sensuctl configure\" to log in again";

/// A successful response.
#[derive(Debug)]
pub(crate) struct Response {
    pub body: Value,
    raw: RawResponse,
}

impl Response {
    /// A header; `None` if it is missing or not ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.raw.headers.get(name)?.to_str().ok()
    }
}

/// An object with its version, for a conditional write.
pub(crate) struct Versioned {
    pub object: Value,
    pub path: String,
    /// `None` for released Sensu backends, which have none: there the last write wins.
    etag: Option<HeaderValue>,
}

/// Precondition of a write.
#[derive(Clone, Copy, Debug)]
enum Precondition<'a> {
    /// The object has this entity tag.
    Match(&'a HeaderValue),
    /// The object does not exist.
    Absent,
}

impl Context {
    /// Sends a request. `path` begins with a slash.
    ///
    /// # Errors
    /// If the server cannot be reached or responds with an error status.
    pub(crate) fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Response> {
        self.call_if(method, path, query, body, None)
    }

    fn call_if(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
        precondition: Option<Precondition<'_>>,
    ) -> Result<Response> {
        let client = self.client()?;
        let mut request = client.raw(method, format!("{CORE_V2}{path}"));
        for (name, value) in query {
            request = request.query(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request = match precondition {
            Some(Precondition::Match(etag)) => request.header(IF_MATCH, etag.clone()),
            Some(Precondition::Absent) => {
                request.header(IF_NONE_MATCH, HeaderValue::from_static("*"))
            }
            None => request,
        };
        let raw = self.wait(request.send());
        self.cache_prefix(self.api_url(), client);
        let raw = raw.map_err(|error| with_context(path, self.explain(error)))?;
        Ok(Response { body: raw.json()?, raw })
    }

    /// Writes an object, and prints the warnings of the server about it.
    fn write(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        precondition: Option<Precondition<'_>>,
    ) -> Result<Value> {
        let response = self.call_if(method, path, &[], Some(body), precondition)?;
        warnings::print(&response.raw.headers);
        Ok(response.body)
    }

    /// Sends a GET without credentials to a path outside `/apis/core/v2`.
    pub(crate) fn get_anonymous(&self, path: &str) -> Result<Value> {
        let client = self.client_builder().build()?;
        let response = self.wait(client.raw(Method::GET, path).send());
        Ok(response.map_err(|error| self.explain(error))?.json()?)
    }

    /// Reads an object.
    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        Ok(self.call(Method::GET, path, &[], None)?.body)
    }

    /// Creates an object in a collection.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.write(Method::POST, path, body, None)
    }

    /// Creates or replaces an object.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.write(Method::PUT, path, body, None)
    }

    /// Creates an object.
    ///
    /// # Errors
    /// If the object exists; see [`is_precondition_failed`].
    pub(crate) fn put_if_absent(&self, path: &str, body: &Value) -> Result<()> {
        let precondition = Some(Precondition::Absent);
        self.write(Method::PUT, path, body, precondition).map(drop)
    }

    /// Deletes an object.
    pub(crate) fn delete(&self, path: &str) -> Result<()> {
        self.call(Method::DELETE, path, &[], None).map(drop)
    }

    /// Reads an object with its version.
    pub(crate) fn get_for_update(&self, path: &str) -> Result<Versioned> {
        let response = self.call(Method::GET, path, &[], None)?;
        let etag = response.raw.headers.get("etag").cloned();
        Ok(Versioned { object: response.body, path: path.to_owned(), etag })
    }

    /// Reads an object with its version; `None` if it does not exist.
    pub(crate) fn get_optional(&self, path: &str) -> Result<Option<Versioned>> {
        match self.get_for_update(path) {
            Err(error) if is_not_found(&error) => Ok(None),
            read => read.map(Some),
        }
    }

    /// Replaces an object.
    ///
    /// # Errors
    /// If another client has changed it since it was read; see [`is_precondition_failed`].
    pub(crate) fn put_if_unchanged(&self, versioned: &Versioned) -> Result<()> {
        let Versioned { object, path, etag } = versioned;
        let precondition = etag.as_ref().map(Precondition::Match);
        let written = self.write(Method::PUT, path, object, precondition);
        written.map(drop).map_err(|error| match is_precondition_failed(&error) {
            true => error.context("another client has changed the object in the meantime"),
            false => error,
        })
    }

    /// Reads, changes and replaces an object. Starts again if another client has changed it, at most
    /// [`ATTEMPTS`] times in total.
    pub(crate) fn change(
        &self,
        path: &str,
        mut change: impl FnMut(&mut Value) -> Result<()>,
    ) -> Result<()> {
        for _ in 1..ATTEMPTS {
            let mut versioned = self.get_for_update(path)?;
            change(&mut versioned.object)?;
            match self.put_if_unchanged(&versioned) {
                Err(error) if is_precondition_failed(&error) => {}
                done => return done,
            }
        }
        let mut versioned = self.get_for_update(path)?;
        change(&mut versioned.object)?;
        self.put_if_unchanged(&versioned)
    }

    /// The object that a PUT would store. Writes nothing.
    ///
    /// # Errors
    /// If the server has no dry runs, or rejects the object.
    pub(crate) fn dry_run_put(&self, path: &str, body: &Value) -> Result<Value> {
        // Released backends ignore the parameter `dryRun` and would write.
        if self.is_released_backend()? {
            bail!("this server has no dry run; `sensuctl create` writes without one");
        }
        let response = self.call(Method::PUT, path, &[("dryRun", "true")], Some(body))?;
        // The response to a dry run has no entity tag.
        if response.header("etag").is_some() {
            bail!("this server has no dry run, and has written the object");
        }
        Ok(response.body)
    }

    /// Whether the server is a released Sensu backend. Known after the first request.
    pub(crate) fn is_released_backend(&self) -> Result<bool> {
        Ok(self.client()?.api_prefix() != Some(ApiPrefix::Apis))
    }

    /// Reads a list, all pages of it.
    pub(crate) fn list(&self, path: &str, options: &ListOptions) -> Result<Vec<Value>> {
        let client = self.client()?;
        let mut request = client.raw(Method::GET, format!("{CORE_V2}{path}"));
        for (name, value) in &options.query {
            request = request.query(*name, value);
        }
        let items = request.stream().take(options.limit.unwrap_or(usize::MAX));
        let items = async {
            let mut collected = Vec::new();
            futures::pin_mut!(items);
            while let Some(item) = items.next().await {
                collected.push(item?);
            }
            Ok::<_, Error>(collected)
        };
        let items = self.wait(items);
        self.cache_prefix(self.api_url(), client);
        let items = items.map_err(|error| self.explain(error))?;
        if options.has_selector() && !items.is_empty() && self.ignores_selectors(path)? {
            self.warn_once("this server ignores selectors: all objects are listed");
        }
        Ok(items)
    }

    /// Whether the server ignores selectors, as released Sensu backends without a license do: it accepts
    /// a malformed one.
    fn ignores_selectors(&self, path: &str) -> Result<bool> {
        if !self.is_released_backend()? {
            return Ok(false);
        }
        let query = [("fieldSelector", "=="), ("labelSelector", "=="), ("limit", "1")];
        Ok(self.call(Method::GET, path, &query, None).is_ok())
    }

    /// Adds advice to errors about credentials that are missing or rejected.
    pub(crate) fn explain(&self, error: Error) -> anyhow::Error {
        match &error {
            Error::NotLoggedIn => anyhow!(NO_CREDENTIALS),
            _ if error.status() != Some(StatusCode::UNAUTHORIZED) => error.into(),
            _ if self.has_api_key() => anyhow!(error).context("the server rejects the API key"),
            _ => anyhow!(error).context(SESSION_ENDED),
        }
    }

    /// Fails if the user does not have this password.
    pub(crate) fn check_password(&self, user: &str, password: &str) -> Result<()> {
        let login = self.client_builder().basic_auth(user, password).log_in();
        Ok(self.wait(login).map(drop)?)
    }
}
