//! Talks to a server with a certificate of your own authority, patiently.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::path::Path;
use std::time::Duration;

use sensu_client::{Client, Error, RetryPolicy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (server, ca) = (arguments.next(), arguments.next());
    let (server, ca) = server.zip(ca).ok_or("usage: trust https://ADDRESS:PORT CA-FILE")?;
    run(&server, Path::new(&ca)).await.map(drop)
}

pub(crate) async fn run(server: &str, ca: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let client = Client::builder()
        .base_url(server)
        .trusted_ca_file(ca)
        .basic_auth("admin", "P@ssw0rd!")
        // One try may take five seconds; four more follow, after 0.2, 0.4, 0.8 and 1.6 seconds or
        // somewhat later.
        .timeout(Duration::from_secs(5))
        .retry_policy(RetryPolicy {
            max_retries: 4,
            initial_backoff: Duration::from_millis(200),
            ..RetryPolicy::default()
        })
        .log_in()
        .await?;
    println!("{} namespaces", client.namespace_list().send().await?.len());

    // Nobody else's certificate will do.
    let stranger = Client::builder().base_url(server).retry_policy(RetryPolicy::NONE);
    match stranger.basic_auth("admin", "P@ssw0rd!").log_in().await {
        Err(error @ Error::Transport(_)) => {
            println!("without the file: {error}");
            Ok(error.to_string())
        }
        _ => Err("an unknown certificate was accepted".into()),
    }
}
