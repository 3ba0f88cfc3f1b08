//! Arguments of commands: constructors and readers.

use clap::{Arg, ArgAction, ArgMatches};

/// `--name`, a flag without a value.
pub(crate) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// `--name VALUE`.
pub(crate) fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

/// `--name VALUE,...`, which may be given more than once. Read it with [`list`].
pub(crate) fn list_option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    option(name, value, help).action(ArgAction::Append)
}

/// A required positional argument. Read it with [`required`].
pub(crate) fn positional(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name(value).help(help).required(true)
}

/// Makes an argument a switch: `--flag` is true, `--flag=false` is false.
pub(crate) fn switch(arg: Arg) -> Arg {
    arg.value_name("BOOL")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .hide_possible_values(true)
        .value_parser(clap::value_parser!(bool))
}

/// The value of a required argument: clap rejects a command line without it.
pub(crate) fn required<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map(String::as_str).unwrap_or_default()
}

/// The value of an optional text argument, or of one that this command does not have.
pub(crate) fn optional<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    matches.try_get_one::<String>(name).ok().flatten().map(String::as_str)
}

/// Whether a flag is set. False for a flag that this command does not have.
pub(crate) fn is_set(matches: &ArgMatches, name: &str) -> bool {
    matches.try_get_one::<bool>(name).ok().flatten() == Some(&true)
}

/// The items of a [`list_option`].
pub(crate) fn list<'a>(matches: &'a ArgMatches, name: &str) -> Vec<&'a str> {
    let values = matches.get_many::<String>(name).into_iter().flatten();
    values.flat_map(|value| split_list(value)).collect()
}

/// The items of a comma-separated list, without surrounding blanks and empty items.
pub(crate) fn split_list(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}
