//! Prompts in a terminal: login, creation, confirmation, passwords.

use serde_json::{Value, json};

use crate::support::{Fixture, Home, Terminal};

#[test]
fn configure_prompts_for_all_values() {
    let fixture = Fixture::new();
    let home = Home::new();
    let mut terminal = Terminal::run(&home, "configure");
    terminal
        .answer("Sensu Backend URL:", &fixture.server.url())
        .answer("Username:", "admin")
        .answer("Password:", "P@ssw0rd!")
        .answer("Namespace:", "");
    // Arrow down, from `tabular`.
    let (screen, code) = terminal.answer("Preferred output format:", "\u{1b}[B").end();
    assert_eq!(code, 0, "{screen}");
    assert_eq!(home.config_file("profile"), json!({"format": "yaml", "namespace": "default"}));
    assert_eq!(home.run("namespace list", "").ok().lines().next(), Some("type: Namespace"));
}

#[test]
fn a_check_is_created_from_answers() {
    let fixture = Fixture::new();
    let mut terminal = Terminal::run(&fixture.home, "check create --interactive");
    for (prompt, answer) in [
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
        terminal.answer(prompt, answer);
    }
    let (screen, code) = terminal.end();
    assert!(screen.ends_with("OK\r\n"), "{screen}");
    assert_eq!(code, 0);
    let check: Value = serde_json::from_str(&fixture.ok("check info check-cpu")).expect("JSON");
    assert_eq!(
        (&check["command"], &check["interval"], &check["subscriptions"], &check["publish"]),
        (&json!("check-cpu.sh"), &json!(60), &json!(["system", "web"]), &json!(true))
    );
}

#[test]
fn a_kind_without_prompts_prompts_for_the_name() {
    let fixture = Fixture::new();
    let (screen, code) =
        Terminal::run(&fixture.home, "namespace create").answer("Namespace Name:", "dev").end();
    assert!(screen.ends_with("Created\r\n") && code == 0, "{screen}");
    let mut terminal = Terminal::run(&fixture.home, "silenced create");
    terminal.answer("Namespace:", "dev").answer("Subscription:", "").answer("Check:", "c");
    terminal.answer("Begin time:", "").answer("Expiry in Seconds:", "60");
    terminal.answer("Expire on Resolve:", "").answer("Reason:", "why");
    let (screen, code) = terminal.end();
    assert!(screen.ends_with("OK\r\n") && code == 0, "{screen}");
    let entry: Value =
        serde_json::from_str(&fixture.ok("--namespace dev silenced info *:c")).expect("JSON");
    assert_eq!((&entry["expire"], &entry["reason"]), (&json!(60), &json!("why")));
}

#[test]
fn a_user_is_created_from_answers() {
    let fixture = Fixture::new();
    let mut terminal = Terminal::run(&fixture.home, "user create");
    terminal.answer("Username:", "carol").answer("Password:", "P@ssw0rd!");
    let (screen, code) = terminal.answer("Groups:", "dev,ops").end();
    assert!(screen.ends_with("Created\r\n") && code == 0, "{screen}");
    let user: Value = serde_json::from_str(&fixture.ok("user info carol")).expect("JSON");
    assert_eq!(user["groups"], json!(["dev", "ops"]));
}

#[test]
fn delete_asks_for_confirmation() {
    let fixture = Fixture::new();
    fixture.ok("hook create h -c x -t 1");
    let prompt = "Are you sure you would like to delete resource 'h'?";
    let (screen, code) = Terminal::run(&fixture.home, "hook delete h").answer(prompt, "").end();
    assert!(screen.contains("Canceled") && code == 0, "{screen}");
    let (screen, code) = Terminal::run(&fixture.home, "hook delete h").answer(prompt, "y").end();
    assert!(screen.ends_with("OK\r\n") && code == 0, "{screen}");
    assert_eq!(fixture.ok("hook list"), "[]\n");
}

