//! Runs the programs in `client/examples`.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;

use sensu_client::{ApiPrefix, Client, ConfigDir};
use sensu_server::{Limits, Tls};
use sensu_store::SystemClock;
use sensu_tests::TestServer;
use tracing::Level;
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::fmt::format::FmtSpan;

#[expect(dead_code, reason = "the tests call `run`, not `main`")]
#[path = "../../client/examples/backend.rs"]
mod backend;
#[expect(dead_code, reason = "the tests call `run`, not `main`")]
#[path = "../../client/examples/configuration.rs"]
mod configuration;
#[expect(dead_code, reason = "the tests call `run`, not `main`")]
#[path = "../../client/examples/credentials.rs"]
mod credentials;
#[expect(dead_code, reason = "the tests call `run`, not `main`")]
#[path = "../../client/examples/errors.rs"]
mod errors;
#[expect(dead_code, reason = "the tests call `run`, not `main`")]
#[path = "../../client/examples/quick_start.rs"]
mod quick_start;
#[expect(dead_code, reason = "the tests call `run`, not `main`")]
#[path = "../../client/examples/raw.rs"]
mod raw;
#[expect(dead_code, reason = "the tests call `run`, not `main`")]
#[path = "../../client/examples/tracing.rs"]
mod spans;
#[expect(dead_code, reason = "the tests call `run`, not `main`")]
#[path = "../../client/examples/trust.rs"]
mod trust;

#[test]
fn every_example_has_a_test() {
    let tests = include_str!("examples.rs");
    for entry in fs::read_dir(xtask::root().join("client/examples")).expect("a directory") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".rs")).expect("a source file");
        // A module `tracing` would shadow the crate.
        let module = if name == "tracing" { "spans" } else { name };
        assert!(tests.contains(&format!("{module}::run(")), "{name} has no test");
    }
}

#[tokio::test]
async fn quick_start_lists_its_event() {
    let server = TestServer::start().await;
    assert_eq!(quick_start::run(&server.url()).await.expect("runs"), 1);
    server.stop().await;
}

#[tokio::test]
async fn credentials_of_every_type_are_accepted() {
    let server = TestServer::start().await;
    assert_eq!(credentials::run(&server.url()).await.expect("runs"), [2, 2, 2, 2]);
    server.stop().await;
}

#[tokio::test]
async fn configuration_returns_a_token_and_logs_out() {
    let (server, temp) = (TestServer::start().await, tempfile::tempdir().expect("a directory"));
    let dir = ConfigDir::new(temp.path());
    let token = configuration::run(&server.url(), &dir).await.expect("runs");
    assert_eq!(token.split('.').count(), 3, "a JWT");
    let cluster = dir.read_cluster().expect("reads");
    assert_eq!((cluster.api_url, cluster.access_token), (server.url(), String::new()));
    server.stop().await;
}

#[tokio::test]
async fn errors_reports_the_messages_of_the_server() {
    let server = TestServer::start().await;
    let messages = errors::run(&server.url()).await.expect("runs");
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(messages[0].starts_with("not found: check "), "{}", messages[0]);
    assert!(messages[1].contains("name"), "{}", messages[1]);
    assert!(messages[2].starts_with("cannot reach the server: "), "{}", messages[2]);
    server.stop().await;
}

#[tokio::test]
async fn raw_lists_all_pages() {
    let server = TestServer::start().await;
    let names = raw::run(&server.url()).await.expect("runs");
    assert_eq!(names, ["sensu/cpu", "sensu/disk", "sensu/ntp"]);
    server.stop().await;
}

#[tokio::test]
async fn backend_detects_the_api_prefix() {
    let server = TestServer::start().await;
    assert_eq!(backend::run(&server.url()).await.expect("runs"), Some(ApiPrefix::Apis));
    server.stop().await;
}

#[tokio::test]
async fn tracing_logs_a_span_per_call_without_secrets() {
    let server = TestServer::start().await;
    let log = tempfile::NamedTempFile::new().expect("a file");
    // While only one subscriber exists, the thread that first reaches a call site decides for all
    // threads whether it is enabled; that thread may belong to a test without a subscriber.
    let _second_subscriber = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(Arc::new(File::create(log.path()).expect("opens")))
        .finish();
    spans::run(&server.url()).with_subscriber(subscriber).await.expect("runs");
    let text = fs::read_to_string(log.path()).expect("text");
    for span in [
        "sensu_request{operation=\"namespace_list\" method=GET path=\"/apis/core/v2/namespaces\" status=200}",
        "sensu_request{operation=\"check_get\" method=GET path=\"/apis/core/v2/namespaces/default/checks/missing\" status=404}",
    ] {
        let closes = |line: &str| line.contains(span) && line.contains("close");
        assert!(text.lines().any(closes), "no span {span}: {text}");
    }
    assert!(!text.contains("P@ssw0rd!") && !text.contains("eyJ"), "a secret is logged: {text}");
    server.stop().await;
}

#[tokio::test]
async fn trust_rejects_a_certificate_of_an_unknown_ca() {
    let temp = tempfile::tempdir().expect("a directory");
    let certified =
        rcgen::generate_simple_self_signed(["127.0.0.1".into()]).expect("a certificate");
    let write = |name: &str, pem: String| -> PathBuf {
        let file = temp.path().join(name);
        fs::write(&file, pem).expect("writes");
        file
    };
    let cert_file = write("cert.pem", certified.cert.pem());
    let key_file = write("key.pem", certified.signing_key.serialize_pem());
    let tls = Tls { cert_file: cert_file.clone(), key_file };
    let server = TestServer::start_with_tls(Limits::default(), Arc::new(SystemClock), tls).await;
    let error = trust::run(&server.url(), &cert_file).await.expect("runs");
    assert!(error.contains("certificate"), "{error}");
    let unverified = Client::builder().base_url(server.url()).danger_accept_invalid_certs(true);
    unverified.basic_auth("admin", "P@ssw0rd!").log_in().await.expect("accepts any certificate");
    server.stop().await;
}
