//! `sensuctl create`, `delete`, `dump` and `edit`

use std::fs;
use std::thread;

use sensu_server::import::report::Change;
use serde_json::{Value, json};

use crate::support::{Fixture, RunOutput, create_examples};

#[test]
fn a_dump_can_be_created_on_another_server() {
    for format in ["yaml", "wrapped-json"] {
        let (here, there) = (Fixture::new(), Fixture::new());
        create_examples(&here);
        here.ok(&format!("dump all --all-namespaces --format {format} --file dump"));
        let dump = fs::read_to_string(here.home.path().join("dump")).expect("there");
        // Users are dumped without passwords, and cannot be created without one.
        let output = there.run_with_input("create", &dump);
        assert_eq!(output.stdout, "");
        for line in output.stderr.lines() {
            assert!(line.contains(" User ") || line.starts_with("Error: "), "{}", output.stderr);
        }
        let same = "dump all --omit user --all-namespaces";
        assert_eq!(there.ok(same), here.ok(same), "{format}");
    }
}

#[test]
fn a_dump_can_be_imported_by_a_server() {
    for format in ["yaml", "wrapped-json"] {
        let (here, there) = (Fixture::new(), Fixture::new());
        create_examples(&here);
        here.ok(&format!("dump all --all-namespaces --format {format} --file dump"));
        let dump = here.home.path().join("dump");
        let imported = there.runtime.block_on(there.server.import(std::slice::from_ref(&dump)));
        let imported = imported.expect("is imported");
        // Existing users keep their passwords.
        assert!(!imported.disabled_users.iter().any(|name| name == "admin"), "{imported}");
        let changes: Vec<_> = imported.manifests.iter().flat_map(|m| &m.changes).collect();
        let is_disabled = |change: &&&Change| change.field == "disabled";
        assert_eq!(changes.iter().filter(|c| !is_disabled(c)).count(), 0, "{imported}");
        let same = "dump all --omit user --all-namespaces";
        assert_eq!(there.ok(same), here.ok(same), "{format}");
        // A second import gives the same result.
        let again = there.runtime.block_on(there.server.import(&[dump])).expect("is imported");
        assert_eq!(again.manifests, imported.manifests);
        assert_eq!(there.ok(same), here.ok(same), "{format}");
    }
}

#[test]
fn the_setting_of_tessen_is_shown_changed_dumped_and_created() {
    let fixture = Fixture::new();
    assert!(fixture.ok("tessen info").contains("false"));
    let opted_out = fixture.ok("tessen opt-out --skip-confirm");
    assert!(opted_out.starts_with("Opted out."), "{opted_out}");
    assert_eq!(fixture.ok("tessen info --format json"), "{\n  \"opt_out\": true\n}\n");
    let dump = fixture.ok("dump tessen");
    assert!(dump.contains("type: TessenConfig") && dump.contains("opt_out: true"), "{dump}");
    assert!(!fixture.ok("dump all").contains("TessenConfig"));
    assert_eq!(fixture.ok("tessen opt-in"), "Thank you so much for opting in!\n");
    for line in ["create", "apply"] {
        let output = fixture.run_with_input(line, &dump);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{line}");
        assert!(fixture.ok("tessen info --format json").contains("true"), "{line}");
    }
    let output = fixture.run_with_input("tessen opt-out", "");
    assert!(output.stderr.contains("add --skip-confirm"), "{}", output.stderr);
}

