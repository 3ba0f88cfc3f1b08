//! Talks to a server with a certificate of your own authority, patiently.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::path::Path;
use std::time::Duration;

use sensu_client::{ApiError, Client, Retries};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (server, ca) = (arguments.next(), arguments.next());
    let (server, ca) = server.zip(ca).ok_or("usage: trust https://ADDRESS:PORT CA-FILE")?;
    run(&server, Path::new(&ca)).await.map(drop)
}

pub(crate) async fn run(server: &str, ca: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let client = Client::builder()
        .address(server)
        .ca_file(ca)
        .user("admin", "P@ssw0rd!")
        // One try may take five seconds; four more follow, after 0.2, 0.4, 0.8 and 1.6 seconds or
        // somewhat later.
        .timeout(Duration::from_secs(5))
        .retries(Retries { times: 4, first: Duration::from_millis(200), ..Retries::default() })
        .log_in()
        .await?;
    println!("{} namespaces", client.namespace_list().send().await?.len());

    // Nobody else's certificate will do.
    let stranger = Client::builder().address(server).retries(Retries::NONE);
    match stranger.user("admin", "P@ssw0rd!").log_in().await {
        Err(error @ ApiError::Unreachable(_)) => {
            println!("without the file: {error}");
            Ok(error.to_string())
        }
        _ => Err("an unknown certificate was accepted".into()),
    }
}
