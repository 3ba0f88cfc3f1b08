//! Pages of lists: limited in size, complete, and consistent during concurrent writes (D12, D13).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sensu_client::{Client, Method, Session, core_path};
use sensu_server::Limits;
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Key, MemoryStore, Operation, Store, SystemClock, Txn};
use sensu_tests::{ObservedStore, TestServer};
use serde_json::{Value, json};

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";
const LIMIT: usize = 512_000;

/// Reads a list to its end. Returns the name of each item, in order.
async fn read_all(
    server: &TestServer,
    token: &str,
    path: &str,
    name: impl Fn(&Value) -> String,
) -> Vec<String> {
    let (mut names, mut next) = (Vec::new(), path.to_owned());
    loop {
        let page = server.send("GET", &next, Some(token), None).await;
        assert_eq!(page.status, 200, "{:?}", page.body);
        assert!(page.body.to_string().len() <= LIMIT, "a page above the limit");
        names.extend(page.body.as_array().expect("a list").iter().map(&name));
        let link = page.header("link");
        if link.is_empty() {
            assert_eq!(page.header("sensu-continue"), "", "a token without a link");
            return names;
        }
        let (address, relation) = link.split_once(">; ").expect("a link");
        assert_eq!(relation, "rel=\"next\"");
        next = address.trim_start_matches('<').to_owned();
    }
}

fn entity_of(event: &Value) -> String {
    event["entity"]["metadata"]["name"].as_str().expect("a name").to_owned()
}

/// Writes many objects to the store directly, as the server would store them.
async fn fill(
    server: &TestServer,
    collection: &str,
    items: impl Iterator<Item = (Vec<String>, Value)>,
) {
    let mut operations = Vec::new();
    for (segments, value) in items {
        let key = Key::new(collection, segments.iter().map(String::as_str)).expect("a key");
        let value = value.to_string().into_bytes().into();
        operations.push(Operation::Put { key, value, flags: 0, expires_at: None });
    }
    for batch in operations.chunks(1_000) {
        let txn = Txn { operations: batch.to_vec(), ..Txn::default() };
        server.store.commit(txn).await.expect("commits");
    }
}

