//! `sensuctl completion`: scripts that complete commands and flags in a shell.

use anyhow::Result;
use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::context::Context;

/// Its argument.
pub(crate) fn command() -> Command {
    Command::new("completion")
        .about("Print a script that completes commands in a shell")
        .after_help("Examples:\n  source <(sensuctl completion bash)\n  sensuctl completion zsh > ~/.zfunc/_sensuctl\n  sensuctl completion fish > ~/.config/fish/completions/sensuctl.fish")
        .arg(
            Arg::new("shell").value_name("SHELL").help("The shell").required(true).value_parser(value_parser!(Shell)),
        )
}

/// Prints it.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let shell = matches.get_one::<Shell>("shell").copied().unwrap_or(Shell::Bash);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::command(), "sensuctl", &mut script);
    context.write(&String::from_utf8_lossy(&script))
}