#[test]
fn api_keys_are_not_created_from_files() {
    let fixture = Fixture::new();
    fixture.ok("api-key grant admin");
    let dump = fixture.ok("dump api-key,namespace");
    let advice = "run `sensuctl api-key grant admin`";
    for line in ["create", "apply", "apply --dry-run", "diff"] {
        let output = fixture.run_with_input(line, &dump);
        assert_eq!(output.code, 0, "{line}: {output:?}");
        assert!(output.stderr.starts_with("resource 0: skipped: APIKey "), "{line}: {output:?}");
        assert!(output.stderr.contains(advice), "{line}: {output:?}");
        let output = fixture.run_with_input(&format!("{line} --strict"), &dump);
        assert_ne!(output.code, 0, "{line}: {output:?}");
        assert!(output.stderr.contains(advice), "{line}: {output:?}");
    }
    fixture.run_with_input("delete", &fixture.ok("dump api-key")).ok();
    assert_eq!(fixture.ok("api-key list"), "[]\n");
}

#[test]
fn types_that_the_server_does_not_have_are_skipped_and_reported() {
    let fixture = Fixture::new();
    let namespace =
        json!({"type": "Namespace", "api_version": "core/v2", "metadata": {"name": "dev"}});
    let others = [
        ("secrets/v1", "Secret", "db"),
        ("licensing/v2", "LicenseFile", "sensu"),
        ("core/v3", "EntityConfig", "web-1"),
        ("core/v2", "FallbackPipeline", "fallback"),
    ];
    let mut dump = namespace.to_string();
    for (version, kind, name) in others {
        let other =
            json!({"type": kind, "api_version": version, "metadata": {"name": name}, "spec": {}});
        dump.push_str(&other.to_string());
    }
    for line in ["create", "apply", "diff"] {
        let output = fixture.run_with_input(&format!("{line} --strict"), &dump);
        assert_ne!(output.code, 0, "{line}: {output:?}");
        assert!(output.stderr.contains("resource 1: secrets/v1.Secret db: "), "{output:?}");
    }
    assert!(!fixture.ok("namespace list").contains("dev"), "nothing is sent");
    let output = fixture.run_with_input("create", &dump);
    assert_eq!(output.code, 0, "{output:?}");
    let lines: Vec<_> = output.stderr.lines().collect();
    assert_eq!(lines.len(), others.len(), "{output:?}");
    for ((version, kind, name), (position, line)) in others.iter().zip((1..).zip(lines)) {
        let start = format!("resource {position}: skipped: {version}.{kind} {name}: ");
        assert!(line.starts_with(&start), "{line}");
    }
    assert!(fixture.ok("namespace list").contains("dev"));
    assert_eq!(fixture.run_with_input("delete", &dump).code, 0);
    assert!(!fixture.ok("namespace list").contains("dev"));
}

#[test]
fn an_empty_input_is_an_error() {
    let fixture = Fixture::new();
    fixture.home.write("empty.yaml", "# nothing\n---\n");
    let message = "Error: the input contains no resources\n";
    for line in ["create", "create -f empty.yaml", "apply", "delete"] {
        assert_eq!(fixture.fails(line), message, "{line}");
    }
    let output = fixture.run_with_input("diff", "");
    assert_eq!((output.code, output.stderr.as_str()), (2, message));
}

#[test]
fn files_directories_and_standard_input_are_read() {
    let fixture = Fixture::new();
    let hook = |name: &str| {
        json!({"type": "HookConfig", "api_version": "core/v2", "metadata": {"name": name},
            "spec": {"command": "x", "timeout": 1}})
        .to_string()
    };
    let yaml = "---\ntype: Namespace\napi_version: core/v2\nspec:\n  name: dev\n---\ntype: HookConfig\napi_version: core/v2\nmetadata:\n  name: e\n  namespace: dev\nspec:\n  command: y\n  timeout: 2\n";
    fixture.home.write("one.json", &format!("{}\n{}", hook("a"), hook("b")));
    fixture.home.write("folder/below/two.yml", yaml);
    fixture.home.write("folder/three.json", &hook("c"));
    fixture.home.write("folder/notes.txt", "no manifest");
    fixture.ok("create -f one.json -f folder -r");
    fixture.run_with_input("create -f -", &hook("d")).ok();
    let names = || -> Vec<String> {
        let hooks: Vec<Value> =
            serde_json::from_str(&fixture.ok("hook list --all-namespaces")).expect("a list");
        let name = |hook: &Value| hook["metadata"]["name"].as_str().expect("a name").to_owned();
        hooks.iter().map(name).collect()
    };
    assert_eq!(names(), ["a", "b", "c", "d", "e"]);
    assert!(fixture.fails("create -f folder").contains("--recursive"));
    assert!(fixture.fails("create -f missing.yaml").contains("missing.yaml"));
    fixture.ok("delete -f one.json -f folder -r");
    assert_eq!(names(), ["d"]);
    assert!(!fixture.ok("namespace list").contains("dev"));
}

