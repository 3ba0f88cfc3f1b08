//! The ways to say who you are: user and password, tokens, and an API key.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use sensu_client::{Client, types};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080".into());
    run(&server).await.map(drop)
}

pub(crate) async fn run(server: &str) -> Result<Vec<usize>, Box<dyn std::error::Error>> {
    let mut found = Vec::new();

    // For programs that run for long: logs in at the first call, and again whenever that is needed.
    let daemon = Client::builder().base_url(server).basic_auth("admin", "P@ssw0rd!").build()?;
    found.push(daemon.user_list().send().await?.len());

    // For people: logs in now, says at once if the password is wrong, and forgets it.
    let person =
        Client::builder().base_url(server).basic_auth("admin", "P@ssw0rd!").log_in().await?;
    found.push(person.user_list().send().await?.len());

    // A session that somebody else has begun. It is theirs no more: refresh tokens work once.
    let tokens = person.tokens().ok_or("logged in, but without tokens")?;
    let heir = Client::builder().base_url(server).tokens(tokens).build()?;
    found.push(heir.user_list().send().await?.len());

    // For machines: a key does not expire by itself and needs no log-in.
    let draft = types::ApiKey::builder().username("admin").try_into()?;
    let made: types::IssuedApiKey =
        daemon.api_key_create().body::<types::ApiKey>(draft).send().await?.into_inner();
    let machine = Client::builder().base_url(server).api_key(made.key).build()?;
    found.push(machine.user_list().send().await?.len());

    println!("four clients, each of which found so many users: {found:?}");
    Ok(found)
}
