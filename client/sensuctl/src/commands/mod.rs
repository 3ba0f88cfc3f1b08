//! Commands of the program: those that do not belong to one resource kind.

mod api;
mod apply;
mod cluster;
mod completion;
mod config;
mod configure;
mod create;
mod delete;
mod describe_type;
mod diff;
mod dump;
mod edit;
mod env;
mod files;
mod logout;
mod man;
mod progress;
mod token;
mod types;
mod version;

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::descriptor::CustomCommand;

/// A command of the program.
#[derive(Debug)]
pub(crate) struct ProgramCommand {
    pub command: CustomCommand,
    /// Whether the command fails if the configuration directory cannot be read.
    pub needs_configuration: bool,
    /// Exit code of failures.
    pub failure_code: u8,
}

/// All of them, in the order of `sensuctl --help`.
pub(crate) const ALL: &[ProgramCommand] = &[
    ProgramCommand::new("cluster", cluster::arguments, cluster::run),
    ProgramCommand::new("configure", configure::arguments, configure::run).without_configuration(),
    ProgramCommand::new("logout", logout::arguments, logout::run),
    ProgramCommand::new("config", config::arguments, config::run),
    ProgramCommand::new("env", env::arguments, env::run),
    ProgramCommand::new("token", token::arguments, token::run),
    ProgramCommand::new("api", api::arguments, api::run),
    ProgramCommand::new("create", create::arguments, create::run),
    ProgramCommand::new("apply", apply::arguments, apply::run),
    ProgramCommand::new("diff", diff::arguments, diff::run).failure_code(diff::FAILURE_CODE),
    ProgramCommand::new("delete", delete::arguments, delete::run),
    ProgramCommand::new("edit", edit::arguments, edit::run),
    ProgramCommand::new("dump", dump::arguments, dump::run),
    ProgramCommand::new("describe-type", describe_type::arguments, describe_type::run)
        .without_configuration(),
    ProgramCommand::new("completion", completion::arguments, completion::run)
        .without_configuration(),
    ProgramCommand::new("man", man::arguments, man::run).without_configuration(),
    ProgramCommand::new("version", version::arguments, version::run).without_configuration(),
];

impl ProgramCommand {
    const fn new(
        name: &'static str,
        arguments: fn(Command) -> Command,
        run: fn(&Context, &ArgMatches) -> Result<()>,
    ) -> Self {
        let command = CustomCommand { name, arguments, run };
        Self { command, needs_configuration: true, failure_code: 1 }
    }

    const fn without_configuration(mut self) -> Self {
        self.needs_configuration = false;
        self
    }

    const fn failure_code(mut self, code: u8) -> Self {
        self.failure_code = code;
        self
    }

    /// The command with this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|program| program.command.name == name)
    }
}
