//! Shares a session with `sensuctl` through its configuration directory.

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::time::Duration;

use sensu_client::{Client, ConfigDir};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    // `ConfigDir::for_current_user()` is the directory of sensuctl.
    let dir = ConfigDir::new(std::env::temp_dir().join("sensu-client-example"));
    run(&url, &dir).await.map(drop)
}

pub(crate) async fn run(url: &str, dir: &ConfigDir) -> Result<String, Box<dyn std::error::Error>> {
    // Like `sensuctl configure`.
    let client = Client::log_in(url, "admin", "P@ssw0rd!").await?;
    dir.update_cluster(|cluster| {
        cluster.api_url = url.to_owned();
        cluster.set_tokens(client.tokens().as_ref());
    })?;
    dir.update_profile(|profile| profile.namespace = "default".into())?;

    // Base URL, default namespace and tokens come from the directory. Refreshed tokens are written
    // to it under a lock, so that all processes use the same session.
    let client = Client::builder().config_dir(dir.clone()).build()?;
    let checks = client.check_list().send().await?.len();
    println!("{checks} checks in {}", client.default_namespace());

    // A token for curl, valid for at least another minute.
    let token = client.access_token(Duration::from_secs(60)).await?;
    println!("a token of {} characters", token.len());

    client.log_out().await?;
    Ok(token)
}
