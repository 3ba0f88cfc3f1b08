//! Talks to a server of either kind: one with its API under `/apis`, or a released Sensu backend
//! with its API under `/api`.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use sensu_client::{ApiPrefix, Client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    run(&server).await.map(drop)
}

pub(crate) async fn run(server: &str) -> Result<Option<ApiPrefix>, Box<dyn std::error::Error>> {
    let client = Client::log_in(server, "admin", "P@ssw0rd!").await?;
    // The first answer tells. `builder().api_prefix(ApiPrefix::Api)` saves a request if you know.
    let namespaces = client.namespace_list().send().await?.len();
    println!("{namespaces} namespaces, under {:?}", client.api_prefix());
    Ok(client.api_prefix())
}
