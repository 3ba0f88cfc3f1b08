//! The examples of `--help`: every one is a valid command, and those that only read can be executed.

use regex::Regex;

use crate::support::{Fixture, create_examples};

/// The commands of all examples, without the pipes and redirections around them.
fn examples() -> Vec<String> {
    let substitution = Regex::new(r"\$\([^()]*\)").expect("an expression");
    let mut root = sensuctl::command();
    root.build();
    let (mut examples, mut commands) = (Vec::new(), vec![root]);
    while let Some(command) = commands.pop() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in help.lines().filter_map(|line| line.strip_prefix("  ")) {
            let line = substitution.replace_all(line, "x");
            let words = shell_words::split(&line).expect("words");
            let words = words.iter().skip_while(|word| !word.ends_with("sensuctl"));
            let is_end = |word: &str| ["|", ">", "&&", "||"].contains(&word);
            let words: Vec<_> = words.take_while(|word| !is_end(word)).collect();
            let words =
                words.iter().map(|word| word.trim_start_matches("<(").trim_end_matches(')'));
            let words: Vec<_> = words.collect();
            if !words.is_empty() {
                examples.push(shell_words::join(words));
            }
        }
        commands.extend(command.get_subcommands().cloned());
    }
    examples
}

#[test]
fn every_example_of_the_help_is_valid() {
    let examples = examples();
    assert!(examples.len() > 50, "only {} examples", examples.len());
    for line in &examples {
        let words = shell_words::split(line).expect("words");
        let parsed = sensuctl::command().try_get_matches_from(words);
        assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
    }
}

#[test]
fn examples_that_only_read_can_be_executed() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let (mut executed, mut failures) = (0, String::new());
    for line in examples() {
        let line = line.trim_start_matches("sensuctl ");
        let words: Vec<_> = line.split(' ').collect();
        let is_reading = matches!(
            words.as_slice(),
            ["dump" | "describe-type", ..]
                | ["api", "GET", ..]
                | [_, "list" | "health" | "member-list", ..]
                | ["check" | "event", "info", ..]
        );
        if is_reading {
            executed += 1;
            let output = fixture.home.run(line, "");
            if output.code != 0 {
                failures.push_str(&format!("{line}: {}", output.stderr));
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(executed >= 8, "only {executed} examples");
}