#[test]
fn an_invalid_answer_is_asked_for_again() {
    let fixture = Fixture::new();
    let mut terminal = Terminal::run(&fixture.home, "hook create h");
    terminal.answer("Hook Name:", "").answer("Namespace:", "").answer("Command:", "");
    terminal.answer("Value is required", "ps").answer("Timeout:", "x");
    // The invalid answer stays in the line: delete it.
    terminal.answer("not a whole number", "\u{7f}5").answer("STDIN:", "");
    let (screen, code) = terminal.end();
    assert!(screen.ends_with("OK\r\n") && code == 0, "{screen}");
    assert!(fixture.ok("hook info h").contains("\"command\": \"ps\""));
}

#[test]
fn passwords_are_not_echoed() {
    let fixture = Fixture::new();
    let mut terminal = Terminal::run(&fixture.home, "user change-password");
    terminal.answer("Current Password:", "P@ssw0rd!").answer("New Password:", "P@ssw0rd2");
    let (screen, code) = terminal.answer("Confirm Password:", "P@ssw0rd2").end();
    assert!(!screen.contains("P@ssw0rd") && screen.ends_with("Updated\r\n"), "{screen}");
    assert_eq!(code, 0);
}

#[test]
fn colors_are_for_terminals() {
    let fixture = Fixture::new();
    let (screen, code) = Terminal::run(&fixture.home, "namespace list --format tabular").end();
    assert!(screen.contains("\u{1b}[") && code == 0, "{screen:?}");
    assert!(!fixture.ok("namespace list --format tabular").contains('\u{1b}'));
}

#[test]
fn interactive_is_a_flag_of_commands_that_do_not_prompt_otherwise() {
    let fixture = Fixture::new();
    let (screen, code) = Terminal::run(&fixture.home, "namespace create dev --interactive")
        .answer("Namespace Name:", "")
        .end();
    assert!(screen.ends_with("Created\r\n") && code == 0, "{screen}");
    let (screen, code) = Terminal::run(&fixture.home, "namespace create other").end();
    assert!(screen.ends_with("Created\r\n") && code == 0, "{screen}");
    let namespaces = fixture.ok("namespace list");
    assert!(namespaces.contains("\"dev\"") && namespaces.contains("\"other\""), "{namespaces}");

    fixture.ok("check create check-cpu -c true -i 60 -s system");
    let mut terminal = Terminal::run(&fixture.home, "check set-hooks --interactive");
    terminal.answer("Check Name:", "check-cpu").answer("Hook Type:", "critical");
    let (screen, code) = terminal.answer("Hooks:", "processes, memory").end();
    assert!(screen.ends_with("Added\r\n") && code == 0, "{screen}");
    let check: Value = serde_json::from_str(&fixture.ok("check info check-cpu")).expect("JSON");
    assert_eq!(check["check_hooks"], json!([{"critical": ["processes", "memory"]}]));

    let mut terminal = Terminal::run(&fixture.home, "check execute check-cpu --interactive");
    terminal.answer("Check Name:", "").answer("Reason:", "why");
    let (screen, code) = terminal.answer("Subscriptions:", "").end();
    assert!(screen.ends_with("Issued\r\n") && code == 0, "{screen}");

    let mut terminal = Terminal::run(&fixture.home, "user test-creds --interactive");
    let (screen, code) =
        terminal.answer("Username:", "admin").answer("Password:", "P@ssw0rd!").end();
    assert!(screen.ends_with("Authenticated\r\n") && code == 0, "{screen}");
}

#[test]
fn interactive_needs_a_terminal() {
    let fixture = Fixture::new();
    for line in [
        "namespace create dev --interactive",
        "check set-hooks --interactive",
        "check execute --interactive",
        "user test-creds --interactive",
    ] {
        assert_eq!(fixture.fails(line), "Error: prompts need a terminal\n", "{line}");
    }
}
