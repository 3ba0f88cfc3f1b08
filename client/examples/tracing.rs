//! Logs a span for each call, with operation, method, path, status and duration.

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use sensu_client::{Client, Error};
use tracing_subscriber::fmt::format::FmtSpan;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .init();
    run(&url).await
}

pub(crate) async fn run(url: &str) -> Result<(), Error> {
    let client = Client::log_in(url, "admin", "P@ssw0rd!").await?;
    println!("{} namespaces", client.namespace_list().send().await?.len());
    // The span of an error response has its status.
    if let Err(error) = client.check_get().name("missing").send().await {
        println!("{}", Error::from(error));
    }
    Ok(())
}
