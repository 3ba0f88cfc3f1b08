//! Sends untyped requests: JSON values instead of types.

#![expect(clippy::print_stdout, reason = "an example prints its results")]
#![expect(clippy::indexing_slicing, reason = "indexing a JSON value does not panic")]

use futures::TryStreamExt as _;
use sensu_client::{Client, Error, Method, core_path};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    run(&url).await.map(drop)
}

pub(crate) async fn run(url: &str) -> Result<Vec<String>, Error> {
    let client = Client::log_in(url, "admin", "P@ssw0rd!").await?;
    for name in ["sensu/cpu", "sensu/disk", "sensu/ntp"] {
        let asset = json!({
            "metadata": { "name": name },
            "url": "https://assets.example.com/a.tar.gz",
            "sha512": "0".repeat(128),
        });
        // Encodes the slash in the name.
        let path = core_path(["namespaces", client.default_namespace(), "assets", name]);
        client.raw(Method::PUT, path).json(&asset).send().await?;
    }

    // All pages, with two items each.
    let path = core_path(["namespaces", client.default_namespace(), "assets"]);
    let assets = client.raw(Method::GET, path).query("limit", "2").stream();
    let names = assets.map_ok(|asset| asset["metadata"]["name"].as_str().unwrap_or("").to_owned());
    let names: Vec<String> = names.try_collect().await?;
    println!("{names:?}");
    Ok(names)
}
