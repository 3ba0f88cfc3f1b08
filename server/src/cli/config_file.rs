//! The configuration file, merged with flags and environment.
//!
//! Precedence for every setting: flag, environment variable, file, default. One file serves all
//! commands: a command ignores settings of other commands and rejects names that no command has.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, CommandFactory as _, FromArgMatches as _};

use super::args::Cli;

/// A parsed command line, including the settings of the configuration file.
pub(super) struct Invocation {
    matches: ArgMatches,
    from_file: BTreeSet<String>,
}

impl Invocation {
    /// Parses the arguments, environment and configuration file of this process. Prints help or a
    /// usage error and exits where clap does.
    ///
    /// # Errors
    /// If the configuration file cannot be read, is not TOML, or has an unknown setting.
    pub(super) fn of_process() -> anyhow::Result<Self> {
        Ok(Self::parse(std::env::args_os().collect())?.unwrap_or_else(|error| error.exit()))
    }

    fn parse(mut arguments: Vec<OsString>) -> anyhow::Result<Result<Self, clap::Error>> {
        // Lenient, because a flag may require another setting that only the file contains.
        let lenient = Cli::command().ignore_errors(true);
        let found = match lenient.try_get_matches_from(&arguments) {
            Ok(found) => found,
            Err(help_or_version) => return Ok(Err(help_or_version)),
        };
        let mut from_file = BTreeSet::new();
        if let Some((command, matches)) = found.subcommand()
            && let Some(file) = config_file(matches)
        {
            for setting in settings_of(&file, command)? {
                if is_set(matches, &setting.id) {
                    continue;
                }
                from_file.insert(setting.id);
                arguments.extend(setting.arguments.into_iter().map(OsString::from));
            }
        }
        Ok(Cli::command()
            .try_get_matches_from(arguments)
            .map(|matches| Self { matches, from_file }))
    }

    /// The typed settings.
    ///
    /// # Errors
    /// If the definition of the command line is inconsistent: a defect that the tests find.
    pub(super) fn cli(&self) -> anyhow::Result<Cli> {
        Ok(Cli::from_arg_matches(&self.matches)?)
    }

    /// The matches of the subcommand.
    pub(super) fn subcommand(&self) -> Option<(&str, &ArgMatches)> {
        self.matches.subcommand()
    }

    /// Where the value of a setting comes from: `flag`, `environment`, `file` or `default`; `None`
    /// if it has no value.
    pub(super) fn source(&self, id: &str) -> Option<&'static str> {
        let (_, matches) = self.subcommand()?;
        match matches.value_source(id)? {
            ValueSource::CommandLine if self.from_file.contains(id) => Some("file"),
            ValueSource::CommandLine => Some("flag"),
            ValueSource::EnvVariable => Some("environment"),
            _ => Some("default"),
        }
    }
}

/// Value of `--config-file`, for commands that have it.
fn config_file(matches: &ArgMatches) -> Option<PathBuf> {
    matches.try_get_one::<PathBuf>("config_file").ok().flatten().cloned()
}

/// Whether a flag or the environment sets the value.
fn is_set(matches: &ArgMatches, id: &str) -> bool {
    matches!(matches.value_source(id), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
}

/// A setting of the file, as arguments.
struct Setting {
    id: String,
    arguments: Vec<String>,
}

/// The settings of the file that the command has.
fn settings_of(file: &Path, command: &str) -> anyhow::Result<Vec<Setting>> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the configuration file {shown}"))?;
    let table: toml::Table =
        text.parse().with_context(|| format!("the configuration file {shown} is not TOML"))?;
    let program = Cli::command();
    let mut settings = Vec::new();
    for (name, value) in table {
        let find = |command: &clap::Command| {
            command.get_arguments().find(|arg| arg.get_long() == Some(&name)).cloned()
        };
        match program.find_subcommand(command).and_then(find) {
            Some(arg) => settings.push(Setting {
                id: arg.get_id().to_string(),
                arguments: arguments_for(&arg, &name, value)
                    .with_context(|| format!("{name} in the configuration file {shown}"))?,
            }),
            None if program.get_subcommands().any(|other| find(other).is_some()) => {}
            None => bail!(
                "the configuration file {shown} has the unknown setting {name}; settings have the \
                 long names of flags, without dashes in front"
            ),
        }
    }
    Ok(settings)
}

