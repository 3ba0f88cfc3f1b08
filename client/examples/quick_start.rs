//! Logs in to a server started with `--dev`, stores a check and an event, and lists the events.

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use futures::TryStreamExt as _;
use sensu_client::{Client, types};
use serde_json::{from_value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    run(&url).await.map(drop)
}

pub(crate) async fn run(url: &str) -> Result<usize, Box<dyn std::error::Error>> {
    let client = Client::log_in(url, "admin", "P@ssw0rd!").await?;

    let check: types::CheckConfig = from_value(json!({
        "metadata": { "name": "check-disk" },
        "command": "check-disk.sh -w 80 -c 95",
        "interval": 60,
        "subscriptions": ["system"],
        "publish": true,
    }))?;
    let stored = client.check_put().name("check-disk").body(check).send().await?;
    println!("stored {}", serde_json::to_string(&stored.into_inner())?);

    let event: types::Event = from_value(json!({
        "entity": { "entity_class": "proxy", "metadata": { "name": "web-2" } },
        "check": {
            "metadata": { "name": "check-disk" },
            "interval": 60,
            "status": 0,
            "output": "42 % used",
        },
    }))?;
    client.event_put().entity("web-2").check("check-disk").body(event).send().await?;

    let mut count = 0;
    let mut events = std::pin::pin!(client.event_list().stream());
    while let Some(event) = events.try_next().await? {
        println!("{}", serde_json::to_string(&event)?);
        count += 1;
    }
    client.log_out().await?;
    Ok(count)
}
