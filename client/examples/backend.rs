//! Works with servers that serve the API under `/apis`, and with released Sensu backends, which
//! serve it under `/api`.

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use sensu_client::{ApiPrefix, Client, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    run(&url).await.map(drop)
}

pub(crate) async fn run(url: &str) -> Result<Option<ApiPrefix>, Error> {
    let client = Client::log_in(url, "admin", "P@ssw0rd!").await?;
    // The first call detects the prefix. `ClientBuilder::api_prefix` saves the extra request.
    let namespaces = client.namespace_list().send().await?.len();
    println!("{namespaces} namespaces, API prefix {:?}", client.api_prefix());
    Ok(client.api_prefix())
}