fn event(entity: &str) -> Value {
    json!({
        "timestamp": 1,
        "entity": { "entity_class": "proxy", "metadata": { "name": entity, "namespace": "default" } },
        "check": { "interval": 10, "output": "x".repeat(300),
                   "metadata": { "name": "c", "namespace": "default" } },
        "metadata": {},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_skipped_or_repeated_during_concurrent_writes() {
    let clock = || Arc::new(SystemClock);
    let folder = tempfile::tempdir().expect("a folder");
    let embedded = SqliteStore::open(folder.path(), SqliteOptions::default(), clock());
    let stores: [Arc<dyn Store>; 2] =
        [Arc::new(MemoryStore::new(clock())), Arc::new(embedded.expect("opens"))];
    for store in stores {
        read_among_writers(store).await;
    }
}

/// Reads a list of 10,000 events while others between them are created and deleted.
async fn read_among_writers(store: Arc<dyn Store>) {
    const WRITES: usize = 400;
    let engine = store.health().await.engine;
    let server = TestServer::start_over(store, Limits::default(), Arc::new(SystemClock)).await;
    let token: Arc<str> = server.token().await.into();
    let server = Arc::new(server);
    let name = |n: usize| format!("e{n:05}");
    // Every second name stays; the others are created and deleted.
    let stay: BTreeSet<String> = (0..10_000).map(|n| name(2 * n)).collect();
    let items = stay
        .iter()
        .map(|name| (vec!["default".to_owned(), name.clone(), "c".to_owned()], event(name)));
    fill(&server, "events", items).await;

    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (server, token) = (Arc::clone(&server), Arc::clone(&token));
            let (stop, written) = (Arc::clone(&stop), Arc::clone(&written));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let (n, removes) = (rand::random_range(0..10_000), rand::random());
                    let path = format!("{EVENTS}/{}/c", name(2 * n + 1));
                    let body = event(&name(2 * n + 1));
                    let put = server.send("PUT", &path, Some(&token), Some(&body)).await;
                    assert_eq!(put.status, 200, "{:?}", put.body);
                    if removes {
                        server.send("DELETE", &path, Some(&token), None).await;
                    }
                    written.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    // Objects of the writers that were read: proof that the reads and the writes were concurrent.
    let mut others = 0;
    while written.load(Ordering::Relaxed) < WRITES || others == 0 {
        let seen = read_all(&server, &token, EVENTS, entity_of).await;
        assert!(seen.is_sorted(), "{engine}: in order");
        let unique: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(unique.len(), seen.len(), "{engine}: an event came twice");
        let missed: Vec<_> = stay.difference(&unique).collect();
        assert_eq!(missed, Vec::<&String>::new(), "{engine}");
        others += seen.len() - stay.len();
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("writes to the end");
    }
}

/// Reads a list, and asserts that each page reads hardly more from the store than it returns.
async fn read_without_reading_ahead(
    collection: &'static str,
    count: usize,
    paths: &[&str],
    item: impl Fn(usize) -> (Vec<String>, Value),
) {
    let store =
        Arc::new(ObservedStore::new(Arc::new(MemoryStore::new(Arc::new(SystemClock))), collection));
    let clock = Arc::new(SystemClock);
    let server = TestServer::start_over(store.clone(), Limits::default(), clock).await;
    let token = server.token().await;
    let largest = (0..count).map(|n| item(n).1.to_string().len()).max().unwrap_or(0);
    fill(&server, collection, (0..count).map(item)).await;
    for path in paths {
        let (mut seen, mut pages, mut next) = (0, 0, (*path).to_owned());
        while !next.is_empty() {
            store.take_counts();
            let page = server.send("GET", &next, Some(&token), None).await;
            assert_eq!(page.status, 200, "{:?}", page.body);
            let returned = page.body.as_array().expect("a list").len();
            let (entries, bytes) = store.take_counts();
            // The store does not count commas: it may return a few small objects that do not fit.
            assert!(
                entries <= returned + 8,
                "{path}: {entries} entries were read to return {returned}"
            );
            assert!(bytes <= LIMIT + largest, "{path}: {bytes} bytes were read for a page");
            (seen, pages) = (seen + returned, pages + 1);
            let link = page.header("link").split_once(">; ");
            next = link.map_or("", |(address, _)| address.trim_start_matches('<')).to_owned();
        }
        assert_eq!(seen, count, "{path}");
        assert!(pages > 5, "{path}: {pages} pages");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_ten_thousand_events_reads_only_that_page() {
    let item = |n: usize| {
        let name = format!("e{n:05}");
        (vec!["default".to_owned(), name.clone(), "c".to_owned()], event(&name))
    };
    read_without_reading_ahead("events", 10_000, &[EVENTS, "/apis/core/v2/events"], item).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_fifty_thousand_checks_reads_only_that_page() {
    let item = |n: usize| {
        let name = format!("c{n:05}");
        let metadata = json!({ "name": name, "namespace": "default" });
        let check = json!({ "command": "true", "interval": 60, "metadata": metadata });
        (vec!["default".to_owned(), name], check)
    };
    let paths = ["/apis/core/v2/namespaces/default/checks", "/apis/core/v2/checks"];
    read_without_reading_ahead("checks", 50_000, &paths, item).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_requests_pages_on_demand() {
    use futures::{StreamExt as _, TryStreamExt as _};

    let server = TestServer::start().await;
    let client = server.as_admin().await;
    let items = (0..2_000).map(|n| {
        let name = format!("e{n:04}");
        (vec!["default".to_owned(), name.clone(), "c".to_owned()], event(&name))
    });
    fill(&server, "events", items).await;
    let requests = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&requests);
    let session = Session::from_tokens(client.tokens().expect("logged in")).with_observer(
        Arc::new(move |_| {
            counting.fetch_add(1, Ordering::Relaxed);
        }),
    );
    let client = Client::new(&server.url(), session);
    let events = || client.event_list().limit(300).stream();
    let all: Vec<_> = events().try_collect().await.expect("reads all pages");
    assert_eq!((all.len(), requests.swap(0, Ordering::Relaxed)), (2_000, 7));
    let few: Vec<_> = events().take(10).collect().await;
    assert_eq!((few.len(), requests.swap(0, Ordering::Relaxed)), (10, 1), "no page in advance");
    let raw = client.raw(Method::GET, core_path(["events"])).query("limit", "300").stream();
    let raw: Vec<_> = raw.try_collect().await.expect("reads all pages");
    assert_eq!((raw.len(), requests.load(Ordering::Relaxed)), (2_000, 7));
    let (first, last) = (&raw[0]["entity"]["metadata"], &raw[1999]["entity"]["metadata"]);
    assert_eq!((&first["name"], &last["name"]), (&"e0000".into(), &"e1999".into()));
    server.stop().await;
}

#[tokio::test]
async fn a_continue_token_names_only_what_the_page_contains() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let put = async |path: &str, body: &Value| {
        let path = format!("/apis/core/v2/{path}");
        let response = server.send("PUT", &path, Some(&admin), Some(body)).await;
        assert_eq!(response.status, 200, "{}", response.body);
    };
    // By default every user may list all namespaces.
    let all = "/apis/core/v2/clusterrolebindings/system:user";
    assert_eq!(server.send("DELETE", all, Some(&admin), None).await.status, 204);
    for namespace in ["aaa", "mmm-hidden", "zzz"] {
        put(&format!("namespaces/{namespace}"), &json!({ "name": namespace })).await;
        let binding = json!({ "subjects": [{ "type": "User", "name": "agent" }],
            "role_ref": { "type": "ClusterRole", "name": "view" } });
        if namespace != "mmm-hidden" {
            put(&format!("namespaces/{namespace}/rolebindings/view"), &binding).await;
        }
    }
    for (subscription, check) in [("a1", "cpu"), ("b-hidden", "mem"), ("c1", "cpu")] {
        let path = format!("namespaces/aaa/silenced/{subscription}:{check}");
        put(&path, &json!({ "subscription": subscription, "check": check })).await;
    }
    let agent = server.token_of("agent").await;
    for (path, expected) in [
        ("/apis/core/v2/namespaces", 2),
        ("/apis/core/v2/namespaces/aaa/silenced/checks/cpu", 2),
        ("/apis/core/v2/namespaces/aaa/silenced?fieldSelector=silenced.check%20%3D%3D%20cpu", 2),
    ] {
        let (mut found, mut token) = (0, String::new());
        loop {
            let query = if path.contains('?') { '&' } else { '?' };
            let next = format!("{path}{query}limit=1&continue={token}");
            let page = server.send("GET", &next, Some(&agent), None).await;
            assert_eq!(page.status, 200, "{}", page.body);
            found += page.body.as_array().expect("a list").len();
            page.header("sensu-continue").clone_into(&mut token);
            if token.is_empty() {
                break;
            }
            let key = URL_SAFE_NO_PAD.decode(&token).expect("a token");
            let key = String::from_utf8(key).expect("a key");
            assert!(!key.contains("hidden"), "{path}: {key:?}");
        }
        assert_eq!(found, expected, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn limit_and_continue_are_validated() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let path = "/apis/core/v2/clusterroles";
    let get = |query: &'static str| {
        let (server, token) = (&server, &token);
        async move { server.send("GET", &format!("{path}{query}"), Some(token), None).await }
    };
    let all = get("").await;
    assert_eq!(get("?limit=0").await.body, all.body);
    let two = get("?limit=2").await;
    assert_eq!(two.body.as_array().expect("a list").len(), 2);
    assert!(!two.header("sensu-continue").is_empty());
    assert_eq!(get("?limit=6").await.header("sensu-continue"), "", "the page has all six");
    for bad in
        ["?limit=-1", "?limit=x", "?continue=no+token", "?continue=abcde", "?limit=1&limit=2"]
    {
        get(bad).await.assert_error(400, 1);
    }
    server.stop().await;
}