#[test]
fn an_invalid_manifest_is_named_and_nothing_is_sent() {
    let fixture = Fixture::new();
    let good = json!({"type": "Namespace", "spec": {"name": "dev"}});
    for (invalid, message) in [
        (json!({"type": "Bogus", "metadata": {"name": "x"}}), "resource 1: unknown type \"Bogus\""),
        (
            json!({"type": "Mutator", "metadata": {"name": "x"}, "spec": {"bogus": 1}}),
            "resource 1: unknown field \"bogus\"",
        ),
        (json!({"type": "Mutator", "spec": {"command": "x"}}), "resource 1: Mutator has no name"),
    ] {
        let output = fixture.run_with_input("create", &format!("{good}\n{invalid}"));
        assert_eq!((output.code, output.stdout.as_str()), (1, ""));
        assert!(output.stderr.contains(message), "{}", output.stderr);
        assert!(
            output.stderr.ends_with("Error: some resources couldn't be parsed\n"),
            "{}",
            output.stderr
        );
    }
    assert!(!fixture.ok("namespace list").contains("dev"));
    // An object that the server rejects does not stop the others.
    let rejected =
        json!({"type": "Mutator", "metadata": {"name": "a b"}, "spec": {"command": "x"}});
    let output = fixture.run_with_input("create", &format!("{rejected}\n{good}"));
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.starts_with("resource 0: Mutator a b: mutator name cannot contain"),
        "{output:?}"
    );
    assert!(output.stderr.ends_with("Error: 1 of 2 resources failed\n"), "{}", output.stderr);
    assert!(fixture.ok("namespace list").contains("dev"));
}

fn edit(fixture: &Fixture, line: &str, editor: &str) -> RunOutput {
    fixture.home.write("editor.sh", &format!("#!/bin/sh\n{editor}\n"));
    let mut command = fixture.home.command(line);
    command.env("EDITOR", "sh editor.sh");
    RunOutput::of(command, "")
}

#[test]
fn an_edited_object_is_sent_if_the_text_changed() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let output =
        edit(&fixture, "edit check check-cpu", r#"sed -i 's/check-cpu.sh/new.sh/' "$1""#).ok();
    assert_eq!(output, "Updated /apis/core/v2/namespaces/default/checks/check-cpu\n");
    assert!(fixture.ok("check info check-cpu").contains("\"command\": \"new.sh\""));
    let output = edit(&fixture, "edit check check-cpu --format yaml", "true").ok();
    assert_eq!(output, "", "nothing is sent");
    let output = edit(
        &fixture,
        "edit event web-1 check-cpu --format yaml",
        r#"sed -i 's/status: 2/status: 1/' "$1""#,
    );
    assert!(output.ok().starts_with("Updated "));
    let output = edit(&fixture, "edit check check-cpu", "exit 3");
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("nothing was changed"), "{}", output.stderr);
}

#[test]
fn a_rejected_text_is_kept_in_a_file() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let output =
        edit(&fixture, "edit hook processes", r#"echo '{"type": "Hook", "lost": ' > "$1""#);
    assert_eq!(output.code, 1);
    let (_, rest) = output.stderr.split_once("your text is in ").expect("a path");
    let path = rest.split(':').next().expect("a path").trim();
    assert!(fs::read_to_string(path).expect("exists").contains("lost"));
    fs::remove_file(path).expect("removed");
}

