//! Prompts of `create` in a terminal: their order, and the resulting object.

use std::fmt::Write as _;

use expect_test::expect_file;

use crate::support::{Fixture, Terminal};

/// A command, its prompts with the answers, and the command that shows the object.
type Conversation = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const CONVERSATIONS: &[Conversation] = &[
    ("namespace create", &[("Namespace Name:", "dev")], "namespace info dev"),
    (
        "asset create",
        &[
            ("Asset Name:", "plugins"),
            ("Namespace:", "dev"),
            ("URL:", "http://x/a.tgz"),
            ("SHA-512 Checksum:", SHA512),
            ("Filters:", "entity.system.os == 'linux'"),
        ],
        "--namespace dev asset info plugins",
    ),
    (
        "entity create",
        &[
            ("Entity Name:", "web-1"),
            ("Namespace:", ""),
            ("Entity Class:", "proxy"),
            ("Subscriptions:", "system, web"),
        ],
        "entity info web-1",
    ),
    (
        "filter create",
        &[
            ("Filter Name:", "hourly"),
            ("Namespace:", ""),
            ("Action:", DOWN),
            ("Expressions (comma separated list):", "event.check.occurrences % 60 == 0"),
            ("Runtime Assets:", ""),
        ],
        "filter info hourly",
    ),
    (
        "handler create",
        &[
            ("Handler Name:", "slack"),
            ("Namespace:", ""),
            ("Environment variables:", "A=1,B=2"),
            ("Filters:", "is_incident"),
            ("Mutator:", ""),
            ("Timeout:", "5"),
            ("Type:", ""),
            ("Runtime Assets:", ""),
            ("Command:", "slack.sh"),
        ],
        "handler info slack",
    ),
    (
        "handler create logs",
        &[
            ("Handler Name:", ""),
            ("Namespace:", ""),
            ("Environment variables:", ""),
            ("Filters:", ""),
            ("Mutator:", "hide"),
            ("Timeout:", ""),
            ("Type:", DOWN),
            ("Runtime Assets:", ""),
            ("Socket Host:", "10.0.0.1"),
            ("Socket Port:", "514"),
        ],
        "handler info logs",
    ),
    (
        "handler create both",
        &[
            ("Handler Name:", ""),
            ("Namespace:", ""),
            ("Environment variables:", ""),
            ("Filters:", ""),
            ("Mutator:", ""),
            ("Timeout:", ""),
            ("Type:", UP),
            ("Runtime Assets:", ""),
            ("Handlers:", "slack,logs"),
        ],
        "handler info both",
    ),
    (
        "hook create",
        &[
            ("Hook Name:", "processes"),
            ("Namespace:", ""),
            ("Command:", "ps aux"),
            ("Timeout:", ""),
            ("STDIN:", "true"),
        ],
        "hook info processes",
    ),
    (
        "mutator create",
        &[
            ("Mutator Name:", "hide"),
            ("Namespace:", ""),
            ("Command:", "hide.sh"),
            ("Timeout:", "3"),
            ("Environment variables:", ""),
            ("Runtime Assets:", "plugins"),
        ],
        "mutator info hide",
    ),
];

const DOWN: &str = "\u{1b}[B";
const UP: &str = "\u{1b}[A";
const SHA512: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[test]
fn create_prompts_for_the_values() {
    let fixture = Fixture::new();
    let escapes = regex::Regex::new("\u{1b}\\[[?0-9]*[A-Za-z]").unwrap();
    let mut text = String::new();
    for (line, prompts, info) in CONVERSATIONS {
        writeln!(text, "$ sensuctl {line}").unwrap();
        let mut terminal = Terminal::run(&fixture.home, line);
        for (prompt, answer) in *prompts {
            // The program would not exit after an unexpected prompt.
            terminal.answer(prompt, answer);
            writeln!(text, "{prompt} {}", answer.replace('\u{1b}', "ESC")).unwrap();
        }
        let (screen, code) = terminal.end();
        assert_eq!(code, 0, "{line}: {screen}");
        let last = screen.trim_end().lines().last().unwrap_or_default();
        let last = escapes.replace_all(last, "");
        writeln!(text, "{last}\n$ sensuctl {info}\n{}", fixture.ok(info)).unwrap();
    }
    expect_file!["golden/prompts.txt"].assert_eq(&text);
}

#[test]
fn a_kind_without_prompts_lists_the_missing_flags() {
    let fixture = Fixture::new();
    for (line, message) in [
        ("role create r", "required flag(s) \"verb\", \"resource\" not set"),
        ("cluster-role create r -v get", "required flag(s) \"resource\" not set"),
    ] {
        let (screen, code) = Terminal::run(&fixture.home, line).end();
        assert!(screen.contains(message) && code == 1, "{line}: {screen}");
    }
}

#[test]
fn an_interrupted_prompt_creates_nothing() {
    let fixture = Fixture::new();
    let mut terminal = Terminal::run(&fixture.home, "hook create");
    terminal.answer("Hook Name:", "h").answer("Namespace:", "").type_at("Command:", "\u{3}");
    let (screen, code) = terminal.end();
    assert!(screen.contains("interrupted") && code == 1, "{screen}");
    assert_eq!(fixture.ok("hook list"), "[]\n");
}
