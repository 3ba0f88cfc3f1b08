//! Connects to a server with a certificate of a private CA, with a short timeout and more retries.

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::path::Path;
use std::time::Duration;

use sensu_client::{Client, Error, RetryPolicy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (url, ca_file) = (arguments.next(), arguments.next());
    let (url, ca_file) = url.zip(ca_file).ok_or("usage: trust https://ADDRESS:PORT CA-FILE")?;
    run(&url, Path::new(&ca_file)).await.map(drop)
}

pub(crate) async fn run(url: &str, ca_file: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let client = Client::builder()
        .base_url(url)
        .trusted_ca_file(ca_file)
        .basic_auth("admin", "P@ssw0rd!")
        // Five attempts of at most 5 seconds, with delays of 0.2, 0.4, 0.8 and 1.6 seconds plus
        // jitter.
        .timeout(Duration::from_secs(5))
        .retry_policy(RetryPolicy {
            max_retries: 4,
            initial_backoff: Duration::from_millis(200),
            ..RetryPolicy::default()
        })
        .log_in()
        .await?;
    println!("{} namespaces", client.namespace_list().send().await?.len());

    // Without the CA file, the certificate is rejected.
    let untrusting = Client::builder().base_url(url).retry_policy(RetryPolicy::NONE);
    match untrusting.basic_auth("admin", "P@ssw0rd!").log_in().await {
        Err(error @ Error::Transport(_)) => {
            println!("without the CA file: {error}");
            Ok(error.to_string())
        }
        _ => Err("an unknown certificate was accepted".into()),
    }
}
