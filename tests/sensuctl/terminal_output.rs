//! Output in a terminal: the editor, progress bars, colors.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Fixture, Home, Kind, RunOutput, Terminal, create_examples};

/// Runs `edit` in a terminal, with a script as the editor that needs the terminal.
fn edit(fixture: &Fixture, line: &str, script: &str) -> (String, i32) {
    let needs = r#"test -t 0 && test -t 1 || exit 9
echo "editing $(basename "$1" | sed 's/.*[.]//')"
read -r answer
"#;
    fixture.home.write("editor.sh", &format!("{needs}{script}\n"));
    let mut command = fixture.home.command(line);
    command.env("EDITOR", "sh editor.sh");
    let mut terminal = Terminal::of(command);
    terminal.answer("editing json", "go on");
    terminal.end()
}

#[test]
fn the_editor_uses_the_terminal() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let change = r#"sed -i 's/ps aux/ps -ef/' "$1""#;
    let (screen, code) = edit(&fixture, "edit hook processes", change);
    assert!(screen.ends_with("Updated /apis/core/v2/namespaces/default/hooks/processes\r\n"));
    assert_eq!(code, 0, "{screen}");
    assert!(fixture.ok("hook info processes").contains("ps -ef"));
    let (screen, code) = edit(&fixture, "edit hook processes", "true");
    assert!(!screen.contains("Updated") && code == 0, "{screen}");
    let wrong = r#"sed -i 's/"timeout": 5/"timeout": 0/' "$1""#;
    let (screen, code) = edit(&fixture, "edit hook processes", wrong);
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("hook timeout must be greater than 0"), "{screen}");
    let (_, rest) = screen.split_once("your text is in ").expect("where it is");
    let path = rest.split(':').next().expect("a path").trim();
    let text = fs::read_to_string(path).expect("exists");
    fs::remove_file(path).expect("removed");
    let edited: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(edited["spec"]["timeout"], 0);
    let hook: Value = serde_json::from_str(&fixture.ok("hook info processes")).expect("JSON");
    assert_eq!(hook["timeout"], 5, "nothing was written");
}

/// A file with hooks.
fn hooks(count: usize) -> String {
    let hook = |number| {
        json!({"type": "HookConfig", "metadata": {"name": format!("h{number}")},
            "spec": {"command": "x", "timeout": 1}})
        .to_string()
    };
    (0..count).map(hook).collect::<Vec<_>>().join("\n")
}

#[test]
fn many_objects_have_a_progress_bar_in_a_terminal_only() {
    let fixture = Fixture::new();
    fixture.home.write("many.json", &hooks(40));
    fixture.home.write("few.json", &hooks(3));
    let types = format!("/{}", Kind::all(&fixture.home).len());
    for (line, steps) in [
        ("create -f many.json", "/40"),
        ("apply -f many.json", "/40"),
        ("diff -f many.json", "/40"),
        ("dump all --file dump.yaml", types.as_str()),
        ("delete -f many.json", "/40"),
    ] {
        let (screen, code) = Terminal::run(&fixture.home, line).end();
        assert!(screen.contains(steps) && code == 0, "{line}: {screen:?}");
    }
    let (screen, _) = Terminal::run(&fixture.home, "create -f few.json").end();
    assert_eq!(screen, "", "few objects have none");
    for line in [
        "create -f many.json",
        "apply -f many.json",
        "dump all --file dump.yaml",
        "delete -f many.json",
    ] {
        let output = fixture.home.run(line, "");
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{line}");
        assert!(!output.stdout.contains(['\u{1b}', '\r']), "{line}: {}", output.stdout);
    }
}

#[test]
fn no_color_disables_colors() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let file = r#"{"type": "Namespace", "spec": {"name": "new"}}"#;
    fixture.home.write("new.json", file);
    for line in [
        "namespace list --format tabular",
        "check info check-cpu --format tabular",
        "config view --format tabular",
        "cluster health --format tabular",
        "diff -f new.json",
        "check list --no-such-flag",
        "--help",
    ] {
        let screen = |variable: &str| {
            let mut command = fixture.home.command(line);
            command.env(variable, "1");
            Terminal::of(command).end().0
        };
        assert!(screen("UNRELATED").contains("\u{1b}["), "{line}");
        assert!(!screen("NO_COLOR").contains("\u{1b}["), "{line}");
        let piped = fixture.home.run(line, "");
        assert!(!format!("{}{}", piped.stdout, piped.stderr).contains('\u{1b}'), "{line}");
    }
}

