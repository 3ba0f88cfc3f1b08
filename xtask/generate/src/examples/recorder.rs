//! Tells the steps of the scenario to a server of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use sensu_server::{Limits, Server, rbac};
use sensu_store::{Clock, ManualClock, MemoryStore, Store};
use serde_json::{Value, json};

use super::mask::Masks;
use super::request::{As, Request, missing, wrong};
use super::{Operation, Scenario, Step};

/// The lowest cost that bcrypt has: nobody guesses passwords here.
const COST: u32 = 4;

/// How long a request may take where clients are slow on purpose.
const SHORT_DEADLINE: Duration = Duration::from_secs(2);

/// A server, and what its random answers are shown as.
pub(super) struct Recorder<'a> {
    scenario: &'a Scenario,
    server: Server,
    http: reqwest::Client,
    pub(super) store: Arc<dyn Store>,
    admin: String,
    /// The tokens of a session of its own, once the scenario has been told.
    last: Option<String>,
    pub(super) refresh: String,
    masks: Masks,
}

impl<'a> Recorder<'a> {
    pub(super) async fn start(scenario: &'a Scenario) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(scenario.at));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock)));
        let told = |error| anyhow!("{error:?}");
        rbac::seed(store.as_ref()).await.map_err(told)?;
        rbac::dev_users(store.as_ref(), COST).await.map_err(told)?;
        let server = serve(&store, clock, Limits::default()).await?;
        let http = reqwest::Client::new();
        let recorder = Self {
            scenario,
            server,
            http,
            store,
            admin: String::new(),
            last: None,
            refresh: String::new(),
            masks: Masks::default(),
        };
        let (admin, _) = recorder.tokens().await?;
        Ok(Self { admin, ..recorder })
    }

    /// The same told by a server with less patience, over the same store.
    pub(super) async fn short_deadline(&self) -> anyhow::Result<Recorder<'a>> {
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

    /// Starts a session that nothing has been told about.
    pub(super) async fn log_in(&mut self) -> anyhow::Result<()> {
        let (access, refresh) = self.tokens().await?;
        (self.last, self.refresh) = (Some(access), refresh);
        Ok(())
    }

    async fn tokens(&self) -> anyhow::Result<(String, String)> {
        let url = format!("http://{}/auth", self.server.address());
        let login = self.http.get(url).basic_auth("admin", Some(rbac::DEV_PASSWORD));
        let tokens: Value = login.send().await?.json().await?;
        let token = |name: &str| tokens[name].as_str().context("no token").map(str::to_owned);
        Ok((token("access_token")?, token("refresh_token")?))
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.server.stop().await
    }

    /// Tells one step: what breaks a rule, what is not there, what the document shows, and what stands
    /// in the way.
    pub(super) async fn tell(
        &mut self,
        step: &Step,
        operation: &Operation,
    ) -> anyhow::Result<Value> {
        let mut errors = json!({});
        let asked = self.request(step, operation);
        if operation.documents("400") {
            let error = self.error(operation, &wrong(step, operation, &asked), 400).await?;
            errors["400"] = error;
        }
        if operation.documents("404") {
            let error = self.error(operation, &missing(step, operation, &asked), 404).await?;
            errors["404"] = error;
        }
        let mut told = json!({ "path": asked.path, "query": asked.query });
        if let Some(body) = &asked.body {
            told["body"] = body.clone();
        }
        if let Some(sensuctl) = &step.sensuctl {
            told["sensuctl"] = sensuctl.clone().into();
        }
        self.refuse(operation, &asked).await?;
        if step.response_of.is_none() {
            let (status, mut answer) = self.send(operation, &asked).await?;
            let documented = operation.documents(&status.to_string());
            ensure!((200..300).contains(&status) && documented, "answered {status}: {answer}");
            for (pointer, shown) in &step.random {
                let actual = answer.pointer(pointer).context("a random part is not there")?;
                self.masks.add(pointer, actual, shown);
            }
            self.masks.mask(&mut answer);
            if let Some(excerpt) = &step.excerpt {
                holds(answer.as_str().unwrap_or_default(), excerpt)?;
                answer = excerpt.clone().into();
            }
            told["status"] = status.into();
            if !answer.is_null() {
                told["answer"] = answer;
            }
        }
        if operation.documents("409") {
            let mut again = asked.clone();
            if let Some(variant) = &step.conflict {
                again.path.extend(variant.path.clone());
                again.query.extend(variant.query.clone());
            }
            errors["409"] = self.error(operation, &again, 409).await?;
        }
        told["errors"] = errors;
        Ok(told)
    }

