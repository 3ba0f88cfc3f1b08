//! Servers with a certificate: whom `sensuctl` trusts, and what it remembers of that.

use std::sync::Arc;

use sensu_server::{Limits, Tls};
use sensu_store::SystemClock;
use sensu_tests::TestServer;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::program::{Home, runtime};

/// A server with a certificate that an authority of its own has signed.
fn secure(home: &Home) -> (Runtime, TestServer) {
    let authority = rcgen::KeyPair::generate().expect("a key");
    let mut about = rcgen::CertificateParams::default();
    about.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    about.distinguished_name.push(rcgen::DnType::CommonName, "Our own authority");
    home.write("ca.pem", &about.self_signed(&authority).expect("a certificate").pem());
    let issuer = rcgen::Issuer::new(about, authority);

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
fn strangers_are_not_trusted() {
    let home = Home::new();
    let (_runtime, server) = secure(&home);
    let ran = home.run(&configure(&server.url(), ""), "");
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("Error: cannot reach the server: "), "{}", ran.err);
    assert!(ran.err.contains("certificate"), "{}", ran.err);
    assert!(!home.configuration().join("cluster").exists());
}

#[test]
fn an_authority_is_trusted_from_the_log_in_on() {
    let home = Home::new();
    let (_runtime, server) = secure(&home);
    home.run(&configure(&server.url(), "--trusted-ca-file ca.pem"), "").ok();
    assert_eq!(home.kept("cluster")["trusted-ca-file"], "ca.pem");
    assert_eq!(home.run("namespace list", "").ok(), NAMESPACES);
    // Another file in its place: the flag is heard, and its certificate is not the one.
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("made");
    home.write("other.pem", &other.cert.pem());
    let ran = home.run("--trusted-ca-file other.pem namespace list", "");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("certificate"), "{}", ran.err);
    let ran = home.run("--trusted-ca-file none.pem namespace list", "");
    assert!(ran.err.contains("none.pem"), "{}", ran.err);
    let ran = home.run("--trusted-ca-file key.pem namespace list", "");
    assert!(ran.err.contains("key.pem contains no PEM certificate"), "{}", ran.err);
}

#[test]
fn who_wants_can_trust_anybody() {
    let home = Home::new();
    let (_runtime, server) = secure(&home);
    home.run(&configure(&server.url(), "--insecure-skip-tls-verify"), "").ok();
    assert_eq!(home.kept("cluster")["insecure-skip-tls-verify"], json!(true));
    assert_eq!(home.run("namespace list", "").ok(), NAMESPACES);
}