#[test]
fn nothing_prompts_without_a_terminal() {
    let home = Home::new();
    for line in ["configure", "hook delete h", "user create carol", "hook create"] {
        let output = RunOutput::of(home.command(line), "y\n");
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{line}");
        assert!(output.stderr.starts_with("Error: "), "{line}: {}", output.stderr);
    }
}

/// Text that moves the cursor, sets the title, changes colors and reverses the direction.
const HOSTILE: &str = "a\u{1b}]0;title\u{7}\u{1b}[2Jb\u{202e}c\u{9b}31m\u{2066}d\u{8}\u{7f}";

/// Characters of a text that control a terminal, except for line breaks and the colors of the program.
fn controls(text: &str) -> String {
    // The progress bar clears its line.
    let mut plain = text.replace("\r\n", "\n").replace("\r\u{1b}[2K", "");
    for color in ["0", "1", "39", "38;5;12", "97", "31", "32", "36", "34", "94"] {
        plain = plain.replace(&format!("\u{1b}[{color}m"), "");
    }
    let is_control = |c: &char| {
        (c.is_control() && *c != '\n')
            || ('\u{202a}'..='\u{202e}').contains(c)
            || ('\u{2066}'..='\u{2069}').contains(c)
    };
    plain.chars().filter(is_control).collect()
}

#[test]
fn texts_of_the_server_cannot_control_the_terminal() {
    let fixture = Fixture::new();
    let hook = json!({"type": "HookConfig", "metadata": {"name": "h", "labels": {"l": HOSTILE}},
        "spec": {"command": HOSTILE, "timeout": 1}});
    let check = json!({"type": "CheckConfig", "metadata": {"name": "c", "annotations": {"a": HOSTILE}},
        "spec": {"command": HOSTILE, "interval": 1, "subscriptions": [HOSTILE]}});
    fixture.home.write("hostile.json", &format!("{hook}\n{check}"));
    fixture.ok("create -f hostile.json");
    let changed = hook.to_string().replace(r#""timeout":1"#, r#""timeout":2"#);
    fixture.home.write("changed.json", &changed);
    for line in [
        "hook list",
        "hook info h",
        "check list",
        "check info c",
        "check list --format tabular",
        "check info c --format tabular",
        "hook info h --format tabular",
        "hook info h --format json",
        "hook info h --format yaml",
        "hook list --format wrapped-json",
        "hook info h --format jq=.command",
        "hook info h --format jsonpath=$.command",
        "dump all",
        "diff -f changed.json",
        "api /apis/core/v2/namespaces/default/hooks/h",
        "api /apis/core/v2/namespaces/default/hooks/h -i",
    ] {
        let (screen, _) = Terminal::run(&fixture.home, line).end();
        // The terminal of the test reads each byte as a character.
        let bytes = screen.chars().filter_map(|c| u8::try_from(c).ok()).collect();
        let screen = String::from_utf8(bytes).expect("UTF-8");
        assert!(screen.contains("title"), "{line}: {screen:?}");
        assert_eq!(controls(&screen), "", "{line}: {screen:?}");
    }
    // Also without a terminal, except for bare strings, which are what was asked for.
    for line in ["hook info h --format json", "hook info h --format yaml", "dump all"] {
        assert_eq!(controls(&fixture.ok(line)), "", "{line}");
    }
    assert_eq!(fixture.ok("hook info h --format jq=.command").trim_end_matches('\n'), HOSTILE);
    // What was dumped can be created again.
    let dumped = fixture.ok("dump all");
    fixture.home.write("dumped.yaml", &dumped);
    fixture.ok("create -f dumped.yaml");
    assert_eq!(fixture.ok("dump all"), dumped);
}

#[test]
fn errors_of_a_server_cannot_control_the_terminal() {
    let runtime = crate::support::runtime();
    let server = runtime.block_on(wiremock::MockServer::start());
    let error = json!({ "message": HOSTILE, "code": 5 });
    let response = wiremock::ResponseTemplate::new(401).set_body_json(error);
    let mock = wiremock::Mock::given(wiremock::matchers::any()).respond_with(response);
    runtime.block_on(mock.mount(&server));
    let home = Home::new();
    let line = format!("configure -n --url {} --username a --password b", server.uri());
    let output = home.run(&line, "");
    assert!(output.stderr.contains("title"), "{output:?}");
    assert_eq!(controls(&output.stderr), "");
}
