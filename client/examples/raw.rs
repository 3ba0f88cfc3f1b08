//! Calls without types: what the server says, as it says it.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]
#![expect(clippy::indexing_slicing, reason = "of JSON, where what is not there is null")]

use futures::TryStreamExt as _;
use sensu_client::{Client, Method, core_path};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    run(&server).await.map(drop)
}

pub(crate) async fn run(server: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let client = Client::log_in(server, "admin", "P@ssw0rd!").await?;
    for name in ["sensu/cpu", "sensu/disk", "sensu/ntp"] {
        let asset = json!({
            "metadata": { "name": name },
            "url": "https://assets.example.com/a.tar.gz",
            "sha512": "0".repeat(128),
        });
        // A part of a path may hold anything; it is escaped.
        let path = core_path(["namespaces", client.default_namespace(), "assets", name]);
        client.raw(Method::PUT, path).json(&asset).send().await?;
    }

    // A list, over all of its pages, which have two items each here.
    let list = core_path(["namespaces", client.default_namespace(), "assets"]);
    let assets = client.raw(Method::GET, list).query("limit", "2").stream();
    let names = assets.map_ok(|asset| asset["metadata"]["name"].as_str().unwrap_or("").to_owned());
    let names: Vec<String> = names.try_collect().await?;
    println!("{names:?}");
    Ok(names)
}
