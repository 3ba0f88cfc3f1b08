//! The regular verbs, and the deletion of namespaces, for every kind of resource in the document.
//!
//! The kinds and one valid object of each come from the document, so a new kind is covered without an edit.

use std::collections::BTreeSet;

use sensu_tests::{Document, Kind, Operation, Response, TestServer};
use serde_json::{Value, json};

/// A server with a namespace, and the request bodies of one kind.
struct Subject {
    server: TestServer,
    token: String,
    kind: Kind,
    object: Value,
}

const NAMESPACE: &str = "verbs";

impl Subject {
    /// A server with an empty namespace.
    async fn new(kind: Kind) -> Self {
        let server = TestServer::start().await;
        let token = server.token().await;
        let namespace = json!({ "name": NAMESPACE });
        let path = "/apis/core/v2/namespaces";
        let created = server.send("POST", path, Some(&token), Some(&namespace)).await;
        assert_eq!(created.status, 200, "{}", created.body);
        let write = kind.put.as_ref().or(kind.create.as_ref()).expect("a way to create one");
        let object = write.body_example().expect("an example").clone();
        Self { server, token, kind, object }
    }

    async fn send(&self, operation: &Operation, body: Option<&Value>) -> Response {
        self.send_with(operation, body, &[]).await
    }

    async fn send_with(
        &self,
        operation: &Operation,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Response {
        let path = operation.path_in(self.kind.is_namespaced.then_some(NAMESPACE));
        self.server.send_with(&operation.method, &path, Some(&self.token), body, headers).await
    }

    /// Creates the object, whichever operation the kind has for it.
    async fn create(&self) -> Response {
        let operation = self.kind.put.as_ref().or(self.kind.create.as_ref()).expect("a way");
        let created = self.send(operation, Some(&self.object)).await;
        assert!([200, 201].contains(&created.status), "{}: {}", operation.id, created.body);
        created
    }
}

#[tokio::test]
async fn no_part_of_an_event_is_in_another_namespace_than_the_url() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let path = "/apis/core/v2/namespaces/default/events/web/cpu";
    let body = |namespace: [&str; 4]| {
        let [event, entity, check, hook] = namespace;
        let metadata = |name: &str, namespace: &str| json!({"name": name, "namespace": namespace});
        json!({
            "metadata": {"namespace": event},
            "entity": {"entity_class": "proxy", "metadata": metadata("web", entity)},
            "check": {"interval": 10, "metadata": metadata("cpu", check),
                      "hooks": [{"metadata": metadata("h", hook)}]},
        })
    };
    for (position, part) in ["", "/entity", "/check", "/check/hooks/0"].into_iter().enumerate() {
        let mut namespaces = ["default"; 4];
        namespaces[position] = "other";
        let rejected = server.send("PUT", path, Some(&token), Some(&body(namespaces))).await;
        rejected.assert_error(400, 1);
        assert!(rejected.message().contains("\"other\" in the body"), "{}", rejected.message());
        assert_eq!(rejected.body["field"], format!("{part}/metadata/namespace"));
    }
    for namespace in ["default", ""] {
        let sent = body([namespace; 4]);
        let stored = server.send("PUT", path, Some(&token), Some(&sent)).await;
        assert_eq!(stored.status, 200, "{}", stored.body);
    }
    server.stop().await;
}

/// Asserts that a message continues with a name and, for a namespaced kind, the namespace (D4).
fn assert_names_object(response: &Response, kind: &Kind, beginning: &str) {
    let (message, plural) = (response.message(), &kind.plural);
    let object = message.strip_prefix(beginning);
    let object = object.unwrap_or_else(|| panic!("{plural}: {message}"));
    let end =
        if kind.is_namespaced { format!(" in namespace {NAMESPACE:?}") } else { String::new() };
    let named = object.strip_suffix(&end).unwrap_or_else(|| panic!("{plural}: {message}"));
    let (noun, name) = named.split_once(" \"").unwrap_or_else(|| panic!("{plural}: {message}"));
    assert!(!noun.is_empty() && name.ends_with('"') && name.len() > 1, "{plural}: {message}");
}

