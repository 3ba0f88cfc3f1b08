//! Calls to the server.

use anyhow::{Result, anyhow, bail};
use futures::StreamExt as _;
use sensu_client::header::{HeaderValue, IF_MATCH, IF_NONE_MATCH};
use sensu_client::{ApiPrefix, CORE_V2, Error, Method, RawResponse, StatusCode};
use serde_json::Value;

use crate::context::{Context, NO_CREDENTIALS};
use crate::error::{at, is_missing, is_stale};

/// How often a change is made again when somebody else was quicker.
pub(crate) const TRIES: usize = 10;

/// What is said when the session has ended.
const NO_SESSION: &str = "the session has ended: run \"sensuctl configure\" to begin another one";

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The body.
    pub body: Value,
    raw: RawResponse,
}

impl Answer {
    /// A header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.raw.headers.get(name)?.to_str().ok()
    }
}

/// What narrows a list down.
#[derive(Debug, Default)]
pub(crate) struct ListOptions {
    /// The query: selectors, and how many items a page has.
    pub query: Vec<(&'static str, String)>,
    /// How many items at most.
    pub limit: Option<usize>,
}

impl ListOptions {
    /// Narrows it down further.
    pub(crate) fn and_field(&mut self, selector: &str) {
        match self.query.iter_mut().find(|(name, _)| *name == "fieldSelector") {
            Some((_, before)) => *before = format!("{before} && {selector}"),
            None => self.query.push(("fieldSelector", selector.to_owned())),
        }
    }
}

/// An object that was read to be changed and written back, if it is still the same by then.
pub(crate) struct Versioned {
    /// The object.
    pub object: Value,
    /// Where it is.
    pub path: String,
    etag: Option<HeaderValue>,
}

/// What an object has to be for a call to be made.
#[derive(Clone, Copy, Debug)]
enum Condition<'a> {
    /// The one with this entity tag.
    Same(&'a HeaderValue),
    /// Not there.
    Absent,
}

impl Context {
    /// Calls the API: a method, a path below `core/v2`, a query, a body.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Answer> {
        self.call_if(method, path, query, body, None)
    }

    /// The same, if the object is what it has to be.
    fn call_if(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Value>,
        condition: Option<Condition<'_>>,
    ) -> Result<Answer> {
        let method = Method::from_bytes(method.as_bytes())?;
        let client = self.client()?;
        let mut request = client.raw(method, format!("{CORE_V2}{path}"));
        for (name, value) in query {
            request = request.query(*name, value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request = match condition {
            Some(Condition::Same(etag)) => request.header(IF_MATCH, etag.clone()),
            Some(Condition::Absent) => request.header(IF_NONE_MATCH, HeaderValue::from_static("*")),
            None => request,
        };
        let raw = self.wait(request.send());
        self.remember(self.api_url(), client);
        let raw = raw.map_err(|error| at(path, self.explained(error)))?;
        Ok(Answer { body: raw.json()?, raw })
    }

    /// Calls what is not below `core/v2` and needs no credentials.
    pub(crate) fn call_outside(&self, method: &str, path: &str) -> Result<Value> {
        let method = Method::from_bytes(method.as_bytes())?;
        let client = self.builder().build()?;
        Ok(self
            .wait(client.raw(method, path).send())
            .map_err(|error| self.explained(error))?
            .json()?)
    }

    /// Fetches an object.
    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        Ok(self.call("GET", path, &[], None)?.body)
    }

    /// Creates an object.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.call("POST", path, &[], Some(body))?.body)
    }

