//! What can go wrong, and how to tell.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use sensu_client::{Client, Error, ErrorCode, types};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    run(&server).await.map(drop)
}

pub(crate) async fn run(server: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let client = Client::log_in(server, "admin", "P@ssw0rd!").await?;
    let mut told = Vec::new();

    // `?` makes an `Error` of what an operation answers; here it is done by hand.
    let missing = client.check_get().name("no-such-check").send().await;
    match missing.map_err(Error::from) {
        Err(error) if error.code() == Some(ErrorCode::NotFound) => told.push(error.to_string()),
        other => return Err(format!("expected it to be missing: {other:?}").into()),
    }

    // The server's message says what to change. The log of the server knows the request's id.
    let nameless = client.check_create().body(types::CheckConfig::builder()).send().await;
    if let Err(Error::Api { status, code, message, request_id }) = nameless.map_err(Error::from) {
        println!("{status}, {code:?}, request {request_id:?}: {message}");
        told.push(message);
    }

    // Nobody listens on port 1.
    let nowhere = Client::log_in("http://127.0.0.1:1", "admin", "P@ssw0rd!").await;
    if let Err(error @ Error::Transport(_)) = nowhere {
        told.push(error.to_string());
    }
    println!("{told:#?}");
    Ok(told)
}
