//! The command line: builds the tree of commands, parses arguments, runs a command, and turns its
//! result into an exit code.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};

use crate::commands::{self, ProgramCommand};
use crate::context::Context;
use crate::descriptor::{CustomCommand, Descriptor, Verb};
use crate::error::{Differences, message};
use crate::global_flags::{global_args, timeout_arg, with_timeout};
use crate::{resource, verbs};

const EXAMPLES: &str = "Examples:
  sensuctl configure
  sensuctl check create check-cpu --command check-cpu.sh --interval 60 --subscriptions system
  sensuctl event list --all-namespaces --field-selector 'event.check.status != 0'
  sensuctl check info check-cpu --format yaml > check-cpu.yaml
  sensuctl create --file check-cpu.yaml

Exit codes: 0 on success, 1 on any failure; `sensuctl diff` has its own.";

/// The tree of commands, with all texts. Completion scripts and man pages are made from it.
pub fn command() -> Command {
    Command::new("sensuctl")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Manage a Sensu server from the command line")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(false)
        .args(global_args())
        .subcommands(resource::ALL.iter().map(|resource| group(resource)))
        .subcommands(commands::ALL.iter().map(|program| program.command.build()))
        .mut_subcommands(with_timeout)
        .arg(timeout_arg().env("SENSU_TIMEOUT").hide_env_values(true))
}

/// The commands of a resource kind: regular verbs first.
fn group(resource: &'static Descriptor) -> Command {
    let mut commands = verbs::commands(resource);
    commands.extend(resource.commands.iter().map(CustomCommand::build));
    commands.sort_by_key(|command| {
        let mut verbs = Verb::ALL.iter();
        verbs.position(|verb| verb.name() == command.get_name()).unwrap_or(usize::MAX)
    });
    let group = Command::new(resource.command)
        .about(format!("Manage {}", resource.noun.plural))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(commands);
    match resource.examples {
        "" => group,
        examples => group.after_help(format!("Examples:\n{examples}")),
    }
}

/// Runs a command line. Prints errors to standard error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let matches = match command().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Standard error may be closed.
            let _ = error.print();
            let partial = command().ignore_errors(true).try_get_matches_from(arguments);
            return match error.use_stderr() {
                true => failure_code(partial.ok().as_ref()),
                false => ExitCode::SUCCESS,
            };
        }
    };
    match Context::new(&matches, command).and_then(|context| dispatch(context, &matches)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<Differences>() => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "Error: {}", message(&error));
            failure_code(Some(&matches))
        }
    }
}

fn failure_code(matches: Option<&ArgMatches>) -> ExitCode {
    let command = matches.and_then(ArgMatches::subcommand_name).and_then(ProgramCommand::find);
    ExitCode::from(command.map_or(1, |command| command.failure_code))
}

/// Whether the reader of standard output has exited, as `head` does. Not a failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn dispatch(context: Context, matches: &ArgMatches) -> Result<()> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    if let Some(program) = ProgramCommand::find(name) {
        let context = match program.needs_configuration {
            true => context.require_configuration()?,
            false => context,
        };
        return (program.command.run)(&context, matches);
    }
    let context = &context.require_configuration()?;
    let resource = resource::ALL.iter().find(|resource| resource.command == name);
    let (Some(resource), Some((name, matches))) = (resource, matches.subcommand()) else {
        bail!("unknown command {name:?}");
    };
    if let Some(custom) = CustomCommand::find(resource.commands, name) {
        return (custom.run)(context, matches);
    }
    verbs::run(context, resource, name, matches)
        .unwrap_or_else(|| bail!("unknown command {name:?}"))
}
