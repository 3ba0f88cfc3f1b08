//! `sensuctl completion`: completion scripts for shells.

use anyhow::Result;
use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::context::Context;

pub(super) fn arguments(command: Command) -> Command {
    command
        .about("Print a completion script for a shell")
        .after_help(
            "Examples:
  source <(sensuctl completion bash)
  sensuctl completion zsh > ~/.zfunc/_sensuctl
  sensuctl completion fish > ~/.config/fish/completions/sensuctl.fish",
        )
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .help("Name of the shell")
                .required(true)
                .value_parser(value_parser!(Shell)),
        )
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let shell = matches.get_one::<Shell>("shell").copied().unwrap_or(Shell::Bash);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut context.command_tree(), "sensuctl", &mut script);
    context.print(&String::from_utf8_lossy(&script))
}
