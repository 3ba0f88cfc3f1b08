//! The whole surface: every command, argument, flag, default and text, in one golden file.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};
use expect_test::expect_file;

use crate::program::Home;

#[test]
fn the_surface_is_pinned() {
    let mut root = sensuctl::command();
    root.build();
    let mut text = String::new();
    describe(&root, "", &mut text);
    expect_file!["golden/surface.txt"].assert_eq(&text);
}

fn describe(command: &Command, above: &str, text: &mut String) {
    let path = format!("{above}{}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    writeln!(text, "{path}  -- {about}").unwrap();
    // `--timeout` may stand wherever it is not a field of a resource.
    let is_global = |arg: &Arg| arg.is_global_set() || arg.get_id() == "request-timeout";
    let own = |arg: &&Arg| above.is_empty() == is_global(arg) && arg.get_id() != "help";
    for arg in command.get_arguments().filter(own) {
        writeln!(text, "    {}", line(arg)).unwrap();
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        describe(below, &format!("{path} "), text);
    }
}

fn line(arg: &Arg) -> String {
    let mut line = String::new();
    if let Some(short) = arg.get_short() {
        write!(line, "-{short}, ").unwrap();
    }
    match arg.get_long() {
        Some(long) => write!(line, "--{long}").unwrap(),
        None => write!(line, "{}", arg.get_id()).unwrap(),
    }
    let alone =
        matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::Help | ArgAction::Version);
    if !alone {
        for name in arg.get_value_names().unwrap_or_default() {
            write!(line, " {name}").unwrap();
        }
    }
    if arg.is_required_set() {
        line.push_str(" (required)");
    }
    if matches!(arg.get_action(), ArgAction::Append) {
        line.push_str(" (repeatable)");
    }
    for default in arg.get_default_values().iter().filter(|_| !alone) {
        write!(line, " [default: {}]", default.to_string_lossy()).unwrap();
    }
    if let Some(variable) = arg.get_env() {
        write!(line, " [env: {}]", variable.to_string_lossy()).unwrap();
    }
    match arg.get_help() {
        Some(help) => format!("{line}  {help}"),
        None => line,
    }
}

#[test]
fn every_list_can_be_narrowed_down() {
    let root = sensuctl::command();
    let mut lists = 0;
    for group in root.get_subcommands() {
        let Some(list) = group.find_subcommand("list") else { continue };
        let flags: Vec<_> = list.get_arguments().filter_map(Arg::get_long).collect();
        for flag in ["label-selector", "field-selector", "limit", "chunk-size", "format"] {
            assert!(flags.contains(&flag), "{} list --{flag}", group.get_name());
        }
        let has_one_list = ["api-key", "cluster-role", "cluster-role-binding", "namespace", "user"];
        let everywhere = flags.contains(&"all-namespaces");
        assert_eq!(everywhere, !has_one_list.contains(&group.get_name()), "{}", group.get_name());
        lists += 1;
    }
    assert_eq!(lists, 17);
}

#[test]
fn every_command_explains_itself() {
    let mut root = sensuctl::command();
    root.build();
    let mut commands = vec![root];
    while let Some(command) = commands.pop() {
        assert!(command.get_about().is_some(), "{} has no text", command.get_name());
        for arg in command.get_arguments() {
            assert!(arg.get_help().is_some() || arg.is_hide_set(), "{arg} of {command}");
        }
        commands.extend(command.get_subcommands().cloned());
    }
}

#[test]
fn help_is_shown_with_examples_and_nothing_else_is_touched() {
    let home = Home::new();
    let out = home.run("--help", "").ok();
    assert!(out.contains("Examples:") && out.contains("cluster-role-binding"), "{out}");
    assert!(home.run("check --help", "").ok().contains("sensuctl check create check-cpu"));
    assert!(!home.configuration().exists());
    // A mistake is told on the standard error, with the exit code of every failure.
    let wrong = home.run("check lost", "");
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""));
    assert!(wrong.err.contains("lost"), "{}", wrong.err);
}

/// The published document shows each operation as a command of this program, too.
#[test]
fn the_samples_of_the_document_are_commands() {
    let document = include_str!("../../openapi/sensu-core-v2.json");
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.filter_map(serde_json::Value::as_object).flat_map(|path| path.values());
    let samples =
        operations.filter_map(|operation| operation["x-codeSamples"].as_array()).flatten();
    let mut commands = 0;
    for sample in samples.filter(|sample| sample["label"] == "sensuctl") {
        let source = sample["source"].as_str().unwrap();
        let words = shell_words::split(source).unwrap();
        let read = sensuctl::command().try_get_matches_from(words);
        assert!(read.is_ok(), "{source}: {}", read.unwrap_err());
        commands += 1;
    }
    assert!(commands > 80, "only {commands} samples");
}

#[test]
fn scripts_and_pages_are_made_for_all_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.run(&format!("completion {shell}"), "").ok();
        assert!(script.contains("cluster-role-binding") && script.contains("set-subscriptions"));
    }
    assert!(home.run("man", "").ok().contains(".TH sensuctl 1"));
    assert!(home.run("man check create", "").ok().contains("subscriptions"));
    home.run("man --directory .", "").ok();
    let page = home.path().join("sensuctl-check-create.1");
    assert!(page.exists());
}
