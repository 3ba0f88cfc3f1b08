//! TLS: trusted CA certificates, and the stored settings.

use std::sync::Arc;

use sensu_server::{Limits, Tls};
use sensu_store::SystemClock;
use sensu_tests::TestServer;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::support::{Home, runtime};

/// A server whose certificate is signed by a CA of its own, `ca.pem`.
fn start_tls_server(home: &Home) -> (Runtime, TestServer) {
    let ca_key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "Test CA");
    home.write("ca.pem", &params.self_signed(&ca_key).expect("a certificate").pem());
    let issuer = rcgen::Issuer::new(params, ca_key);

    let key = rcgen::KeyPair::generate().expect("a key");
    let server = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    let server = server.signed_by(&key, &issuer).expect("a certificate");
    home.write("cert.pem", &server.pem());
    home.write("key.pem", &key.serialize_pem());

    let runtime = runtime();
    let file = |name| home.path().join(name);
    let tls = Tls { cert_file: file("cert.pem"), key_file: file("key.pem") };
    let server = TestServer::start_with_tls(Limits::default(), Arc::new(SystemClock), tls);
    let server = runtime.block_on(server);
    (runtime, server)
}

fn configure(url: &str, flags: &str) -> String {
    format!("configure -n --url {url} --username admin --password P@ssw0rd! --format json {flags}")
}

const NAMESPACES: &str = "[\n  {\n    \"name\": \"default\"\n  }\n]\n";

#[test]
fn an_unknown_ca_is_rejected() {
    let home = Home::new();
    let (_runtime, server) = start_tls_server(&home);
    let output = home.run(&configure(&server.url(), ""), "");
    assert_eq!(output.code, 1);
    assert!(output.stderr.starts_with("Error: cannot reach the server: "), "{}", output.stderr);
    assert!(output.stderr.contains("certificate"), "{}", output.stderr);
    assert!(!home.config_dir().join("cluster").exists());
}

#[test]
fn a_trusted_ca_file_is_stored_and_can_be_overridden() {
    let home = Home::new();
    let (_runtime, server) = start_tls_server(&home);
    home.run(&configure(&server.url(), "--trusted-ca-file ca.pem"), "").ok();
    assert_eq!(home.config_file("cluster")["trusted-ca-file"], "ca.pem");
    assert_eq!(home.run("namespace list", "").ok(), NAMESPACES);
    // The flag replaces the stored file.
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("made");
    home.write("other.pem", &other.cert.pem());
    let output = home.run("--trusted-ca-file other.pem namespace list", "");
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("certificate"), "{}", output.stderr);
    let output = home.run("--trusted-ca-file none.pem namespace list", "");
    assert!(output.stderr.contains("none.pem"), "{}", output.stderr);
    let output = home.run("--trusted-ca-file key.pem namespace list", "");
    assert!(output.stderr.contains("key.pem contains no PEM certificate"), "{}", output.stderr);
}

#[test]
fn insecure_skip_tls_verify_is_stored() {
    let home = Home::new();
    let (_runtime, server) = start_tls_server(&home);
    home.run(&configure(&server.url(), "--insecure-skip-tls-verify"), "").ok();
    assert_eq!(home.config_file("cluster")["insecure-skip-tls-verify"], json!(true));
    assert_eq!(home.run("namespace list", "").ok(), NAMESPACES);
}