/// The kinds whose objects the client names: not API keys, whose names the server generates.
fn named_kinds() -> Vec<Kind> {
    Document::committed().kinds().into_iter().filter(|kind| kind.put.is_some()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_created_read_changed_listed_and_deleted() {
    for kind in named_kinds() {
        let subject = Subject::new(kind).await;
        let kind = &subject.kind;
        let id = &kind.get.id;
        let created = subject.create().await;
        let read = subject.send(&kind.get, None).await;
        assert_eq!((read.status, &read.body), (200, &created.body), "{id}: as created");
        if let Some(patch) = &kind.patch {
            let labels = json!({ "metadata": { "labels": { "a": "b" } } });
            let patched = subject.send(patch, Some(&labels)).await;
            assert_eq!(patched.status, 200, "{}: {}", patch.id, patched.body);
            assert_eq!(patched.body["metadata"]["labels"]["a"], "b", "{}", patch.id);
        }
        let read = subject.send(&kind.get, None).await;
        for list in [Some(&kind.list), kind.list_all.as_ref()].into_iter().flatten() {
            let listed = subject.send(list, None).await;
            let items = listed.body.as_array().expect("a list");
            assert!(items.contains(&read.body), "{}: {}", list.id, listed.body);
        }
        let deleted = subject.send(&kind.delete, None).await;
        assert_eq!(deleted.status, 204, "{}: {}", kind.delete.id, deleted.body);
        // Deleting a user disables it, as in Sensu.
        if kind.plural != "users" {
            for missing in [&kind.get, &kind.delete].into_iter().chain(&kind.patch) {
                let body = missing.has_body().then(|| json!({}));
                let missing = subject.send(missing, body.as_ref()).await;
                missing.assert_error(404, 2);
                assert_names_object(&missing, kind, "not found: ");
            }
        }
        subject.server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_an_object_twice_returns_409() {
    for kind in named_kinds() {
        let subject = Subject::new(kind).await;
        if let Some(create) = &subject.kind.create {
            let object = create.body_example().expect("an example");
            let created = subject.send(create, Some(object)).await;
            assert_eq!(created.status, 200, "{}: {}", create.id, created.body);
            let conflict = subject.send(create, Some(object)).await;
            conflict.assert_error(409, 3);
            assert_names_object(&conflict, &subject.kind, "resource already exists: ");
        }
        subject.server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_etag_returns_412_and_a_current_one_304() {
    let mut tried = 0;
    for kind in named_kinds().into_iter().filter(|kind| kind.get.has_parameter("If-None-Match")) {
        let subject = Subject::new(kind).await;
        let kind = &subject.kind;
        subject.create().await;
        let tag = subject.send(&kind.get, None).await.header("etag").to_owned();
        let unchanged = subject.send_with(&kind.get, None, &[("If-None-Match", &tag)]).await;
        assert_eq!(unchanged.status, 304, "{}", kind.get.id);
        let writes = [kind.put.as_ref(), kind.patch.as_ref(), Some(&kind.delete)];
        for write in writes.into_iter().flatten().filter(|write| write.has_parameter("If-Match")) {
            let body = write.has_body().then_some(&subject.object);
            let stale = subject.send_with(write, body, &[("If-Match", "\"0\"")]).await;
            stale.assert_error(412, 6);
            tried += 1;
        }
        subject.server.stop().await;
    }
    assert!(tried > 30, "only {tried} writes were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_into_a_missing_namespace_returns_404() {
    let server = TestServer::start().await;
    let token = server.token().await;
    for kind in named_kinds().into_iter().filter(|kind| kind.is_namespaced) {
        for write in [kind.create.as_ref(), kind.put.as_ref()].into_iter().flatten() {
            let (path, body) = (write.path_in(Some("missing")), write.body_example());
            let response = server.send(&write.method, &path, Some(&token), body).await;
            response.assert_error(404, 2);
            assert_eq!(response.message(), "namespace \"missing\" not found", "{}", write.id);
        }
        let all = kind.list_all.expect("every namespaced kind can be listed").path;
        let list = server.send("GET", &all, Some(&token), None).await;
        assert_eq!(list.body, json!([]), "{all}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_with_an_object_of_any_kind_is_deleted_only_with_cascade() {
    for kind in named_kinds().into_iter().filter(|kind| kind.is_namespaced) {
        let subject = Subject::new(kind).await;
        let (server, token) = (&subject.server, Some(subject.token.as_str()));
        subject.create().await;
        let path = format!("/apis/core/v2/namespaces/{NAMESPACE}");
        let refused = server.send("DELETE", &path, token, None).await;
        refused.assert_error(409, 3);
        let plural = &subject.kind.plural;
        assert!(refused.message().contains(plural.as_str()), "{plural}: {}", refused.message());
        let deleted = server.send("DELETE", &format!("{path}?cascade=true"), token, None).await;
        assert_eq!(deleted.status, 204, "{plural}: {}", deleted.body);

        let namespace = json!({ "name": NAMESPACE });
        let created = server.send("PUT", &path, token, Some(&namespace)).await;
        assert_eq!(created.status, 200, "{}", created.body);
        subject.send(&subject.kind.get, None).await.assert_error(404, 2);
        let deleted = server.send("DELETE", &path, token, None).await;
        assert_eq!(deleted.status, 204, "{plural} were left: {}", deleted.body);
        subject.server.stop().await;
    }
}

#[tokio::test]
async fn discovery_lists_the_namespaced_kinds_of_the_document() {
    let server = TestServer::start().await;
    let served = server.send("GET", "/apis/core/v2", None, None).await.body;
    let served = served.as_array().expect("a list").iter();
    let served: BTreeSet<String> = served
        .filter(|kind| kind["namespaced"] == true)
        .map(|kind| kind["name"].as_str().expect("a name").to_owned())
        .collect();
    let documented = named_kinds().into_iter().filter(|kind| kind.is_namespaced);
    assert_eq!(served, documented.map(|kind| kind.plural).collect());
    server.stop().await;
}
