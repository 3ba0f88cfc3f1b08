//! Legitimate clients: each repeats a few requests, slowly enough to leave the server idle most of the
//! time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use super::client::{Client, Reply};
use super::outcome::Outcome;
use super::setup::{self, CHECKS, DEFAULT, Setup, USERS, basic, source};
use crate::process::PASSWORD;

/// The interval of the last acknowledged write of each check.
pub(super) type Writes = BTreeMap<u8, u64>;

/// The running clients.
pub(super) type Load = JoinSet<anyhow::Result<Option<(u8, u64)>>>;

/// Time between two requests of one client.
const PAUSE: Duration = Duration::from_millis(50);
/// Time between two log-ins of one user.
const BETWEEN_LOG_INS: Duration = Duration::from_secs(2);

/// Starts all clients.
pub(super) fn start(setup: &Arc<Setup>, outcome: &Arc<Outcome>, until: Instant) -> Load {
    let mut load = JoinSet::new();
    let caller = |number| Caller {
        client: Client::new(setup.server, source(number)),
        setup: Arc::clone(setup),
        outcome: Arc::clone(outcome),
        until,
    };
    load.spawn(read(caller(10)));
    load.spawn(read(caller(11)));
    load.spawn(write_events(caller(12)));
    load.spawn(create_and_delete(caller(13)));
    for number in 0..CHECKS {
        load.spawn(write_check(caller(20 + number), number));
    }
    for number in 0..USERS {
        load.spawn(log_in_and_out(caller(40 + number), number));
    }
    load
}

/// Waits for the end of all clients.
pub(super) async fn finish(mut load: Load) -> anyhow::Result<Writes> {
    let mut writes = Writes::new();
    while let Some(ended) = load.join_next().await {
        writes.extend(ended??);
    }
    Ok(writes)
}

struct Caller {
    client: Client,
    setup: Arc<Setup>,
    outcome: Arc<Outcome>,
    until: Instant,
}

impl Caller {
    fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    /// Sends a request as administrator, records its result, and pauses.
    async fn send(&mut self, name: &'static str, line: &str, body: &str) -> Option<Reply> {
        let authorization = self.setup.admin.clone();
        let reply = self.send_as(name, line, &authorization, body, false).await;
        tokio::time::sleep(PAUSE).await;
        reply
    }

    /// Returns successful responses.
    async fn send_as(
        &mut self,
        name: &'static str,
        line: &str,
        authorization: &str,
        body: &str,
        may_be_busy: bool,
    ) -> Option<Reply> {
        let began = Instant::now();
        let reply = self.client.send(line, authorization, body).await;
        self.outcome.record(name, began.elapsed(), &reply, may_be_busy);
        reply.ok().filter(|reply| reply.status < 300)
    }
}

async fn read(mut caller: Caller) -> anyhow::Result<Option<(u8, u64)>> {
    let one = format!("GET {}", setup::check_path(0));
    let (checks, events) = (format!("GET {DEFAULT}/checks"), format!("GET {DEFAULT}/events"));
    while caller.goes_on() {
        caller.send("GET one check", &one, "").await;
        caller.send("GET /health", "GET /health", "").await;
        caller.send("GET checks", &checks, "").await;
        caller.send("GET events", &events, "").await;
    }
    Ok(None)
}

async fn write_events(mut caller: Caller) -> anyhow::Result<Option<(u8, u64)>> {
    let body = setup::event("CPU OK").to_string();
    while caller.goes_on() {
        for number in 0..20 {
            let line = format!("PUT {DEFAULT}/events/host-{number}/cpu");
            caller.send("PUT event", &line, &body).await;
        }
    }
    Ok(None)
}

async fn write_check(mut caller: Caller, number: u8) -> anyhow::Result<Option<(u8, u64)>> {
    let line = format!("PUT {}", setup::check_path(number));
    let (mut interval, mut acknowledged) = (1, 1);
    while caller.goes_on() {
        interval += 1;
        if caller.send("PUT check", &line, &setup::check(interval)).await.is_some() {
            acknowledged = interval;
        }
    }
    Ok(Some((number, acknowledged)))
}

async fn create_and_delete(mut caller: Caller) -> anyhow::Result<Option<(u8, u64)>> {
    let entity = json!({ "entity_class": "proxy", "metadata": { "name": "temporary" } });
    let silenced = json!({ "subscription": "system", "expire": 60 });
    let filter = json!({ "action": "allow", "expressions": ["event.check.status > 0"] });
    let execution = json!({ "subscriptions": ["system"] });
    while caller.goes_on() {
        let entities = format!("{DEFAULT}/entities");
        caller.send("POST entity", &format!("POST {entities}"), &entity.to_string()).await;
        caller.send("DELETE entity", &format!("DELETE {entities}/temporary"), "").await;
        let line = format!("PUT {DEFAULT}/silenced/system:*");
        caller.send("PUT silenced", &line, &silenced.to_string()).await;
        let line = format!("POST {}/execute", setup::check_path(1));
        caller.send("POST execute", &line, &execution.to_string()).await;
        let admin = caller.setup.admin.clone();
        let line = format!("PUT {DEFAULT}/filters/failing");
        caller.send_as("PUT filter", &line, &admin, &filter.to_string(), true).await;
    }
    Ok(None)
}

async fn log_in_and_out(mut caller: Caller, number: u8) -> anyhow::Result<Option<(u8, u64)>> {
    let credentials = basic(&setup::user(number), PASSWORD);
    while caller.goes_on() {
        let login = caller.send_as("log-in", "GET /auth", &credentials, "", true).await;
        if let Some(reply) = login {
            let tokens: serde_json::Value = serde_json::from_slice(&reply.body)?;
            let refresh = json!({ "refresh_token": tokens["refresh_token"] }).to_string();
            let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap_or_default());
            caller.send_as("log-out", "POST /auth/logout", &bearer, &refresh, false).await;
        }
        tokio::time::sleep(BETWEEN_LOG_INS).await;
    }
    Ok(None)
}
