//! A database that is reached through TLS only: what `sslmode` and `sslrootcert` promise holds.

use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::{Store as _, SystemClock};
use sensu_tests_postgres::{Postgres, installed};

/// An authority of one's own.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a certificate")
}

async fn tried(url: &str) -> Result<(), String> {
    let options = PostgresOptions::default();
    let store = PostgresStore::open(url, options, Arc::new(SystemClock)).await;
    let store = store.map_err(|error| error.to_string())?;
    let health = store.health().await;
    store.close().await;
    health.failure.map_or(Ok(()), Err)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_proves_who_it_is_if_it_is_asked_to() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (ours, strangers) = (authority(), authority());
    let file = |name: &str, authority: &CertifiedIssuer<'static, KeyPair>| {
        let path = folder.path().join(name);
        std::fs::write(&path, authority.pem()).expect("writes");
        path.to_str().expect("plain text").to_owned()
    };
    let (trusted, unrelated) = (file("ours.pem", &ours), file("strangers.pem", &strangers));
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".into()]).expect("a name");
    let certificate = params.signed_by(&key, &ours).expect("a certificate").pem();

    // A port that was free a moment ago.
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
    let plain = tried(&at("localhost", "sslmode=disable")).await;
    assert!(plain.is_err(), "the database takes connections without TLS: this tests nothing");
    for (host, query) in [
        ("localhost", "sslmode=require".to_owned()),
        ("localhost", format!("sslmode=require&sslrootcert={trusted}")),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={trusted}")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={trusted}")),
        // Vouched for, whatever it is called.
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={trusted}")),
    ] {
        assert_eq!(tried(&at(host, &query)).await, Ok(()), "{host} {query}");
    }
    for (host, query) in [
        // By an authority that we do not know.
        ("localhost", format!("sslmode=require&sslrootcert={unrelated}")),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={unrelated}")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={unrelated}")),
        // By none of those that the system knows.
        ("localhost", "sslmode=verify-full".to_owned()),
        // Under a name that is not its own.
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={trusted}")),
    ] {
        let refused = tried(&at(host, &query)).await.expect_err("is refused");
        assert!(refused.contains("certificate"), "{host} {query}: {refused}");
    }
    let missing = tried(&at("localhost", "sslmode=verify-full&sslrootcert=/none.pem")).await;
    assert!(missing.expect_err("is refused").contains("/none.pem"));
    drop(postgres);
}