#[test]
fn an_edit_does_not_overwrite_concurrent_changes() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let program = env!("CARGO_BIN_EXE_sensuctl");
    let script = format!(
        r#"sed -i 's/check-cpu.sh/mine.sh/' "$1"; {program} check set-timeout check-cpu 9"#
    );
    let output = edit(&fixture, "edit check check-cpu", &script);
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("another client has changed the object in the meantime"),
        "{}",
        output.stderr
    );
    let (_, rest) = output.stderr.split_once("your text is in ").expect("a path");
    fs::remove_file(rest.split(':').next().expect("a path").trim()).expect("removed");
    let check: Value = serde_json::from_str(&fixture.ok("check info check-cpu")).expect("JSON");
    assert_eq!((&check["command"], &check["timeout"]), (&json!("check-cpu.sh"), &json!(9)));
}

#[test]
fn concurrent_setters_lose_no_change() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let lines = [
        "check set-timeout check-cpu 9",
        "check set-ttl check-cpu 600",
        "check set-command check-cpu new.sh",
        "check set-handlers check-cpu a,b",
        "check set-subscriptions check-cpu c",
        "check set-proxy-entity-name check-cpu p",
    ];
    thread::scope(|scope| {
        for line in lines {
            let fixture = &fixture;
            scope.spawn(move || assert_eq!(fixture.home.run(line, "").ok(), "Updated\n", "{line}"));
        }
    });
    let check: Value = serde_json::from_str(&fixture.ok("check info check-cpu")).expect("JSON");
    let changed = ["timeout", "ttl", "command", "handlers", "subscriptions", "proxy_entity_name"];
    let changed: Vec<_> = changed.iter().map(|field| check[*field].clone()).collect();
    assert_eq!(json!(changed), json!([9, 600, "new.sh", ["a", "b"], ["c"], "p"]));
}

#[test]
fn edit_blank_creates_an_object() {
    let fixture = Fixture::new();
    let fill = r#"sed -i 's/"name": ""/"name": "new"/; s/"command": ""/"command": "x"/; s/"timeout": 0/"timeout": 7/' "$1""#;
    let output = edit(&fixture, "edit hook --blank", fill).ok();
    assert_eq!(output, "Updated /apis/core/v2/namespaces/default/hooks/new\n");
    let created: Value = serde_json::from_str(&fixture.ok("hook info new")).expect("JSON");
    assert_eq!((&created["command"], &created["timeout"]), (&json!("x"), &json!(7)));
}

#[test]
fn proxy_requests_and_subdue_are_read_from_files() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    fixture
        .run_with_input("check set-proxy-requests check-cpu", r#"{"entity_attributes": ["true"]}"#)
        .ok();
    let subdue = r#"{"days": {"all": [{"begin": "5:00PM", "end": "8:00AM"}]}}"#;
    fixture.home.write("subdue.json", subdue);
    fixture.ok("check set-subdue check-cpu -f subdue.json");
    let check: Value = serde_json::from_str(&fixture.ok("check info check-cpu")).expect("JSON");
    assert_eq!(check["proxy_requests"]["splay_coverage"], 90);
    assert_eq!(check["subdue"]["days"]["all"][0]["begin"], "5:00PM");
    fixture.ok("check remove-subdue check-cpu");
    fixture.ok("check remove-proxy-requests check-cpu");
    let check: Value = serde_json::from_str(&fixture.ok("check info check-cpu")).expect("JSON");
    assert_eq!((&check["subdue"], check.get("proxy_requests")), (&Value::Null, None));
    for invalid in ["[]", "7", r#""x""#] {
        let output = fixture.run_with_input("check set-proxy-requests check-cpu", invalid);
        assert_eq!(output.code, 1, "{output:?}");
        assert!(output.stderr.contains("proxy_requests: invalid type"), "{output:?}");
    }
}
