//! Agents that connect over TLS.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use sensu_server::{AgentSettings, Limits, Tls};
use sensu_store::SystemClock;
use sensu_test_agent::{Agent, AgentOptions, Received};
use sensu_tests::TestServer;

use crate::support::{limits, receive};

#[tokio::test(flavor = "multi_thread")]
async fn agents_connect_over_tls_and_verify_the_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let certified =
        rcgen::generate_simple_self_signed(["127.0.0.1".into()]).expect("a certificate");
    let write = |name: &str, pem: String| {
        let file = folder.path().join(name);
        std::fs::write(&file, pem).expect("is written");
        file
    };
    let tls = Tls {
        cert_file: write("cert.pem", certified.cert.pem()),
        key_file: write("key.pem", certified.signing_key.serialize_pem()),
    };
    let agents = AgentSettings { tls: Some(tls), ..AgentSettings::default() };
    let limits = Limits { agents: Some(agents), ..limits() };
    let server = TestServer::start_with(limits, Arc::new(SystemClock)).await;
    let options = |trusted: Option<&CertificateDer<'static>>| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(trusted.cloned());
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let url = server.agent_url().replace("ws://", "wss://");
        AgentOptions { tls: Some(Arc::new(config)), ..AgentOptions::new(url, "web") }
    };
    let mut agent = Agent::connect(options(Some(certified.cert.der()))).await.expect("connects");
    assert!(matches!(receive(&mut agent).await, Received::EntityConfig(_)));
    assert!(Agent::connect(options(None)).await.is_err(), "the certificate is not trusted");
    let unencrypted = AgentOptions::new(server.agent_url(), "web");
    assert!(Agent::connect(unencrypted).await.is_err());
}
