//! Sees what the library does: each call is a span, with operation, method, path and status.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use sensu_client::Client;
use tracing_subscriber::fmt::format::FmtSpan;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    // A line at the end of each span, with how long it took.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .init();
    run(&server).await
}

pub(crate) async fn run(server: &str) -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::log_in(server, "admin", "P@ssw0rd!").await?;
    println!("{} namespaces", client.namespace_list().send().await?.len());
    // A refusal is an answer, too: its status is in the span.
    client.check_get().name("no-such-check").send().await.err().ok_or("it is there")?;
    Ok(())
}
