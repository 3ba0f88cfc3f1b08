//! A terminal: questions are asked, and answered by whoever sits there.

use std::process::Command;
use std::time::Duration;

use rexpect::session::PtySession;
use serde_json::{Value, json};

use crate::program::{Home, Stage};

/// What Enter sends.
pub(crate) const ENTER: &str = "\r";

/// A run in a terminal. Waits are bounded by what nobody should have to wait for.
pub(crate) struct Terminal {
    session: PtySession,
}

impl Terminal {
    /// Runs a command line.
    pub(crate) fn run(home: &Home, line: &str) -> Self {
        Self::of(home.command(line))
    }

    /// Runs a command.
    pub(crate) fn of(command: Command) -> Self {
        let longest = Duration::from_secs(60).as_millis().try_into().expect("a number");
        let session = rexpect::session::spawn_command(command, Some(longest));
        Self { session: session.expect("starts") }
    }

    /// Waits for a question, and answers it.
    pub(crate) fn answer(&mut self, question: &str, keys: &str) -> &mut Self {
        self.type_at(question, &format!("{keys}{ENTER}"))
    }

    /// Waits for a question, and presses keys.
    pub(crate) fn type_at(&mut self, question: &str, keys: &str) -> &mut Self {
        let seen = self.session.exp_string(question);
        seen.unwrap_or_else(|error| panic!("{question}: {error}"));
        self.session.send(keys).expect("sent");
        self.session.flush().expect("sent");
        self
    }

    /// Waits for the end; what was shown since the last question, and the exit code.
    pub(crate) fn end(&mut self) -> (String, i32) {
        let shown = self.session.exp_eof().expect("ends");
        let status = self.session.process().wait().expect("ended");
        let rexpect::process::WaitStatus::Exited(_, code) = status else {
            panic!("{status:?}");
        };
        (shown, code)
    }
}

#[test]
fn configure_asks_for_everything() {
    let stage = Stage::set();
    let home = Home::new();
    let mut terminal = Terminal::run(&home, "configure");
    terminal
        .answer("Sensu Backend URL:", &stage.server.url())
        .answer("Username:", "admin")
        .answer("Password:", "P@ssw0rd!")
        .answer("Namespace:", "");
    // One down from `tabular`.
    let (shown, code) = terminal.answer("Preferred output format:", "\u{1b}[B").end();
    assert_eq!(code, 0, "{shown}");
    assert_eq!(home.kept("profile"), json!({"format": "yaml", "namespace": "default"}));
    assert_eq!(home.run("namespace list", "").ok().lines().next(), Some("type: Namespace"));
}

#[test]
fn a_check_is_created_by_answers() {
    let stage = Stage::set();
    let mut terminal = Terminal::run(&stage.home, "check create --interactive");
    for (question, answer) in [
        ("Check Name:", "check-cpu"),
        ("Namespace:", ""),
        ("Command:", "check-cpu.sh"),
        ("Interval:", "60"),
        ("Cron:", ""),
        ("Timeout:", ""),
        ("TTL:", ""),
        ("Subscriptions:", "system,web"),
        ("Handlers:", "slack"),
        ("Runtime Assets:", ""),
        ("Publish:", ""),
        ("Check Proxy Entity Name:", ""),
        ("Check STDIN:", ""),
        ("High Flap Threshold:", ""),
        ("Low Flap Threshold:", ""),
        ("Metric Format:", ""),
        ("Metric Handlers:", ""),
        ("Round Robin:", ""),
    ] {
        terminal.answer(question, answer);
    }
    let (shown, code) = terminal.end();
    assert!(shown.ends_with("OK\r\n"), "{shown}");
    assert_eq!(code, 0);
    let check: Value = serde_json::from_str(&stage.ok("check info check-cpu")).expect("JSON");
    assert_eq!(
        (&check["command"], &check["interval"], &check["subscriptions"], &check["publish"]),
        (&json!("check-cpu.sh"), &json!(60), &json!(["system", "web"]), &json!(true))
    );
}

