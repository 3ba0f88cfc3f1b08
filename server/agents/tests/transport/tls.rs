//! Encrypted connections.

use std::sync::Arc;

use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sensu_agents::Settings;
use sensu_test_agent::{Agent, AgentOptions};

use crate::support::{Server, check, eventually};

#[tokio::test]
async fn agents_connect_with_tls() {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let server = Server::launch(Settings::default(), Vec::new(), |listener| {
        listener.with_tls(Arc::new(config))
    });
    let server = server.await;
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let url = format!("wss://localhost:{}", server.address.port());
    let options = AgentOptions { tls: Some(Arc::new(tls)), ..AgentOptions::new(url, "web") };
    let mut agent = Agent::connect(options).await.unwrap();
    agent.send_check(check("cpu")).await.unwrap();
    eventually(|| server.checks() == ["cpu"], || format!("{:?}", server.calls())).await;
    assert!(server.service.hellos.lock().unwrap().iter().all(|hello| hello.is_tls));
    assert!(Agent::connect(server.options("plain")).await.is_err());
}
