//! Handles errors: of the server, and of the connection.

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use sensu_client::{Client, Error, ErrorCode, types};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    run(&url).await.map(drop)
}

pub(crate) async fn run(url: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let client = Client::log_in(url, "admin", "P@ssw0rd!").await?;
    let mut messages = Vec::new();

    // `?` converts the error of an operation to `sensu_client::Error`, like `map_err` here.
    let missing = client.check_get().name("missing").send().await.map_err(Error::from);
    match missing {
        Err(error) if error.code() == Some(ErrorCode::NotFound) => messages.push(error.to_string()),
        other => return Err(format!("expected \"not found\": {other:?}").into()),
    }

    // The message says what to correct, and `field` where. The server logs the request ID.
    let invalid = client.check_create().body(types::CheckConfig::builder()).send().await;
    if let Err(Error::Api { status, code, message, details, request_id }) =
        invalid.map_err(Error::from)
    {
        println!("{status}, {code:?}, {:?}, request {request_id:?}: {message}", details.field);
        messages.push(message);
    }

    // No server listens on port 1.
    let unreachable = Client::log_in("http://127.0.0.1:1", "admin", "P@ssw0rd!").await;
    if let Err(error @ Error::Transport(_)) = unreachable {
        messages.push(error.to_string());
    }
    println!("{messages:#?}");
    Ok(messages)
}
