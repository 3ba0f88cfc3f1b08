//! Authenticates with a user name and password, tokens, and an API key.

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use sensu_client::{Client, types};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    run(&url).await.map(drop)
}

pub(crate) async fn run(url: &str) -> Result<Vec<usize>, Box<dyn std::error::Error>> {
    let mut users = Vec::new();

    // For services: logs in at the first call, and again when the session has expired.
    let service = Client::builder().base_url(url).basic_auth("admin", "P@ssw0rd!").build()?;
    users.push(service.user_list().send().await?.len());

    // For interactive programs: a wrong password fails here; the password is dropped.
    let user = Client::builder().base_url(url).basic_auth("admin", "P@ssw0rd!").log_in().await?;
    users.push(user.user_list().send().await?.len());

    // An existing session. Only one client may continue it: a refresh token works once.
    let tokens = user.tokens().ok_or("not logged in")?;
    let successor = Client::builder().base_url(url).tokens(tokens).build()?;
    users.push(successor.user_list().send().await?.len());

    // For scripts: an API key needs no login, and does not expire by default.
    let key: types::ApiKey = types::ApiKey::builder().username("admin").try_into()?;
    let issued: types::IssuedApiKey =
        service.api_key_create().body::<types::ApiKey>(key).send().await?.into_inner();
    let script = Client::builder().base_url(url).api_key(issued.key).build()?;
    users.push(script.user_list().send().await?.len());

    println!("users that each client lists: {users:?}");
    Ok(users)
}
