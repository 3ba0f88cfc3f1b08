//! `sensu-server settings`: prints the effective settings and the source of each.

use std::fmt::Write as _;
use std::io::Write as _;

use clap::{Arg, ArgAction, CommandFactory as _};
use toml::Value;

use super::args::Cli;
use super::config_file::Invocation;

/// Prints the settings of the invocation as TOML, with the source of each as a comment.
pub(super) fn print(invocation: &Invocation) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(text(invocation)?.as_bytes())?)
}

fn text(invocation: &Invocation) -> anyhow::Result<String> {
    let mut text = String::new();
    let Some((name, matches)) = invocation.subcommand() else { return Ok(text) };
    let program = Cli::command();
    for arg in program.find_subcommand(name).into_iter().flat_map(clap::Command::get_arguments) {
        let id = arg.get_id().as_str();
        let Some(long) = arg.get_long().filter(|_| id != "config_file") else { continue };
        let Some(source) = invocation.source(id) else { continue };
        let raw = matches.get_raw(id).into_iter().flatten();
        let values: Vec<String> = raw.map(|value| value.to_string_lossy().into_owned()).collect();
        let shown = if arg.is_hide_env_values_set() { "***".into() } else { value(arg, values) };
        writeln!(text, "{long} = {shown} # {source}")?;
    }
    Ok(text)
}

/// The value as TOML: switches and numbers bare, repeatable settings as arrays.
fn value(arg: &Arg, values: Vec<String>) -> Value {
    let scalar = |text: String| match (text.parse::<i64>(), text.parse::<bool>()) {
        (Ok(number), _) => Value::Integer(number),
        (_, Ok(switch)) if matches!(arg.get_action(), ArgAction::SetTrue) => Value::Boolean(switch),
        _ => Value::String(text),
    };
    match arg.get_action() {
        ArgAction::Append => Value::Array(values.into_iter().map(scalar).collect()),
        _ => values.into_iter().next().map_or(Value::Boolean(false), scalar),
    }
}
