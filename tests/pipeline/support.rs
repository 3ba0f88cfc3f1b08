//! A server whose handlers write what they receive into a directory.

use std::path::Path;
use std::sync::Arc;

use sensu_server::{Limits, PipelineSettings};
use sensu_store::{Clock, MemoryStore, Store, SystemClock};
use sensu_tests::{Response, TestServer, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The path of all objects of the tests.
pub(crate) const DEFAULT: &str = "/apis/core/v2/namespaces/default";

/// A server with an event pipeline.
pub(crate) struct Monitored {
    pub(crate) server: TestServer,
    pub(crate) token: String,
    /// Where handlers write what they receive.
    pub(crate) folder: TempDir,
}

/// Settings with commands.
pub(crate) fn settings() -> PipelineSettings {
    PipelineSettings { allow_commands: true, ..PipelineSettings::default() }
}

impl Monitored {
    /// A server that may run commands.
    pub(crate) async fn start() -> Self {
        Self::start_with(settings()).await
    }

    /// A server with other settings.
    pub(crate) async fn start_with(settings: PipelineSettings) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Arc::new(MemoryStore::new(Arc::clone(&clock)));
        Self::start_over(store, settings, clock).await
    }

    /// A server over a given store.
    pub(crate) async fn start_over(
        store: Arc<dyn Store>,
        settings: PipelineSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let limits = Limits { pipeline: Some(settings), ..Limits::default() };
        let server = TestServer::start_over(store, limits, clock).await;
        let token = server.token().await;
        Self { server, token, folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        self.server.send(method, path, Some(&self.token), body).await
    }

    /// Creates or replaces an object: `handlers/a`.
    pub(crate) async fn put(&self, object: &str, mut body: Value) {
        let (_, name) = object.split_once('/').expect("kind and name");
        body["metadata"]["name"] = name.into();
        body["metadata"]["namespace"] = "default".into();
        let response = self.send("PUT", &format!("{DEFAULT}/{object}"), Some(&body)).await;
        assert!(response.status < 300, "{object}: {}", response.body);
    }

    /// Creates a handler that writes what it receives into the folder.
    pub(crate) async fn put_recorder(&self, name: &str, further: Value) {
        let mut handler = recorder(self.folder.path(), name);
        for (field, value) in further.as_object().expect("fields") {
            handler[field] = value.clone();
        }
        self.put(&format!("handlers/{name}"), handler).await;
    }

    /// Stores an event. `check` holds the fields of its check.
    pub(crate) async fn report(&self, entity: &str, check: &str, fields: Value) -> Response {
        let path = format!("{DEFAULT}/events/{entity}/{check}");
        let response = self.send("PUT", &path, Some(&event(entity, check, fields))).await;
        assert!(response.status < 300, "{}", response.body);
        response
    }

    /// What a recording handler has received so far, in the order of revisions.
    pub(crate) fn received(&self, handler: &str) -> Vec<Value> {
        received(self.folder.path(), handler)
    }

    /// Waits until a recording handler has received a number of events.
    pub(crate) async fn wait_for(&self, handler: &str, number: usize) -> Vec<Value> {
        eventually(&format!("{number} events for {handler}"), async || {
            Some(self.received(handler)).filter(|received| received.len() >= number)
        })
        .await
    }

    /// The outcomes of the last events of a check on an entity, the newest first.
    pub(crate) async fn outcomes(&self, entity: &str, check: &str) -> Vec<Value> {
        let path = format!("{DEFAULT}/events/{entity}/{check}/outcomes");
        let response = self.send("GET", &path, None).await;
        assert_eq!(response.status, 200, "{}", response.body);
        response.body["events"].as_array().expect("a list").clone()
    }

    /// Waits for the outcomes of a number of events, and returns those of the newest by handler.
    pub(crate) async fn wait_for_outcomes(
        &self,
        entity: &str,
        check: &str,
        number: usize,
    ) -> Vec<Value> {
        let events = eventually(&format!("{number} outcomes of {entity}/{check}"), async || {
            Some(self.outcomes(entity, check).await).filter(|events| events.len() >= number)
        })
        .await;
        let mut handlers = events[0]["handlers"].as_array().expect("a list").clone();
        handlers.sort_by_key(|one| one["handler"].as_str().unwrap_or_default().to_owned());
        handlers
    }
}

/// A pipe handler that writes what it receives into a folder. Files appear completely.
pub(crate) fn recorder(folder: &Path, name: &str) -> Value {
    let target = format!("{}/{name}.$SENSU_EVENT_REVISION", folder.display());
    json!({ "type": "pipe", "command": format!("cat > {target}.part && mv {target}.part {target}") })
}

/// What a recording handler has written into a folder, in the order of revisions.
pub(crate) fn received(folder: &Path, handler: &str) -> Vec<Value> {
    let mut found: Vec<(u64, Value)> = std::fs::read_dir(folder)
        .expect("a folder")
        .filter_map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_name()?.to_str()?;
            let revision = name.strip_prefix(handler)?.strip_prefix('.')?.parse().ok()?;
            let content = std::fs::read(&path).expect("is read");
            let text = || Value::String(String::from_utf8_lossy(&content).into_owned());
            Some((revision, serde_json::from_slice(&content).unwrap_or_else(|_| text())))
        })
        .collect();
    found.sort_by_key(|(revision, _)| *revision);
    found.into_iter().map(|(_, event)| event).collect()
}

/// An event. `fields` are those of its check.
pub(crate) fn event(entity: &str, check: &str, mut fields: Value) -> Value {
    fields["metadata"] = json!({ "name": check, "namespace": "default" });
    if fields["interval"].is_null() {
        fields["interval"] = 60.into();
    }
    let metadata = json!({ "name": entity, "namespace": "default" });
    json!({ "entity": { "metadata": metadata, "entity_class": "proxy" }, "check": fields })
}

/// The value of a field of each.
pub(crate) fn each<'a>(values: &'a [Value], pointer: &str) -> Vec<&'a Value> {
    values.iter().map(|value| value.pointer(pointer).unwrap_or(&Value::Null)).collect()
}