    /// What the step asks, with everything that it need not say.
    pub(super) fn request(&self, step: &Step, operation: &Operation) -> Request {
        let usual = self.scenario.path.get(&operation.tag);
        let parameters = operation.path.split('/').filter_map(|part| {
            let name = part.strip_prefix('{')?.strip_suffix('}')?;
            let value = step.path.get(name).or_else(|| usual?.get(name));
            let value = value.map_or("default", String::as_str);
            Some((name.to_owned(), value.to_owned()))
        });
        Request {
            path: parameters.collect(),
            query: step.query.clone(),
            body: step.body.clone(),
            ..Request::default()
        }
    }

    /// Asks for something that must be refused with this status.
    async fn error(
        &self,
        operation: &Operation,
        request: &Request,
        wanted: u16,
    ) -> anyhow::Result<Value> {
        let (status, mut answer) = self.send(operation, request).await?;
        ensure!(status == wanted, "{wanted} is documented, {status} was answered: {answer}");
        self.masks.mask(&mut answer);
        Ok(answer)
    }

    pub(super) async fn send(
        &self,
        operation: &Operation,
        request: &Request,
    ) -> anyhow::Result<(u16, Value)> {
        let mut url = reqwest::Url::parse(&format!("http://{}", self.server.address()))?;
        {
            let mut path = url.path_segments_mut().map_err(|()| anyhow!("no path"))?;
            path.clear();
            for part in operation.path.split('/').skip(1) {
                let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
                let value = name.and_then(|name| request.path.get(name)).map(String::as_str);
                path.push(&self.masks.actual_text(value.unwrap_or(part)));
            }
        }
        let query: Vec<String> = request.query.iter().map(|(k, v)| format!("{k}={v}")).collect();
        if !query.is_empty() {
            url.set_query(Some(&query.join("&")));
        }
        let method = reqwest::Method::from_bytes(operation.method.as_bytes())?;
        let mut http = self.http.request(method, url);
        http = self.signed(http, operation, request.by)?;
        for (name, value) in &request.headers {
            http = http.header(*name, value);
        }
        if request.stalls {
            let nothing = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
            let body = reqwest::Body::wrap_stream(nothing);
            http = http.header("content-type", "application/json").body(body);
        } else if let Some(raw) = &request.raw {
            http = http.header("content-type", "application/json").body(raw.clone());
        } else if let Some(body) = &request.body {
            let mut body = body.clone();
            self.masks.unmask(&mut body);
            http = http.json(&body);
        }
        let answer = http.send().await?;
        let status = answer.status().as_u16();
        let media_type = answer.headers().get(reqwest::header::CONTENT_TYPE);
        let is_text = media_type.is_some_and(|value| value.as_bytes().starts_with(b"text/"));
        let text = answer.text().await?;
        let value = match text.is_empty() {
            true => Value::Null,
            false if is_text => Value::String(text),
            false => serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))?,
        };
        Ok((status, value))
    }

    /// The request with the credentials of whoever sends it.
    fn signed(
        &self,
        http: reqwest::RequestBuilder,
        operation: &Operation,
        by: As,
    ) -> anyhow::Result<reqwest::RequestBuilder> {
        let basic = operation.value["security"] == json!([{ "basicAuth": [] }]);
        Ok(match by {
            As::Nobody => http,
            As::Guesser => http.basic_auth("carol", Some("a guess")),
            As::Usual if basic => http.basic_auth("admin", Some(rbac::DEV_PASSWORD)),
            As::Usual if operation.tag == "auth" => {
                let latest = self.last.as_deref().or_else(|| self.masks.last("/access_token"));
                http.bearer_auth(latest.context("nobody has logged in")?)
            }
            As::Usual => http.bearer_auth(&self.admin),
        })
    }
}

/// A server on a free port.
async fn serve(
    store: &Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    limits: Limits,
) -> anyhow::Result<Server> {
    let limits = Limits { password_cost: COST, ..limits };
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    Server::start(Arc::clone(store), clock, limits, anywhere, None).await
}

/// Whether an answer has the lines of an excerpt, whatever their numbers.
fn holds(answer: &str, excerpt: &str) -> anyhow::Result<()> {
    for line in excerpt.lines() {
        let words = line.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        ensure!(answer.lines().any(|other| other.starts_with(words)), "not answered: {line}");
    }
    Ok(())
}