    /// Creates or replaces an object.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.call("PUT", path, &[], Some(body))?.body)
    }

    /// Reads an object to change it.
    pub(crate) fn get_for_update(&self, path: &str) -> Result<Versioned> {
        let answer = self.call("GET", path, &[], None)?;
        // Sensu 5.0 has no entity tags: there the last one to write wins.
        let etag = answer.raw.headers.get("etag").cloned();
        Ok(Versioned { object: answer.body, path: path.to_owned(), etag })
    }

    /// Writes a changed object back, if nobody else has changed it meanwhile.
    pub(crate) fn put_if_unchanged(&self, loan: &Versioned) -> Result<()> {
        let Versioned { object, path, etag } = loan;
        let condition = etag.as_ref().map(Condition::Same);
        let written = self.call_if("PUT", path, &[], Some(object), condition);
        written.map(drop).map_err(|error| match is_stale(&error) {
            true => error.context("somebody else has changed it meanwhile"),
            false => error,
        })
    }

    /// Reads an object that may be missing.
    pub(crate) fn get_optional(&self, path: &str) -> Result<Option<Versioned>> {
        match self.get_for_update(path) {
            Err(error) if is_missing(&error) => Ok(None),
            read => read.map(Some),
        }
    }

    /// What would be there if this were put at a path: judged by the server, which writes nothing.
    pub(crate) fn dry_run_put(&self, path: &str, body: &Value) -> Result<Value> {
        // Released backends do not know `dryRun`, and would write.
        if self.client()?.api_prefix() != Some(ApiPrefix::Apis) {
            bail!(
                "this server cannot say what would change; `sensuctl create` writes without asking"
            );
        }
        let answer = self.call("PUT", path, &[("dryRun", "true".to_owned())], Some(body))?;
        // What is only tried out has no entity tag.
        if answer.header("etag").is_some() {
            bail!(
                "this server is too old to be asked what would change, and has written the object"
            );
        }
        Ok(answer.body)
    }

    /// Creates an object, if it is still missing.
    pub(crate) fn put_new(&self, path: &str, body: &Value) -> Result<()> {
        self.call_if("PUT", path, &[], Some(body), Some(Condition::Absent)).map(drop)
    }

    /// Reads, changes and writes an object; again if somebody else was quicker.
    pub(crate) fn change(
        &self,
        path: &str,
        mut change: impl FnMut(&mut Value) -> Result<()>,
    ) -> Result<()> {
        for _ in 1..TRIES {
            let mut loan = self.get_for_update(path)?;
            change(&mut loan.object)?;
            match self.put_if_unchanged(&loan) {
                Err(error) if is_stale(&error) => {}
                done => return done,
            }
        }
        let mut loan = self.get_for_update(path)?;
        change(&mut loan.object)?;
        self.put_if_unchanged(&loan)
    }

    /// Deletes an object.
    pub(crate) fn delete(&self, path: &str) -> Result<()> {
        self.call("DELETE", path, &[], None).map(drop)
    }

    /// The items of a list, over all of its pages.
    pub(crate) fn list(&self, path: &str, narrow: &ListOptions) -> Result<Vec<Value>> {
        let client = self.client()?;
        let mut request = client.raw(Method::GET, format!("{CORE_V2}{path}"));
        for (name, value) in &narrow.query {
            request = request.query(*name, value);
        }
        let items = request.stream().take(narrow.limit.unwrap_or(usize::MAX));
        let items = async {
            let mut found = Vec::new();
            futures::pin_mut!(items);
            while let Some(item) = items.next().await {
                found.push(item?);
            }
            Ok::<_, Error>(found)
        };
        let items = self.wait(items);
        self.remember(self.api_url(), client);
        items.map_err(|error| self.explained(error))
    }

    /// Says what to do about credentials that are missing, or not accepted any more.
    pub(crate) fn explained(&self, error: Error) -> anyhow::Error {
        match &error {
            Error::NotLoggedIn => anyhow!(NO_CREDENTIALS),
            _ if error.status() != Some(StatusCode::UNAUTHORIZED) => error.into(),
            _ if self.has_api_key() => anyhow!(error).context("the API key is not accepted"),
            _ => anyhow!(error).context(NO_SESSION),
        }
    }

    /// Whether a user has this password.
    pub(crate) fn check_password(&self, user: &str, password: &str) -> Result<()> {
        let login = self.builder().basic_auth(user, password).log_in();
        Ok(self.wait(login).map(drop)?)
    }
}
