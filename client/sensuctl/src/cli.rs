//! The tree of commands, and who answers.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::context::Context;
use crate::error::told;
use crate::resource::{self, Resource};
use crate::{commands, verbs};

const EXAMPLES: &str = "Examples:
  sensuctl configure
  sensuctl check create check-cpu --command check-cpu.sh --interval 60 --subscriptions system
  sensuctl event list --all-namespaces --field-selector 'event.check.status != 0'
  sensuctl check info check-cpu --format yaml > check-cpu.yaml
  sensuctl create --file check-cpu.yaml

Exit codes: 0 when all is done, 1 when anything is not; `sensuctl diff` has its own.";

const GLOBAL: &str = "Global options";

/// The flag that bounds requests. Its name is not that of a field.
pub(crate) const TIMEOUT: &str = "request-timeout";

/// All commands, flags and texts.
pub fn command() -> Command {
    let mut root = Command::new("sensuctl")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Talk to a Sensu server from the command line")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(false)
        .args(global());
    for resource in resource::ALL {
        root = root.subcommand(group(resource));
    }
    let cluster = Command::new("cluster").about("Show and change the servers");
    let cluster = cluster.subcommands(resource::CLUSTER.iter().map(|one| (one.command)()));
    root = root.subcommand(cluster.subcommand_required(true).arg_required_else_help(true));
    root.subcommands(commands::ALL.iter().map(|one| (one.command)()))
        .mut_subcommands(with_timeout)
        .arg(timeout().env("SENSU_TIMEOUT").hide_env_values(true))
}

/// The same with `--timeout` everywhere, except where it is a field of a resource. As a global flag
/// both would be one, and the field's value would bound the request.
fn with_timeout(command: Command) -> Command {
    let is_taken = command.get_arguments().any(|arg| arg.get_long() == Some("timeout"));
    let command = if is_taken { command } else { command.arg(timeout()) };
    command.mut_subcommands(with_timeout)
}

fn timeout() -> Arg {
    Arg::new(TIMEOUT)
        .long("timeout")
        .value_name("TIME")
        .help_heading(GLOBAL)
        .help("How long a request may take, such as 15s or 1m")
}

fn group(resource: &'static Resource) -> Command {
    let mut group = Command::new(resource.command)
        .about(format!("Manage {}", verbs::plural(resource.noun)))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(verbs::commands(resource))
        .subcommands(resource.irregular.iter().map(|one| (one.command)()));
    if resource.command == "check" {
        group = group.subcommands(resource::setters());
    }
    match resource.examples {
        "" => group,
        examples => group.after_help(format!("Examples:\n{examples}")),
    }
}

fn global() -> Vec<Arg> {
    let text = |name: &'static str, variable: &'static str, value: &'static str| {
        let arg = Arg::new(name).long(name).value_name(value).env(variable);
        arg.global(true).hide_env_values(true).allow_hyphen_values(true)
    };
    let mut flags = vec![
        text("api-url", "SENSU_API_URL", "URL").help("The server's address"),
        text("api-key", "SENSU_API_KEY", "KEY").help("An API key to use instead of a session"),
        text("namespace", "SENSU_NAMESPACE", "NAME").help("The namespace to work in"),
        text("config-dir", "SENSU_CONFIG_DIR", "DIR")
            .help("Where the configuration is; ~/.config/sensu/sensuctl by default"),
        text("cache-dir", "SENSU_CACHE_DIR", "DIR")
            .help("Where hints are kept, such as the prefix of a server; ~/.cache/sensu/sensuctl by default"),
        text("trusted-ca-file", "SENSU_TRUSTED_CA_FILE", "FILE")
            .help("Certificates of the authorities to trust, as PEM"),
        crate::field::switch(
            Arg::new("insecure-skip-tls-verify")
                .long("insecure-skip-tls-verify")
                .env("SENSU_INSECURE_SKIP_TLS_VERIFY")
                .hide_env_values(true)
                .global(true)
                .default_value("false")
                .hide_default_value(true)
                .help("Accept any certificate; for trials only"),
        ),
        text("access-token", "SENSU_ACCESS_TOKEN", "TOKEN").hide(true),
        text("access-token-expires-at", "SENSU_ACCESS_TOKEN_EXPIRES_AT", "TIME").hide(true),
        text("refresh-token", "SENSU_REFRESH_TOKEN", "TOKEN").hide(true),
    ];
    for flag in &mut flags {
        *flag = std::mem::take(flag).help_heading(GLOBAL);
    }
    flags
}

/// Runs a command line. Says what is wrong on the standard error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let matches = match command().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // A pipe that has been closed has nobody to tell.
            let _ = error.print();
            let partly = command().ignore_errors(true).try_get_matches_from(arguments);
            return match error.use_stderr() {
                true => failure(partly.ok().as_ref()),
                false => ExitCode::SUCCESS,
            };
        }
    };
    let done = Context::new(&matches).and_then(|context| answer(context, &matches));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<Differences>() => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "Error: {}", told(&error));
            failure(Some(&matches))
        }
    }
}

/// That something differs: what there is to say about it has been written.
#[derive(Debug)]
pub(crate) struct Differences;

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are differences")
    }
}

impl std::error::Error for Differences {}

/// The exit code of what went wrong. Where 1 stands for a difference, it is 2, as with `diff`.
fn failure(matches: Option<&ArgMatches>) -> ExitCode {
    let name = matches.and_then(ArgMatches::subcommand_name);
    ExitCode::from(if name == Some("diff") { 2 } else { 1 })
}

/// Whether the reader of our output has gone, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn answer(context: Context, matches: &ArgMatches) -> Result<()> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    let context = &match commands::WITHOUT_CONFIGURATION.contains(&name) {
        true => context,
        false => context.expect_intact()?,
    };
    if let Some(one) = commands::ALL.iter().find(|one| (one.command)().get_name() == name) {
        return (one.run)(context, matches);
    }
    let Some((below, matches)) = matches.subcommand() else { return Ok(()) };
    let of_resource = resource::ALL.iter().find(|resource| resource.command == name);
    let irregular = match of_resource {
        Some(resource) => {
            if let Some(done) = verbs::run(context, resource, below, matches) {
                return done;
            }
            resource.irregular
        }
        None => resource::CLUSTER,
    };
    if let Some(one) = irregular.iter().find(|one| (one.command)().get_name() == below) {
        return (one.run)(context, matches);
    }
    resource::set_or_remove(context, below, matches)
}

/// `--name` as a switch that is off.
pub(crate) fn off(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}
