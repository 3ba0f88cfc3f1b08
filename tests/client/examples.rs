//! The examples of the library, run as they are.

use std::path::PathBuf;
use std::sync::Arc;

use sensu_client::Prefix;
use sensu_client::config::Directory;
use sensu_server::{Limits, Tls};
use sensu_store::SystemClock;
use sensu_tests::TestServer;

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
#[path = "../../client/examples/trust.rs"]
mod trust;

#[test]
fn every_example_is_run_here() {
    let folder = xtask::root().join("client/examples");
    let here = include_str!("examples.rs");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".rs")).expect("a source");
        assert!(here.contains(&format!("{name}::run(")), "{name} is not run");
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
    let directory = Directory::at(folder.path());
    let token = configuration::run(&server.url(), &directory).await.expect("runs");
    assert_eq!(token.split('.').count(), 3, "a JWT");
    let cluster = directory.cluster().expect("there");
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
    assert_eq!(backend::run(&server.url()).await.expect("runs"), Some(Prefix::Apis));
    server.stop().await;
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
    let server = TestServer::secure(Limits::default(), Arc::new(SystemClock), tls).await;
    let told = trust::run(&server.url(), &cert_file).await.expect("runs");
    assert!(told.contains("certificate"), "{told}");
    let careless = sensu_client::Client::builder().address(server.url()).skip_verify(true);
    careless.user("admin", "P@ssw0rd!").log_in().await.expect("accepts anything");
    server.stop().await;
}
