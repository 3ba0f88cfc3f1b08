//! What a terminal shows that a pipe does not: an editor, progress, colours.

use std::fs;

use serde_json::{Value, json};

use crate::lists::furnish;
use crate::program::{Home, Ran, Stage};
use crate::terminal::Terminal;

/// A run of `edit` in a terminal, where the editor is a script that needs the terminal.
fn edit(stage: &Stage, line: &str, script: &str) -> (String, i32) {
    let needs = r#"test -t 0 && test -t 1 || exit 9
echo "editing $(basename "$1" | sed 's/.*[.]//')"
read -r answer
"#;
    stage.home.write("editor.sh", &format!("{needs}{script}\n"));
    let mut command = stage.home.command(line);
    command.env("EDITOR", "sh editor.sh");
    let mut terminal = Terminal::of(command);
    terminal.answer("editing json", "go on");
    terminal.end()
}

#[test]
fn an_editor_has_the_terminal() {
    let stage = Stage::set();
    furnish(&stage);
    let change = r#"sed -i 's/ps aux/ps -ef/' "$1""#;
    let (shown, code) = edit(&stage, "edit hook processes", change);
    assert!(shown.ends_with("Updated /apis/core/v2/namespaces/default/hooks/processes\r\n"));
    assert_eq!(code, 0, "{shown}");
    assert!(stage.ok("hook info processes").contains("ps -ef"));
    let (shown, code) = edit(&stage, "edit hook processes", "true");
    assert!(!shown.contains("Updated") && code == 0, "{shown}");
    let wrong = r#"sed -i 's/"timeout": 5/"timeout": 0/' "$1""#;
    let (shown, code) = edit(&stage, "edit hook processes", wrong);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("hook timeout must be greater than 0"), "{shown}");
    let (_, rest) = shown.split_once("your text is in ").expect("where it is");
    let path = rest.split(':').next().expect("a path").trim();
    let kept = fs::read_to_string(path).expect("kept");
    fs::remove_file(path).expect("removed");
    let kept: Value = serde_json::from_str(&kept).expect("JSON");
    assert_eq!(kept["spec"]["timeout"], 0);
    let hook: Value = serde_json::from_str(&stage.ok("hook info processes")).expect("JSON");
    assert_eq!(hook["timeout"], 5, "the server has what it had");
}

/// Hooks, as one file.
fn many(count: usize) -> String {
    let hook = |number| {
        json!({"type": "HookConfig", "metadata": {"name": format!("h{number}")},
            "spec": {"command": "x", "timeout": 1}})
        .to_string()
    };
    (0..count).map(hook).collect::<Vec<_>>().join("\n")
}

#[test]
fn long_work_shows_its_progress_in_a_terminal_only() {
    let stage = Stage::set();
    stage.home.write("many.json", &many(40));
    stage.home.write("few.json", &many(3));
    for (line, steps) in [
        ("create -f many.json", "/40"),
        ("apply -f many.json", "/40"),
        ("diff -f many.json", "/40"),
        ("dump all --file dump.yaml", "/16"),
        ("delete -f many.json", "/40"),
    ] {
        let (shown, code) = Terminal::run(&stage.home, line).end();
        assert!(shown.contains(steps) && code == 0, "{line}: {shown:?}");
    }
    let (shown, _) = Terminal::run(&stage.home, "create -f few.json").end();
    assert_eq!(shown, "", "little work has none");
    for line in [
        "create -f many.json",
        "apply -f many.json",
        "dump all --file dump.yaml",
        "delete -f many.json",
    ] {
        let ran = stage.home.run(line, "");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{line}");
        assert!(!ran.out.contains(['\u{1b}', '\r']), "{line}: {}", ran.out);
    }
}

#[test]
fn who_wants_no_colours_gets_none() {
    let stage = Stage::set();
    furnish(&stage);
    let file = r#"{"type": "Namespace", "spec": {"name": "new"}}"#;
    stage.home.write("new.json", file);
    for line in [
        "namespace list --format tabular",
        "check info check-cpu --format tabular",
        "config view --format tabular",
        "cluster health --format tabular",
        "diff -f new.json",
        "check list --no-such-flag",
        "--help",
    ] {
        let shown = |variable: &str| {
            let mut command = stage.home.command(line);
            command.env(variable, "1");
            Terminal::of(command).end().0
        };
        assert!(shown("UNRELATED").contains("\u{1b}["), "{line}: colours in a terminal");
        assert!(!shown("NO_COLOR").contains("\u{1b}["), "{line}: none if somebody says so");
        let piped = stage.home.run(line, "");
        assert!(!format!("{}{}", piped.out, piped.err).contains('\u{1b}'), "{line}");
    }
}

#[test]
fn nothing_is_asked_without_a_terminal() {
    let home = Home::new();
    for line in ["configure", "hook delete h", "user create carol", "hook create"] {
        let ran = Ran::of(home.command(line), "y\n");
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{line}");
        assert!(ran.err.starts_with("Error: "), "{line}: {}", ran.err);
    }
}
