//! Content negotiation (gzip) and conditional requests (`ETag`, 304) for the served documents.

use std::fs;

use reqwest::header::{ACCEPT_ENCODING, ETAG, IF_NONE_MATCH};
use sensu_tests::TestServer;

/// Paths, media types, and the files that they serve.
const SERVED: [(&str, &str, &str); 10] = [
    ("/openapi.json", "application/json", "openapi/sensu-core-v2.json"),
    ("/apis/core/v2/openapi.json", "application/json", "openapi/sensu-core-v2.json"),
    ("/api/core/v2/openapi.json", "application/json", "openapi/sensu-core-v2.json"),
    ("/openapi.yaml", "application/yaml", "openapi/sensu-core-v2.yaml"),
    ("/openapi-3.1.json", "application/json", "openapi/sensu-core-v2.3.1.json"),
    ("/docs", "text/html; charset=utf-8", "server/docs-ui/index.html"),
    ("/docs/start.js", "text/javascript; charset=utf-8", "server/docs-ui/start.js"),
    ("/docs/style.css", "text/css", "server/docs-ui/style.css"),
    ("/docs/scalar.js", "text/javascript; charset=utf-8", "server/docs-ui/scalar.js.gz"),
    ("/docs/LICENSE-scalar", "text/plain; charset=utf-8", "server/docs-ui/LICENSE-scalar"),
];

/// The content of a committed file, or of one that is derived from the committed document.
fn expected(file: &str) -> Vec<u8> {
    let read = |file: &str| fs::read(xtask::root().join(file)).expect("the file can be read");
    let document = || String::from_utf8(read("openapi/sensu-core-v2.json")).expect("text");
    match file {
        "openapi/sensu-core-v2.yaml" => {
            sensu_server::openapi_yaml(&document()).expect("YAML").into_bytes()
        }
        "openapi/sensu-core-v2.3.1.json" => {
            sensu_server::openapi_v3_1(&document()).expect("OpenAPI 3.1").into_bytes()
        }
        "server/docs-ui/index.html" => String::from_utf8(read(file))
            .expect("text")
            .replace("{version}", env!("CARGO_PKG_VERSION"))
            .replace("{repository}", env!("CARGO_PKG_REPOSITORY"))
            .into_bytes(),
        committed => read(committed),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn served_documents_are_committed_or_derived_from_the_committed_document() {
    let server = TestServer::start().await;
    let http = reqwest::Client::new();
    for (path, media_type, file) in SERVED {
        let get = || http.get(format!("{}{path}", server.url()));
        let committed = expected(file);
        let packed = get().header(ACCEPT_ENCODING, "br, gzip").send().await.expect("a response");
        assert_eq!(packed.status(), 200, "{path}");
        assert_eq!(packed.headers()["content-type"], media_type, "{path}");
        assert_eq!(packed.headers()["content-encoding"], "gzip", "{path}");
        let tag = packed.headers()[ETAG].clone();
        let packed = packed.bytes().await.expect("a body");
        if file.ends_with(".gz") {
            assert!(packed == committed, "{path} is not {file}");
        } else {
            assert!(packed.len() < committed.len(), "{path} is not compressed");
            let plain = get().header(ACCEPT_ENCODING, "gzip;q=0").send().await;
            let plain = plain.expect("a response");
            assert!(!plain.headers().contains_key("content-encoding"), "{path}");
            assert_ne!(plain.headers()[ETAG], tag, "{path}: one tag for two encodings");
            assert!(plain.bytes().await.expect("a body") == committed, "{path} is not {file}");
        }
        let head = http.head(format!("{}{path}", server.url())).send().await.expect("a response");
        assert_eq!(
            (head.status().as_u16(), &head.headers()["content-type"]),
            (200, &media_type.parse().expect("a value"))
        );
        assert!(head.headers().contains_key(ETAG) && head.headers().contains_key("content-length"));
        assert_eq!(head.bytes().await.expect("no body").len(), 0, "{path}");
        let again = get().header(ACCEPT_ENCODING, "gzip").header(IF_NONE_MATCH, tag).send().await;
        let again = again.expect("a response");
        assert_eq!(again.status(), 304, "{path}");
        assert_eq!(again.bytes().await.expect("a body").len(), 0, "{path}");
    }
    let unknown = server.send("GET", "/docs/nothing.js", None, None).await;
    unknown.assert_error(404, 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_docs_page_loads_nothing_from_another_host() {
    let server = TestServer::start().await;
    let page = server.send("GET", "/docs", None, None).await;
    let policy = page.header("content-security-policy");
    for rule in
        ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "form-action 'none'"]
    {
        assert!(policy.split(';').any(|part| part.trim() == rule), "{rule} is not in {policy}");
    }
    let html = page.body.as_str().expect("a page");
    // Links of `<a>` are followed by people only.
    let loaded = html.split('<').filter(|tag| tag.starts_with("link ") || tag.contains(" src="));
    let mut loaded = loaded.flat_map(|tag| tag.split('"').skip(1).step_by(2));
    assert!(loaded.all(|value| !value.contains("//")), "the page loads from another host");
    server.stop().await;
}
