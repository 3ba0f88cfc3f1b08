//! Objects that the scripts of all clients expect: namespaces, a list that is longer than the response limit,
//! and an API key.

use anyhow::{Context as _, ensure};
use reqwest::{Client, RequestBuilder};
use sensu_server::seed;
use serde_json::{Value, json};

/// Number of checks in the namespace `large`, of 1 KB each: more than the response limit of 512,000 bytes.
const CHECKS: usize = 900;

/// Values that scripts cannot know.
pub(super) struct Fixtures {
    /// An API key of the user `admin`.
    pub(super) api_key: String,
}

/// Creates the objects on a fresh server.
pub(super) fn create(url: &str) -> anyhow::Result<Fixtures> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::new();
        let login = client.get(format!("{url}/auth"));
        let tokens = sent(login.basic_auth("admin", Some(seed::DEV_PASSWORD))).await?;
        let token = tokens["access_token"].as_str().context("no token in the response")?;
        let post = |path: &str, body: Value| {
            let request = client.post(format!("{url}/api/core/v2/{path}"));
            sent(request.bearer_auth(token).json(&body))
        };
        for name in ["other", "large"] {
            post("namespaces", json!({ "name": name })).await?;
        }
        for number in 0..CHECKS {
            let check = json!({
                "metadata": { "name": format!("check-{number:03}") },
                "command": "x".repeat(1_000),
                "interval": 60,
                "publish": number % 2 == 0,
            });
            post("namespaces/large/checks", check).await?;
        }
        let key = post("apikeys", json!({ "username": "admin" })).await?;
        let key = key["key"].as_str().context("no key in the response")?;
        Ok(Fixtures { api_key: key.to_owned() })
    })
}

/// Sends a request. Returns the body of its response.
async fn sent(request: RequestBuilder) -> anyhow::Result<Value> {
    let response = request.send().await?;
    let (status, path) = (response.status(), response.url().path().to_owned());
    let body: Value = response.json().await?;
    ensure!(status.is_success(), "{path}: {status}: {body}");
    Ok(body)
}