#[test]
fn what_has_no_questions_is_asked_for_its_name() {
    let stage = Stage::set();
    let (shown, code) =
        Terminal::run(&stage.home, "namespace create").answer("Namespace Name:", "dev").end();
    assert!(shown.ends_with("Created\r\n") && code == 0, "{shown}");
    let mut terminal = Terminal::run(&stage.home, "silenced create");
    terminal.answer("Namespace:", "dev").answer("Subscription:", "").answer("Check:", "c");
    terminal.answer("Begin time:", "").answer("Expiry in Seconds:", "60");
    terminal.answer("Expire on Resolve:", "").answer("Reason:", "why");
    let (shown, code) = terminal.end();
    assert!(shown.ends_with("OK\r\n") && code == 0, "{shown}");
    let entry: Value =
        serde_json::from_str(&stage.ok("--namespace dev silenced info *:c")).expect("JSON");
    assert_eq!((&entry["expire"], &entry["reason"]), (&json!(60), &json!("why")));
}

#[test]
fn a_user_is_created_by_answers() {
    let stage = Stage::set();
    let mut terminal = Terminal::run(&stage.home, "user create");
    terminal.answer("Username:", "carol").answer("Password:", "P@ssw0rd!");
    let (shown, code) = terminal.answer("Groups:", "dev,ops").end();
    assert!(shown.ends_with("Created\r\n") && code == 0, "{shown}");
    let user: Value = serde_json::from_str(&stage.ok("user info carol")).expect("JSON");
    assert_eq!(user["groups"], json!(["dev", "ops"]));
}

#[test]
fn deleting_is_asked_about() {
    let stage = Stage::set();
    stage.ok("hook create h -c x -t 1");
    let question = "Are you sure you would like to delete resource 'h'?";
    let (shown, code) = Terminal::run(&stage.home, "hook delete h").answer(question, "").end();
    assert!(shown.contains("Canceled") && code == 0, "{shown}");
    let (shown, code) = Terminal::run(&stage.home, "hook delete h").answer(question, "y").end();
    assert!(shown.ends_with("OK\r\n") && code == 0, "{shown}");
    assert_eq!(stage.ok("hook list"), "[]\n");
}

#[test]
fn an_answer_that_is_wrong_is_asked_for_again() {
    let stage = Stage::set();
    let mut terminal = Terminal::run(&stage.home, "hook create h");
    terminal.answer("Hook Name:", "").answer("Namespace:", "").answer("Command:", "");
    terminal.answer("Value is required", "ps").answer("Timeout:", "x");
    // The erroneous answer stands there: it is deleted, and another one given.
    terminal.answer("not a whole number", "\u{7f}5").answer("STDIN:", "");
    let (shown, code) = terminal.end();
    assert!(shown.ends_with("OK\r\n") && code == 0, "{shown}");
    assert!(stage.ok("hook info h").contains("\"command\": \"ps\""));
}

#[test]
fn passwords_are_not_shown() {
    let stage = Stage::set();
    let mut terminal = Terminal::run(&stage.home, "user change-password");
    terminal.answer("Current Password:", "P@ssw0rd!").answer("New Password:", "P@ssw0rd2");
    let (shown, code) = terminal.answer("Confirm Password:", "P@ssw0rd2").end();
    assert!(!shown.contains("P@ssw0rd") && shown.ends_with("Updated\r\n"), "{shown}");
    assert_eq!(code, 0);
}

#[test]
fn colours_are_for_terminals() {
    let stage = Stage::set();
    let (shown, code) = Terminal::run(&stage.home, "namespace list --format tabular").end();
    assert!(shown.contains("\u{1b}[") && code == 0, "{shown:?}");
    assert!(!stage.ok("namespace list --format tabular").contains('\u{1b}'));
}
