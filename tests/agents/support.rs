//! A server with agents, and a clock that the test sets.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sensu_agents::message::CheckRequest;
use sensu_server::{AgentSettings, Limits, PipelineSettings};
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Clock, ManualClock, MemoryStore, Store};
use sensu_test_agent::{Agent, AgentOptions, Received, Release};
use sensu_tests::{Response, TestServer, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The path of all objects of the tests.
pub(crate) const DEFAULT: &str = "/apis/core/v2/namespaces/default";

/// The time at which tests begin. A whole minute.
pub(crate) const START: i64 = 1_700_000_040;

/// Maximum time for a message to arrive.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server that agents connect to.
pub(crate) struct Backend {
    pub(crate) server: TestServer,
    pub(crate) clock: Arc<ManualClock>,
    token: String,
    /// Where handlers write what they receive.
    pub(crate) folder: TempDir,
}

/// Limits of servers with agents.
pub(crate) fn limits() -> Limits {
    let pipeline = PipelineSettings { allow_commands: true, ..PipelineSettings::default() };
    Limits {
        agents: Some(AgentSettings::default()),
        scheduler: true,
        keepalives: true,
        pipeline: Some(pipeline),
        // Tests advance the clock by hours.
        access_token: Duration::from_secs(1 << 30),
        refresh_token: Duration::from_secs(1 << 30),
        ..Limits::default()
    }
}

impl Backend {
    pub(crate) async fn start() -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let store = Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>));
        Self::start_over(store, clock).await
    }

    pub(crate) async fn start_over(store: Arc<dyn Store>, clock: Arc<ManualClock>) -> Self {
        let injected = Arc::clone(&clock) as Arc<dyn Clock>;
        let server = TestServer::start_over(store, limits(), injected).await;
        let token = server.token().await;
        Self { server, clock, token, folder: tempfile::tempdir().expect("a folder") }
    }

    /// A server whose data is in a directory, so that another one can be started after it.
    pub(crate) async fn start_in(directory: &Path, clock: Arc<ManualClock>) -> Self {
        let injected = Arc::clone(&clock) as Arc<dyn Clock>;
        let store = SqliteStore::open(directory, SqliteOptions::default(), injected);
        Self::start_over(Arc::new(store.expect("opens")), clock).await
    }

    /// Settings of an agent of the newest release.
    pub(crate) fn options(&self, name: &str, subscriptions: &[&str]) -> AgentOptions {
        AgentOptions::new(self.server.agent_url(), name).with_subscriptions(subscriptions)
    }

    /// A connected agent of the newest release that has sent a keepalive.
    pub(crate) async fn connect(&self, name: &str, subscriptions: &[&str]) -> Agent {
        self.connect_with(self.options(name, subscriptions)).await
    }

    /// A connected agent that has sent a keepalive, which the server has stored.
    pub(crate) async fn connect_with(&self, options: AgentOptions) -> Agent {
        let (name, namespace) = (options.name.clone(), options.namespace.clone());
        let is_6 = options.release >= Release::V6_0;
        let mut agent = Agent::connect(options).await.expect("connects");
        let before = self.last_keepalive(&namespace, &name).await;
        assert!(matches!(receive(&mut agent).await, Received::EntityConfig(_)));
        agent.send_keepalive().await.expect("is sent");
        eventually("the keepalive is stored", async || {
            (self.last_keepalive(&namespace, &name).await != before).then_some(())
        })
        .await;
        // A new entity is configured by the server from now on.
        if is_6 && before.is_null() {
            assert!(matches!(receive(&mut agent).await, Received::EntityConfig(_)));
        }
        agent
    }

    /// The history of the keepalive event, which grows with each keepalive.
    async fn last_keepalive(&self, namespace: &str, name: &str) -> Value {
        let path = format!("/apis/core/v2/namespaces/{namespace}/events/{name}/keepalive");
        let event = self.send("GET", &path, None).await;
        match event.status {
            200 => json!([event.body["check"]["history"], event.body["timestamp"]]),
            _ => Value::Null,
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        self.server.send(method, path, Some(&self.token), body).await
    }

    /// Creates or replaces an object: `handlers/a`.
    pub(crate) async fn put(&self, object: &str, body: Value) {
        self.put_in("default", object, body).await;
    }

    /// Creates or replaces an object in a namespace, which is created if it is missing.
    pub(crate) async fn put_in(&self, namespace: &str, object: &str, mut body: Value) {
        let (_, name) = object.split_once('/').expect("kind and name");
        let path = format!("/apis/core/v2/namespaces/{namespace}");
        let created = self.send("PUT", &path, Some(&json!({ "name": namespace }))).await;
        assert!(created.status < 300, "{}", created.body);
        body["metadata"]["name"] = name.into();
        body["metadata"]["namespace"] = namespace.into();
        let response = self.send("PUT", &format!("{path}/{object}"), Some(&body)).await;
        assert!(response.status < 300, "{object}: {}", response.body);
    }

    /// Creates or replaces a check with subscription `system`, interval 60 and further fields.
    pub(crate) async fn put_check(&self, name: &str, fields: Value) {
        self.put(&format!("checks/{name}"), check(fields)).await;
    }

    pub(crate) async fn delete(&self, object: &str) {
        let response = self.send("DELETE", &format!("{DEFAULT}/{object}"), None).await;
        assert_eq!(response.status, 204, "{}", response.body);
    }

    /// Executes a check now.
    pub(crate) async fn execute(&self, check: &str, request: Value) {
        let path = format!("{DEFAULT}/checks/{check}/execute");
        let response = self.send("POST", &path, Some(&request)).await;
        assert_eq!(response.status, 202, "{}", response.body);
    }

    /// A stored object; `Null` if there is none.
    pub(crate) async fn get(&self, object: &str) -> Value {
        let response = self.send("GET", &format!("{DEFAULT}/{object}"), None).await;
        if response.status == 200 { response.body } else { Value::Null }
    }

    /// Waits until a stored object satisfies a condition, and returns it.
    pub(crate) async fn wait(&self, object: &str, condition: impl Fn(&Value) -> bool) -> Value {
        eventually(object, async || Some(self.get(object).await).filter(&condition)).await
    }

    /// Waits until the server has processed everything that was due or written before, including changes of checks: a
    /// check that is executed on request of a subscription that only this agent has arrives after all earlier messages.
    /// Returns what arrived before.
    pub(crate) async fn sync(&self, agent: &mut Agent) -> Vec<CheckRequest> {
        // What is due after the first round was sent before the second one.
        let mut earlier = self.sync_once(agent).await;
        earlier.extend(self.sync_once(agent).await);
        earlier
    }

    async fn sync_once(&self, agent: &mut Agent) -> Vec<CheckRequest> {
        let subscription = format!("entity:{}", agent.options().name);
        self.put_check("sync", json!({ "publish": false })).await;
        self.execute("sync", json!({ "subscriptions": [subscription] })).await;
        let mut earlier = Vec::new();
        loop {
            match receive(agent).await {
                Received::CheckRequest(request) if request.config.metadata.name == "sync" => {
                    return earlier;
                }
                Received::CheckRequest(request) => earlier.push(*request),
                Received::EntityConfig(_) => {}
                other => panic!("the session has ended: {other:?}"),
            }
        }
    }

    /// Creates a pipe handler that writes what it receives into the folder.
    pub(crate) async fn put_recorder(&self, name: &str, further: Value) {
        let target = format!("{}/{name}.$SENSU_EVENT_REVISION.$$", self.folder.path().display());
        let command = format!("cat > {target}.part && mv {target}.part {target}");
        let mut handler = json!({ "type": "pipe", "command": command });
        for (field, value) in further.as_object().expect("fields") {
            handler[field] = value.clone();
        }
        self.put(&format!("handlers/{name}"), handler).await;
    }

    /// What a recording handler has received so far.
    pub(crate) fn received(&self, handler: &str) -> Vec<Value> {
        let files = std::fs::read_dir(self.folder.path()).expect("a folder");
        let mut found: Vec<_> = files
            .map(|file| file.expect("a file").path())
            .filter(|path| {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                name.starts_with(&format!("{handler}.")) && !name.ends_with(".part")
            })
            .collect();
        found.sort_by_key(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok());
        let read = |path| serde_json::from_slice(&std::fs::read(path).expect("is read"));
        found.into_iter().map(|path| read(path).expect("JSON")).collect()
    }

    /// Waits until a recording handler has received a number of events.
    pub(crate) async fn wait_for(&self, handler: &str, number: usize) -> Vec<Value> {
        eventually(&format!("{number} events for {handler}"), async || {
            Some(self.received(handler)).filter(|received| received.len() >= number)
        })
        .await
    }
}

/// A check with subscription `system`, interval 60 and further fields.
pub(crate) fn check(fields: Value) -> Value {
    let mut check = json!({ "command": "true", "subscriptions": ["system"], "publish": true });
    for (field, value) in fields.as_object().expect("fields") {
        check[field] = value.clone();
    }
    if check["cron"].is_null() && check["interval"].is_null() {
        check["interval"] = 60.into();
    }
    check
}

/// The next message.
pub(crate) async fn receive(agent: &mut Agent) -> Received {
    agent.receive(PATIENCE).await.expect("a message")
}

/// The next check request; configurations before it are ignored.
pub(crate) async fn request(agent: &mut Agent) -> CheckRequest {
    loop {
        match receive(agent).await {
            Received::CheckRequest(request) => return *request,
            Received::EntityConfig(_) => {}
            other => panic!("no request: {other:?}"),
        }
    }
}

/// Names of checks, sorted.
pub(crate) fn names(requests: &[CheckRequest]) -> Vec<&str> {
    let mut names: Vec<&str> =
        requests.iter().map(|request| request.config.metadata.name.as_str()).collect();
    names.sort_unstable();
    names
}
