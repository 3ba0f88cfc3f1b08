//! Runs the steps of the scenario on a server of its own, and records the responses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use sensu_server::{Limits, Server, seed};
use sensu_store::{Clock, ManualClock, MemoryStore, Store};
use serde_json::{Value, json};

use super::mask::Masks;
use super::request::{Body, Request, for_missing, invalid};
use super::{Operation, Scenario, Step};

/// Lowest cost of bcrypt: these passwords protect nothing.
const PASSWORD_COST: u32 = 4;

/// Deadline of a request for clients that stall on purpose.
const SHORT_DEADLINE: Duration = Duration::from_secs(2);

/// A server, and the random parts of its responses.
pub(super) struct Recorder<'a> {
    scenario: &'a Scenario,
    pub(super) server: Server,
    pub(super) http: reqwest::Client,
    pub(super) store: Arc<dyn Store>,
    /// Access token of the administrator, valid during the whole scenario.
    pub(super) admin: String,
    /// Access token of a session that starts after the scenario.
    pub(super) last: Option<String>,
    /// Refresh token of the same session.
    pub(super) refresh: String,
    pub(super) masks: Masks,
}

impl<'a> Recorder<'a> {
    pub(super) async fn start(scenario: &'a Scenario) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(scenario.at));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock)));
        let debug = |error| anyhow!("{error:?}");
        seed::defaults(store.as_ref()).await.map_err(debug)?;
        seed::dev_users(store.as_ref(), PASSWORD_COST).await.map_err(debug)?;
        let server = serve(&store, clock, Limits::default()).await?;
        let recorder = Self {
            scenario,
            server,
            http: reqwest::Client::new(),
            store,
            admin: String::new(),
            last: None,
            refresh: String::new(),
            masks: Masks::default(),
        };
        let (admin, _) = recorder.tokens().await?;
        Ok(Self { admin, ..recorder })
    }

    /// The same recorder with another server on the same store, which has a short deadline.
    pub(super) async fn with_short_deadline(&self) -> anyhow::Result<Recorder<'a>> {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(self.scenario.at));
        let limits = Limits { deadline: SHORT_DEADLINE, ..Limits::default() };
        let server = serve(&self.store, clock, limits).await?;
        Ok(Recorder {
            scenario: self.scenario,
            server,
            http: self.http.clone(),
            store: Arc::clone(&self.store),
            admin: self.admin.clone(),
            last: self.last.clone(),
            refresh: self.refresh.clone(),
            masks: self.masks.clone(),
        })
    }

    /// Starts a session that the scenario does not use.
    pub(super) async fn log_in(&mut self) -> anyhow::Result<()> {
        let (access, refresh) = self.tokens().await?;
        (self.last, self.refresh) = (Some(access), refresh);
        Ok(())
    }

    async fn tokens(&self) -> anyhow::Result<(String, String)> {
        let url = format!("http://{}/auth", self.server.address());
        let login = self.http.get(url).basic_auth("admin", Some(seed::DEV_PASSWORD));
        let tokens: Value = login.send().await?.json().await?;
        let token = |name: &str| tokens[name].as_str().context("no token").map(str::to_owned);
        Ok((token("access_token")?, token("refresh_token")?))
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.server.stop().await
    }

    /// Records one step: 400 and 404 first, then the success, then 409.
    pub(super) async fn record(
        &mut self,
        step: &Step,
        operation: &Operation,
    ) -> anyhow::Result<Value> {
        let mut errors = json!({});
        let request = self.request(step, operation);
        if operation.documents(400) {
            errors["400"] = self.error(operation, &invalid(step, operation, &request), 400).await?;
        }
        if operation.documents(404) {
            let missing = for_missing(step, operation, &request);
            errors["404"] = self.error(operation, &missing, 404).await?;
        }
        let mut example = json!({ "path": request.path, "query": request.query });
        if let Body::Json(body) = &request.body {
            example["body"] = body.clone();
        }
        if let Some(sensuctl) = &step.sensuctl {
            example["sensuctl"] = sensuctl.clone().into();
        }
        self.provoke_client_errors(operation, &request).await?;
        if let Some(minimal) = &step.minimal {
            let mut short = Request { body: Body::Json(minimal.clone()), ..request.clone() };
            if operation.documents(409) {
                // The other body creates the object.
                short.query.insert("dryRun".into(), "true".into());
            }
            let (status, response) = self.send(operation, &short).await?;
            ensure!((200..300).contains(&status), "the minimal body: {status}: {response}");
            example["minimal"] = minimal.clone();
        }
        if step.response_of.is_none() {
            let (status, response) = self.success(step, operation, &request).await?;
            example["status"] = status.into();
            if !response.is_null() {
                example["response"] = response;
            }
        }
        if operation.documents(409) {
            let mut again = request.clone();
            if let Some(variant) = &step.conflict {
                again.path.extend(variant.path.clone());
                again.query.extend(variant.query.clone());
            }
            errors["409"] = self.error(operation, &again, 409).await?;
        }
        example["errors"] = errors;
        Ok(example)
    }

    /// The request of a step, with default path parameters.
    pub(super) fn request(&self, step: &Step, operation: &Operation) -> Request {
        let defaults = self.scenario.path.get(&operation.tag);
        let parameters = operation.path_parameters().map(|name| {
            let value = step.path.get(name).or_else(|| defaults?.get(name));
            (name.to_owned(), value.map_or("default", String::as_str).to_owned())
        });
        Request {
            path: parameters.collect(),
            query: step.query.clone(),
            body: step.body.clone().map_or(Body::Empty, Body::Json),
            ..Request::default()
        }
    }

    /// Sends the request of a step, and masks the response.
    async fn success(
        &mut self,
        step: &Step,
        operation: &Operation,
        request: &Request,
    ) -> anyhow::Result<(u16, Value)> {
        let (status, mut response) = self.send(operation, request).await?;
        let is_success = (200..300).contains(&status) && operation.documents(status);
        ensure!(is_success, "unexpected response {status}: {response}");
        for (pointer, placeholder) in &step.random {
            let actual = response.pointer(pointer).context("a random part is missing")?;
            self.masks.add(pointer, actual, placeholder);
        }
        self.masks.mask(&mut response);
        if let Some(excerpt) = &step.excerpt {
            check_excerpt(response.as_str().unwrap_or_default(), excerpt)?;
            response = excerpt.clone().into();
        }
        Ok((status, response))
    }

    /// Sends a request that must fail with a status, and returns the masked error.
    async fn error(
        &self,
        operation: &Operation,
        request: &Request,
        expected: u16,
    ) -> anyhow::Result<Value> {
        let (status, mut response) = self.send(operation, request).await?;
        ensure!(status == expected, "{expected} is documented, {status} returned: {response}");
        self.masks.mask(&mut response);
        Ok(response)
    }
}

/// A server on a free port.
async fn serve(
    store: &Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    limits: Limits,
) -> anyhow::Result<Server> {
    let limits = Limits { password_cost: PASSWORD_COST, accept_dev_password: true, ..limits };
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    Server::start(Arc::clone(store), clock, limits, any_port, None).await
}

/// Checks that a text has the lines of an excerpt, except for the numbers at their ends.
fn check_excerpt(text: &str, excerpt: &str) -> anyhow::Result<()> {
    for line in excerpt.lines() {
        let prefix = line.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        ensure!(text.lines().any(|other| other.starts_with(prefix)), "not in the response: {line}");
    }
    Ok(())
}