/// The arguments that set a value: one per item of an array.
fn arguments_for(arg: &Arg, name: &str, value: toml::Value) -> anyhow::Result<Vec<String>> {
    let is_switch = matches!(arg.get_action(), ArgAction::SetTrue);
    match value {
        toml::Value::Boolean(on) if is_switch => {
            Ok(on.then(|| format!("--{name}")).into_iter().collect())
        }
        _ if is_switch => bail!("the value must be true or false"),
        toml::Value::Array(items) => {
            items.into_iter().map(|item| Ok(format!("--{name}={}", scalar(item)?))).collect()
        }
        value => Ok(vec![format!("--{name}={}", scalar(value)?)]),
    }
}

fn scalar(value: toml::Value) -> anyhow::Result<String> {
    Ok(match value {
        toml::Value::String(text) => text,
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(value) => value.to_string(),
        other => bail!("a {} is not a valid value", other.type_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::args::{Command, LogLevel};
    use super::*;

    fn parse(arguments: &[&str], file: &str) -> anyhow::Result<Command> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("sensu.toml");
        std::fs::write(&path, file)?;
        let mut arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        arguments.extend(["--config-file".into(), path.into()]);
        Ok(Invocation::parse(arguments)??.cli()?.command)
    }

    #[test]
    fn a_flag_takes_precedence_over_the_file() {
        let file = "api-timeout = 7\nlog-level = \"warn\"";
        let command = parse(&["sensu-server", "start", "--log-level", "debug"], file);
        let Ok(Command::Start(start)) = command else { panic!("{command:?}") };
        assert_eq!(start.api_timeout, 7);
        assert_eq!(start.common.log_level, LogLevel::Debug);
    }

    #[test]
    fn items_of_arrays_stay_separate() {
        let file = "dev = true\nseed = [\"a,b\", \"c\"]\ncors-origins = [\"a\", \"b\"]";
        let command = parse(&["sensu-server", "start"], file);
        let Ok(Command::Start(start)) = command else { panic!("{command:?}") };
        assert_eq!(start.seed, [Path::new("a,b"), Path::new("c")]);
        assert_eq!(start.cors_origins, ["a", "b"]);
    }

    #[test]
    fn a_flag_may_require_a_setting_of_the_file() {
        let command = parse(&["sensu-server", "start", "--seed", "a"], "dev = true");
        assert!(matches!(command, Ok(Command::Start(start)) if start.dev));
    }

    #[test]
    fn settings_of_other_commands_are_ignored_and_unknown_names_rejected() {
        let command = parse(&["sensu-server", "compact"], "api-timeout = 7\nstate-dir = \"x\"");
        let Ok(Command::Compact(compact)) = command else { panic!("{command:?}") };
        assert_eq!(compact.location.state_dir, Path::new("x"));
        let unknown = parse(&["sensu-server", "compact"], "api-time-out = 7").unwrap_err();
        assert!(unknown.to_string().contains("unknown setting api-time-out"), "{unknown}");
    }

    #[test]
    fn values_of_other_types_are_rejected() {
        for (file, message) in [
            ("dev = \"yes\"", "must be true or false"),
            ("seed = [{ a = 1 }]", "a table is not a valid value"),
            ("api-timeout = 1979-05-27", "a datetime is not a valid value"),
        ] {
            let error = parse(&["sensu-server", "start"], file).unwrap_err();
            assert!(format!("{error:#}").contains(message), "{error:#}");
        }
    }
}
