//! Logs in to a server started with `--dev`, creates a check and an event, and lists the events.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use futures::TryStreamExt as _;
use sensu_client::{Client, pages};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    let client = Client::log_in(&server, "admin", "P@ssw0rd!").await?;

    let check = json!({
        "metadata": { "name": "check-disk" },
        "command": "check-disk.sh -w 80 -c 95",
        "interval": 60,
        "subscriptions": ["system"],
        "publish": true,
    });
    let check: sensu_client::types::CheckConfig = serde_json::from_value(check)?;
    let put = client.check_put().namespace("default").name("check-disk").body(check);
    println!("stored {}", serde_json::to_string(&put.send().await?.into_inner())?);

    let event = json!({
        "entity": { "entity_class": "proxy", "metadata": { "name": "web-2" } },
        "check": { "metadata": { "name": "check-disk" }, "interval": 60, "status": 0, "output": "42 % used" },
    });
    let event: sensu_client::types::Event = serde_json::from_value(event)?;
    let put =
        client.event_put().namespace("default").entity("web-2").check("check-disk").body(event);
    put.send().await?;

    let events = pages(|token| {
        let list = client.event_list().namespace("default");
        match token {
            Some(token) => list.continue_(token).send(),
            None => list.send(),
        }
    });
    futures::pin_mut!(events);
    while let Some(event) = events.try_next().await? {
        println!("found {}", serde_json::to_string(&event)?);
    }
    client.log_out().await?;
    Ok(())
}
