//! What each `create` asks in a terminal when no flag says it, in which order, and what comes of it.

use std::fmt::Write as _;

use expect_test::expect_file;

use crate::program::Stage;
use crate::terminal::Terminal;

/// A command, its questions with their answers, and what shows the object.
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
fn every_create_asks_its_questions() {
    let stage = Stage::set();
    let movements = regex::Regex::new("\u{1b}\\[[?0-9]*[A-Za-z]").unwrap();
    let mut text = String::new();
    for (line, questions, shows) in CONVERSATIONS {
        writeln!(text, "$ sensuctl {line}").unwrap();
        let mut terminal = Terminal::run(&stage.home, line);
        for (question, answer) in *questions {
            // A question that is not expected keeps the program from ending.
            terminal.answer(question, answer);
            writeln!(text, "{question} {}", answer.replace('\u{1b}', "ESC")).unwrap();
        }
        let (shown, code) = terminal.end();
        assert_eq!(code, 0, "{line}: {shown}");
        let last = shown.trim_end().lines().last().unwrap_or_default();
        let last = movements.replace_all(last, "");
        writeln!(text, "{last}\n$ sensuctl {shows}\n{}", stage.ok(shows)).unwrap();
    }
    expect_file!["golden/questions.txt"].assert_eq(&text);
}

#[test]
fn what_has_only_flags_says_which_are_missing() {
    let stage = Stage::set();
    for (line, said) in [
        ("role create r", "required flag(s) \"verb\", \"resource\" not set"),
        ("cluster-role create r -v get", "required flag(s) \"resource\" not set"),
    ] {
        let (shown, code) = Terminal::run(&stage.home, line).end();
        assert!(shown.contains(said) && code == 1, "{line}: {shown}");
    }
}

#[test]
fn an_interrupted_question_creates_nothing() {
    let stage = Stage::set();
    let mut terminal = Terminal::run(&stage.home, "hook create");
    terminal.answer("Hook Name:", "h").answer("Namespace:", "").type_at("Command:", "\u{3}");
    let (shown, code) = terminal.end();
    assert!(shown.contains("interrupted") && code == 1, "{shown}");
    assert_eq!(stage.ok("hook list"), "[]\n");
}
