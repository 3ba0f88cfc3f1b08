//! The commands: every argument, flag, default and text, in one golden file.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};
use expect_test::expect_file;
use sensu_tests::Document;

use crate::support::{Home, Kind};

#[test]
fn commands_arguments_and_texts_match_the_golden_file() {
    let mut root = sensuctl::command();
    root.build();
    let mut text = String::new();
    describe(&root, "", &mut text);
    expect_file!["golden/command_tree.txt"].assert_eq(&text);
}

fn describe(command: &Command, above: &str, text: &mut String) {
    let path = format!("{above}{}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    writeln!(text, "{path}  -- {about}").unwrap();
    // `--timeout` is on every command without a field of that name.
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
fn every_command_and_flag_of_sensuctl_5_exists() {
    let root = sensuctl::command();
    let (mut missing, mut flags) = (Vec::new(), 0);
    let lines = include_str!("data/flags.txt").lines().filter(|line| !line.starts_with('#'));
    for (line, expected) in lines.filter_map(|line| line.split_once(':')) {
        let mut words = line.split(' ').filter(|word| !["sensuctl", "5.11"].contains(word));
        let command = words.try_fold(&root, |command, word| command.find_subcommand(word));
        let Some(command) = command else {
            missing.push(line.to_owned());
            continue;
        };
        for flag in expected.split_whitespace() {
            let (short, long) = flag.split_once(',').unwrap_or(("", flag));
            let short = short.chars().last();
            let is_flag = |arg: &Arg| {
                arg.get_long() == Some(long.trim_start_matches('-'))
                    && (short.is_none() || arg.get_short() == short)
            };
            if !command.get_arguments().any(is_flag) {
                missing.push(format!("{line} {flag}"));
            }
            flags += 1;
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(flags > 150, "only {flags} flags");
}

#[test]
fn every_list_has_selectors_limits_and_formats() {
    let (root, home) = (sensuctl::command(), Home::new());
    for kind in Kind::all(&home) {
        let list = kind.group(&root).find_subcommand("list").expect("list");
        let flags: Vec<_> = list.get_arguments().filter_map(Arg::get_long).collect();
        for flag in ["label-selector", "field-selector", "limit", "chunk-size", "format"] {
            assert!(flags.contains(&flag), "{} list --{flag}", kind.command);
        }
        assert_eq!(flags.contains(&"all-namespaces"), kind.is_namespaced, "{}", kind.command);
    }
}

#[test]
fn every_kind_of_the_openapi_document_has_commands() {
    let home = Home::new();
    for documented in Document::committed().kinds() {
        let kind = Kind::named(&home, &documented.plural);
        assert_eq!(kind.is_namespaced, documented.is_namespaced, "{}", kind.name);
    }
}

#[test]
fn every_command_and_argument_has_a_text() {
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
fn help_has_examples_and_writes_no_files() {
    let home = Home::new();
    let out = home.run("--help", "").ok();
    assert!(out.contains("Examples:") && out.contains("cluster-role-binding"), "{out}");
    assert!(home.run("check --help", "").ok().contains("sensuctl check create check-cpu"));
    assert!(!home.config_dir().exists());
    // Usage errors have the exit code of all failures.
    let wrong = home.run("check lost", "");
    assert_eq!((wrong.code, wrong.stdout.as_str()), (1, ""));
    assert!(wrong.stderr.contains("lost"), "{}", wrong.stderr);
}

#[test]
fn the_code_samples_of_the_openapi_document_are_valid_commands() {
    let operations = Document::committed().operations();
    let samples = operations
        .iter()
        .filter_map(|operation| operation.value["x-codeSamples"].as_array())
        .flatten();
    let mut commands = 0;
    for sample in samples.filter(|sample| sample["label"] == "sensuctl") {
        let source = sample["source"].as_str().unwrap();
        let words = shell_words::split(source).unwrap();
        let parsed = sensuctl::command().try_get_matches_from(words);
        assert!(parsed.is_ok(), "{source}: {}", parsed.unwrap_err());
        commands += 1;
    }
    assert!(commands > 80, "only {commands} samples");
}

#[test]
fn completion_scripts_and_manual_pages_cover_all_commands() {
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
