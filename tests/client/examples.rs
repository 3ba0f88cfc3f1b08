//! The examples of the library, run as they are.

use std::path::PathBuf;
use std::sync::Arc;

use sensu_client::ApiPrefix;
use sensu_client::config::ConfigDir;
use sensu_server::{Limits, Tls};
use sensu_store::SystemClock;
use sensu_tests::TestServer;
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::fmt::format::FmtSpan;

#[expect(dead_code, reason = "its main is for people")]
#[path = "../../client/examples/backend.rs"]
mod backend;
#[expect(dead_code, reason = "its main is for people")]
#[path = "../../client/examples/configuration.rs"]
mod configuration;
#[expect(dead_code, reason = "its main is for people")]
#[path = "../../client/examples/credentials.rs"]
mod credentials;
#[expect(dead_code, reason = "its main is for people")]
#[path = "../../client/examples/errors.rs"]
mod errors;
#[expect(dead_code, reason = "its main is for people")]
#[path = "../../client/examples/quick_start.rs"]
mod quick_start;
#[expect(dead_code, reason = "its main is for people")]
#[path = "../../client/examples/raw.rs"]
mod raw;
#[expect(dead_code, reason = "its main is for people")]
#[path = "../../client/examples/tracing.rs"]
mod spans;
#[expect(dead_code, reason = "its main is for people")]
#[path = "../../client/examples/trust.rs"]
mod trust;

#[test]
fn every_example_is_run_here() {
    let folder = xtask::root().join("client/examples");
    let here = include_str!("examples.rs");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".rs")).expect("a source");
        // A module called `tracing` would hide the library.
        let module = if name == "tracing" { "spans" } else { name };
        assert!(here.contains(&format!("{module}::run(")), "{name} is not run");
    }
}

#[tokio::test]
async fn the_quick_start_finds_its_event() {
    let server = TestServer::start().await;
    assert_eq!(quick_start::run(&server.url()).await.expect("runs"), 1);
    server.stop().await;
}

#[tokio::test]
async fn all_credentials_open_the_door() {
    let server = TestServer::start().await;
    assert_eq!(credentials::run(&server.url()).await.expect("runs"), [2, 2, 2, 2]);
    server.stop().await;
}

#[tokio::test]
async fn the_configuration_is_left_logged_out() {
    let (server, folder) = (TestServer::start().await, tempfile::tempdir().expect("a folder"));
    let directory = ConfigDir::new(folder.path());
    let token = configuration::run(&server.url(), &directory).await.expect("runs");
    assert_eq!(token.split('.').count(), 3, "a JWT");
    let cluster = directory.read_cluster().expect("there");
    assert_eq!((cluster.api_url, cluster.access_token), (server.url(), String::new()));
    server.stop().await;
}

#[tokio::test]
async fn errors_say_what_is_wrong() {
    let server = TestServer::start().await;
    let told = errors::run(&server.url()).await.expect("runs");
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0], "not found");
    assert!(told[1].contains("name"), "{}", told[1]);
    assert!(told[2].starts_with("cannot reach the server: "), "{}", told[2]);
    server.stop().await;
}

#[tokio::test]
async fn raw_lists_are_complete() {
    let server = TestServer::start().await;
    let names = raw::run(&server.url()).await.expect("runs");
    assert_eq!(names, ["sensu/cpu", "sensu/disk", "sensu/ntp"]);
    server.stop().await;
}

#[tokio::test]
async fn our_prefix_is_found() {
    let server = TestServer::start().await;
    assert_eq!(backend::run(&server.url()).await.expect("runs"), Some(ApiPrefix::Apis));
    server.stop().await;
}

#[tokio::test]
async fn calls_are_spans() {
    let server = TestServer::start().await;
    let seen = Lines::default();
    // With one subscriber alone, whichever thread comes first to a call decides for all whether
    // anybody listens there; that may be one of another test, where nobody does.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(seen.clone())
        .finish();
    spans::run(&server.url()).with_subscriber(subscriber).await.expect("runs");
    let text = String::from_utf8(seen.0.lock().expect("not poisoned").clone()).expect("text");
    let closed =
        |call: &str| text.lines().any(|line| line.contains(call) && line.contains("close"));
    for call in [
        "sensu_request{operation=\"namespace_list\" method=GET path=\"/apis/core/v2/namespaces\" status=200}",
        "sensu_request{operation=\"check_get\" method=GET path=\"/apis/core/v2/namespaces/default/checks/no-such-check\" status=404}",
    ] {
        assert!(closed(call), "no span {call}: {text}");
    }
    assert!(!text.contains("P@ssw0rd!") && !text.contains("eyJ"), "a secret is logged: {text}");
    server.stop().await;
}

/// Where log lines go.
#[derive(Clone, Default)]
struct Lines(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn certificates_are_verified() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".into()]).expect("a certificate");
    let write = |name: &str, text: String| -> PathBuf {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        file
    };
    let cert_file = write("cert.pem", made.cert.pem());
    let key_file = write("key.pem", made.signing_key.serialize_pem());
    let tls = Tls { cert_file: cert_file.clone(), key_file };
    let server = TestServer::start_with_tls(Limits::default(), Arc::new(SystemClock), tls).await;
    let told = trust::run(&server.url(), &cert_file).await.expect("runs");
    assert!(told.contains("certificate"), "{told}");
    let careless =
        sensu_client::Client::builder().base_url(server.url()).danger_accept_invalid_certs(true);
    careless.basic_auth("admin", "P@ssw0rd!").log_in().await.expect("accepts anything");
    server.stop().await;
}
