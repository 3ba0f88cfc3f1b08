//! `cargo xtask agent`: runs the scripted agent against a server, and prints a line for everything it does.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;

use crate::{Activity, Agent, AgentOptions, Answer, Release};

/// Time between the end of a connection and the next attempt.
const RECONNECT: Duration = Duration::from_secs(1);

/// Run an agent that executes the checks of a server. Without assets, hooks and token substitution.
#[derive(Parser)]
#[command(name = "cargo xtask agent")]
struct Arguments {
    /// URL of the server.
    #[arg(long, default_value = "ws://127.0.0.1:8081")]
    url: String,
    /// Name of the agent.
    #[arg(long, default_value = "test-agent")]
    name: String,
    /// Namespace.
    #[arg(long, default_value = "default")]
    namespace: String,
    /// User.
    #[arg(long, default_value = "agent")]
    user: String,
    /// Password.
    #[arg(long, default_value = "P@ssw0rd!")]
    password: String,
    /// Subscriptions, separated by commas.
    #[arg(long, value_delimiter = ',')]
    subscriptions: Vec<String>,
    /// Release of Sensu whose agent is imitated: 5.0, 5.11, 5.12, 6.0 or 6.7.3.
    #[arg(long, default_value = "6.7.3")]
    release: Release,
    /// Time between keepalives, in seconds.
    #[arg(long, default_value_t = 20)]
    keepalive_interval: u32,
    /// Time without keepalive after which the server warns, in seconds.
    #[arg(long, default_value_t = 120)]
    keepalive_timeout: u32,
    /// Delete the entity when keepalives are missing.
    #[arg(long)]
    deregister: bool,
    /// Answer check requests with status 0 instead of executing commands.
    #[arg(long)]
    no_execute: bool,
}

/// Runs the program with the arguments of the process, until it receives SIGINT.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let answer = match arguments.no_execute {
        false => Answer::Execute,
        true => Answer::Result { status: 0, output: "not executed (--no-execute)\n".to_owned() },
    };
    let options = AgentOptions {
        namespace: arguments.namespace,
        user: arguments.user,
        password: arguments.password,
        subscriptions: arguments.subscriptions,
        release: arguments.release,
        keepalive_interval: arguments.keepalive_interval,
        keepalive_timeout: arguments.keepalive_timeout,
        deregister: arguments.deregister,
        ..AgentOptions::new(arguments.url, arguments.name)
    };
    let mut interrupted = std::pin::pin!(async {
        // Without a handler, the signal ends the process.
        _ = tokio::signal::ctrl_c().await;
    });
    let options = Arc::new(options);
    loop {
        let connected = tokio::select! {
            () = interrupted.as_mut() => return ExitCode::SUCCESS,
            connected = Agent::connect(Arc::clone(&options)) => connected,
        };
        match connected {
            Err(error) => print(&error.to_string()),
            Ok(mut agent) => {
                print(&format!("connected, {}", agent.encoding().name()));
                let mut is_interrupted = false;
                let stop = async {
                    interrupted.as_mut().await;
                    is_interrupted = true;
                };
                if let Err(error) =
                    agent.run(&answer, stop, |activity| print(&line(&activity))).await
                {
                    print(&format!("error: {error:#}"));
                }
                if is_interrupted {
                    print("closed: 1001 bye");
                    return ExitCode::SUCCESS;
                }
            }
        }
        tokio::select! {
            () = interrupted.as_mut() => return ExitCode::SUCCESS,
            () = tokio::time::sleep(RECONNECT) => {}
        }
    }
}

#[expect(clippy::print_stdout, reason = "the output of the program")]
fn print(line: &str) {
    println!("{line}");
}

fn line(activity: &Activity) -> String {
    match activity {
        Activity::Keepalive => "sent keepalive".to_owned(),
        Activity::Request(request) => {
            let config = &request.config;
            format!(
                "received check_request {} issued {}: {}",
                config.metadata.name, request.issued, config.command
            )
        }
        Activity::Ignored(request, reason) => {
            format!("ignored check_request {}: {reason}", request.config.metadata.name)
        }
        Activity::Result(check) => {
            let first = check.output.lines().next().unwrap_or_default();
            format!("sent event {} status {}: {first}", check.metadata.name, check.status)
        }
        Activity::EntityConfig(config) => format!(
            "received entity_config {:?}, subscriptions {}",
            config.metadata.name,
            config.subscriptions.join(",")
        ),
        Activity::Ended(how) => how.clone(),
    }
}
