//! Shares a session with `sensuctl`: through the files in its configuration directory.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use sensu_client::Client;
use sensu_client::config::ConfigDir;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    // Yours would be `ConfigDir::for_current_user()`.
    let directory = ConfigDir::new(std::env::temp_dir().join("sensu-client-example"));
    run(&server, &directory).await.map(drop)
}

pub(crate) async fn run(
    server: &str,
    directory: &ConfigDir,
) -> Result<String, Box<dyn std::error::Error>> {
    // What `sensuctl configure` does.
    let client = Client::log_in(server, "admin", "P@ssw0rd!").await?;
    directory.update_cluster(|cluster| {
        cluster.api_url = server.to_owned();
        cluster.set_tokens(client.tokens().as_ref());
    })?;
    directory.update_profile(|profile| profile.namespace = "default".into())?;

    // Address, namespace and tokens are in the files. When the tokens are renewed, the new ones go
    // there, under a lock: other processes find them, instead of renewing once more.
    let client = Client::builder().config_dir(directory.clone()).build()?;
    let checks = client.check_list().send().await?.len();
    println!("{checks} checks in {}", client.default_namespace());

    // Something to call curl with: a token that is good for another minute at least.
    let token = client.access_token(std::time::Duration::from_secs(60)).await?;
    println!("a token of {} characters", token.len());

    client.log_out().await?;
    Ok(token)
}
