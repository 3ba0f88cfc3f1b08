//! Connections that do not become sessions. `SENSU_INCOMPLETE_HANDSHAKES` sets the number of incomplete handshakes
//! (default 2,000); the limit of file descriptors must permit as many.

use futures::future::join_all;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sensu_test_agent::{Agent, AgentOptions, ConnectError};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{Backend, connect};

/// Number of log-ins at the same time.
const LOG_INS: u32 = 200;

fn number_of_handshakes() -> u32 {
    let number = std::env::var_os("SENSU_INCOMPLETE_HANDSHAKES");
    number.map_or(2_000, |number| number.to_string_lossy().parse().expect("a number"))
}

/// Raises the maximum number of descriptors of this process as far as the system permits it.
fn raise_descriptor_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("is permitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn incomplete_handshakes_are_limited_and_counted() {
    raise_descriptor_limit();
    let mut backend = Backend::start().await;
    let number = number_of_handshakes();
    let mut incomplete = Vec::new();
    for count in 0..number {
        let mut stream = TcpStream::connect(backend.address).await.expect("connects");
        // The server may have closed it already.
        let _ = stream.write_all(&b"GET / HTTP/1.1\r\nHost: x\r\n"[..count as usize % 25]).await;
        incomplete.push(stream);
        if count % 500 == 0 {
            backend.assert_served().await;
        }
    }
    connect(backend.address, "new", &[]).await;
    // Each is closed by the limit of their number, or after the time limit.
    let names = ["evicted", "timed_out"];
    let names = names.map(|name| format!("sensu_server_agent_handshakes_{name}_total"));
    sensu_tests::eventually("all handshakes have ended", async || {
        let closed = backend.metric(&names[0]).await + backend.metric(&names[1]).await;
        (closed == f64::from(number)).then_some(())
    })
    .await;
    backend.assert_served().await;
    backend.assert_memory_is_bounded();
    drop(incomplete);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_ins_with_wrong_passwords_do_not_keep_agents_out() {
    let mut backend = Backend::start().await;
    let options = AgentOptions::new(format!("ws://{}", backend.address), "guess");
    let attempts = (0..LOG_INS).map(|number| {
        let password = format!("wrong-{number}");
        Agent::connect(AgentOptions { password, ..options.clone() })
    });
    let attempts = tokio::spawn(join_all(attempts.collect::<Vec<_>>()));
    // Its user has logged in before: the password is not hashed again.
    connect(backend.address, "new", &[]).await;
    backend.assert_served().await;
    let mut rejected = 0;
    for attempt in attempts.await.expect("all attempts end") {
        match attempt {
            Err(ConnectError::Rejected(response)) => {
                assert!([401, 429, 503].contains(&response.status), "{response:?}");
                rejected += 1;
            }
            Err(ConnectError::Failed(error)) => panic!("{error}"),
            Ok(_) => panic!("a wrong password is accepted"),
        }
    }
    assert_eq!(rejected, LOG_INS);
    let statuses = [401, 429, 503].map(|status| {
        format!(r#"sensu_server_agent_handshakes_rejected_total{{status="{status}"}}"#)
    });
    let mut counted = 0.0;
    for status in &statuses {
        counted += backend.metric(status).await;
    }
    assert_eq!(counted, f64::from(LOG_INS));
    backend.assert_served().await;
}
