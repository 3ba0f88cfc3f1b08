//! TLS connections to the database: `sslmode` and `sslrootcert` work as in libpq.

use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::{Store as _, SystemClock};
use sensu_tests_postgres::{Postgres, installed};

/// A new certificate authority.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a certificate")
}

async fn connect(url: &str) -> Result<(), String> {
    let options = PostgresOptions::default();
    let store = PostgresStore::open(url, options, Arc::new(SystemClock)).await;
    let store = store.map_err(|error| error.to_string())?;
    let health = store.health().await;
    store.close().await;
    health.failure.map_or(Ok(()), Err)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_of_the_database_is_verified_according_to_sslmode() {
    if !installed() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let (trusted, other) = (authority(), authority());
    let file = |name: &str, authority: &CertifiedIssuer<'static, KeyPair>| {
        let path = dir.path().join(name);
        std::fs::write(&path, authority.pem()).expect("writes");
        path.to_str().expect("valid UTF-8").to_owned()
    };
    let (trusted_file, other_file) = (file("trusted.pem", &trusted), file("other.pem", &other));
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".into()]).expect("a name");
    let certificate = params.signed_by(&key, &trusted).expect("a certificate").pem();

    // A port that was free until now.
    let port =
        TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let listen = format!("port={port}");
    let settings = [
        "listen_addresses=localhost",
        &listen,
        "ssl=on",
        "ssl_cert_file={dir}/server.crt",
        "ssl_key_file={dir}/server.key",
        "hba_file={dir}/hba.conf",
    ];
    let rules =
        "local all all trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";
    let key = key.serialize_pem();
    let files = [("server.crt", &*certificate), ("server.key", &key), ("hba.conf", rules)];
    let postgres = Postgres::start_with(&settings, &files);

    let at = |host: &str, query: &str| format!("postgres://sensu@{host}:{port}/postgres?{query}");
    let plain = connect(&at("localhost", "sslmode=disable")).await;
    assert!(plain.is_err(), "the database accepts connections without TLS: this tests nothing");
    for (host, query) in [
        ("localhost", "sslmode=require".to_owned()),
        ("localhost", format!("sslmode=require&sslrootcert={trusted_file}")),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={trusted_file}")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={trusted_file}")),
        // The certificate is not for this host name, which verify-ca ignores.
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={trusted_file}")),
    ] {
        assert_eq!(connect(&at(host, &query)).await, Ok(()), "{host} {query}");
    }
    for (host, query) in [
        // Signed by an authority that is not trusted.
        ("localhost", format!("sslmode=require&sslrootcert={other_file}")),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={other_file}")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={other_file}")),
        // Signed by none of the authorities of the system.
        ("localhost", "sslmode=verify-full".to_owned()),
        // For another host name.
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={trusted_file}")),
    ] {
        let rejected = connect(&at(host, &query)).await.expect_err("is rejected");
        assert!(rejected.contains("certificate"), "{host} {query}: {rejected}");
    }
    let missing = connect(&at("localhost", "sslmode=verify-full&sslrootcert=/none.pem")).await;
    assert!(missing.expect_err("is rejected").contains("/none.pem"));
    drop(postgres);
}
