//! Documents: created, dumped, edited and deleted.

use std::fs;
use std::thread;

use serde_json::{Value, json};

use crate::lists::furnish;
use crate::program::{Ran, Stage};

#[test]
fn what_is_dumped_can_be_created_elsewhere() {
    for format in ["yaml", "wrapped-json"] {
        let (here, there) = (Stage::set(), Stage::set());
        furnish(&here);
        here.ok(&format!("dump all --all-namespaces --format {format} --file dump"));
        let dump = fs::read_to_string(here.home.path().join("dump")).expect("there");
        // Users are dumped without their passwords, which nobody can see.
        let ran = there.feeds("create", &dump);
        assert_eq!(ran.out, "");
        for line in ran.err.lines() {
            assert!(line.contains(" User ") || line.starts_with("Error: "), "{}", ran.err);
        }
        let same = "dump all --omit user --all-namespaces";
        assert_eq!(there.ok(same), here.ok(same), "{format}");
    }
}

#[test]
fn what_is_dumped_can_be_imported_by_a_server() {
    for format in ["yaml", "wrapped-json"] {
        let (here, there) = (Stage::set(), Stage::set());
        furnish(&here);
        here.ok(&format!("dump all --all-namespaces --format {format} --file dump"));
        let dump = here.home.path().join("dump");
        let imported = there.runtime.block_on(there.server.import(std::slice::from_ref(&dump)));
        let imported = imported.expect("is imported");
        // Nobody can see passwords; those who are there already keep theirs.
        assert!(!imported.disabled.iter().any(|name| name == "admin"), "{imported}");
        assert_eq!(imported.dropped.len(), 0, "{imported}");
        let same = "dump all --omit user --all-namespaces";
        assert_eq!(there.ok(same), here.ok(same), "{format}");
        // Again, over itself: nothing is counted twice.
        let again = there.runtime.block_on(there.server.import(&[dump])).expect("is imported");
        assert_eq!(again, imported);
        assert_eq!(there.ok(same), here.ok(same), "{format}");
    }
}

#[test]
fn api_keys_are_not_created_from_files() {
    let stage = Stage::set();
    stage.ok("api-key grant admin");
    let dump = stage.ok("dump api-key,namespace");
    for line in ["create", "apply", "apply --dry-run", "diff"] {
        let ran = stage.feeds(line, &dump);
        assert_ne!(ran.code, 0, "{line}");
        assert!(ran.err.contains("run `sensuctl api-key grant admin`"), "{line}: {}", ran.err);
        assert!(ran.err.ends_with("Error: 1 of 2 resources failed\n"), "{line}: {}", ran.err);
    }
    stage.feeds("delete", &stage.ok("dump api-key")).ok();
    assert_eq!(stage.ok("api-key list"), "[]\n");
}

#[test]
fn files_folders_and_input_are_created_and_deleted() {
    let stage = Stage::set();
    let hook = |name: &str| {
        json!({"type": "HookConfig", "api_version": "core/v2", "metadata": {"name": name},
            "spec": {"command": "x", "timeout": 1}})
        .to_string()
    };
    let yaml = "---\ntype: Namespace\napi_version: core/v2\nspec:\n  name: dev\n---\ntype: HookConfig\napi_version: core/v2\nmetadata:\n  name: e\n  namespace: dev\nspec:\n  command: y\n  timeout: 2\n";
    stage.home.write("one.json", &format!("{}\n{}", hook("a"), hook("b")));
    stage.home.write("folder/below/two.yml", yaml);
    stage.home.write("folder/three.json", &hook("c"));
    stage.home.write("folder/notes.txt", "not for us");
    stage.ok("create -f one.json -f folder -r");
    stage.feeds("create -f -", &hook("d")).ok();
    let names = || -> Vec<String> {
        let hooks: Vec<Value> =
            serde_json::from_str(&stage.ok("hook list --all-namespaces")).expect("a list");
        let name = |hook: &Value| hook["metadata"]["name"].as_str().expect("a name").to_owned();
        hooks.iter().map(name).collect()
    };
    assert_eq!(names(), ["a", "b", "c", "d", "e"]);
    assert!(stage.fails("create -f folder").contains("--recursive"));
    assert!(stage.fails("create -f missing.yaml").contains("missing.yaml"));
    stage.ok("delete -f one.json -f folder -r");
    assert_eq!(names(), ["d"]);
    assert!(!stage.ok("namespace list").contains("dev"));
}

#[test]
fn what_cannot_be_created_is_named_and_nothing_is_sent() {
    let stage = Stage::set();
    let good = json!({"type": "Namespace", "spec": {"name": "dev"}});
    for (bad, said) in [
        (json!({"type": "Bogus", "metadata": {"name": "x"}}), "resource 1: unknown type \"Bogus\""),
        (
            json!({"type": "Mutator", "metadata": {"name": "x"}, "spec": {"bogus": 1}}),
            "resource 1: unknown field \"bogus\"",
        ),
        (
            json!({"type": "Mutator", "api_version": "core/v3", "metadata": {"name": "x"}}),
            "unknown api_version \"core/v3\"",
        ),
        (json!({"type": "Mutator", "spec": {"command": "x"}}), "resource 1: Mutator has no name"),
    ] {
        let ran = stage.feeds("create", &format!("{good}\n{bad}"));
        assert_eq!((ran.code, ran.out.as_str()), (1, ""));
        assert!(ran.err.contains(said), "{}", ran.err);
        assert!(ran.err.ends_with("Error: some resources couldn't be parsed\n"), "{}", ran.err);
    }
    assert!(!stage.ok("namespace list").contains("dev"));
    // The server has the last word; the others are created all the same.
    let refused = json!({"type": "Mutator", "metadata": {"name": "a b"}, "spec": {"command": "x"}});
    let ran = stage.feeds("create", &format!("{refused}\n{good}"));
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("resource 0: Mutator a b: mutator name cannot contain"), "{ran:?}");
    assert!(ran.err.ends_with("Error: 1 of 2 resources failed\n"), "{}", ran.err);
    assert!(stage.ok("namespace list").contains("dev"));
}

fn edit(stage: &Stage, line: &str, editor: &str) -> Ran {
    stage.home.write("editor.sh", &format!("#!/bin/sh\n{editor}\n"));
    let mut command = stage.home.command(line);
    command.env("EDITOR", "sh editor.sh");
    Ran::of(command, "")
}

#[test]
fn an_object_is_edited() {
    let stage = Stage::set();
    furnish(&stage);
    let said = edit(&stage, "edit check check-cpu", r#"sed -i 's/check-cpu.sh/new.sh/' "$1""#).ok();
    assert_eq!(said, "Updated /apis/core/v2/namespaces/default/checks/check-cpu\n");
    assert!(stage.ok("check info check-cpu").contains("\"command\": \"new.sh\""));
    let said = edit(&stage, "edit check check-cpu --format yaml", "true").ok();
    assert_eq!(said, "", "nothing changed, nothing sent");
    let said = edit(
        &stage,
        "edit event web-1 check-cpu --format yaml",
        r#"sed -i 's/status: 2/status: 1/' "$1""#,
    );
    assert!(said.ok().starts_with("Updated "));
    let ran = edit(&stage, "edit check check-cpu", "exit 3");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("nothing was changed"), "{}", ran.err);
}

#[test]
fn a_text_that_is_refused_is_not_lost() {
    let stage = Stage::set();
    furnish(&stage);
    let ran = edit(&stage, "edit hook processes", r#"echo '{"type": "Hook", "lost": ' > "$1""#);
    assert_eq!(ran.code, 1);
    let (_, rest) = ran.err.split_once("your text is in ").expect("where it is");
    let path = rest.split(':').next().expect("a path").trim();
    assert!(fs::read_to_string(path).expect("kept").contains("lost"));
    fs::remove_file(path).expect("removed");
}

#[test]
fn what_somebody_else_changed_is_not_overwritten() {
    let stage = Stage::set();
    furnish(&stage);
    let program = env!("CARGO_BIN_EXE_sensuctl");
    let script = format!(
        r#"sed -i 's/check-cpu.sh/mine.sh/' "$1"; {program} check set-timeout check-cpu 9"#
    );
    let ran = edit(&stage, "edit check check-cpu", &script);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("another client has changed the object in the meantime"),
        "{}",
        ran.err
    );
    let (_, rest) = ran.err.split_once("your text is in ").expect("where it is");
    fs::remove_file(rest.split(':').next().expect("a path").trim()).expect("kept");
    let check: Value = serde_json::from_str(&stage.ok("check info check-cpu")).expect("JSON");
    assert_eq!((&check["command"], &check["timeout"]), (&json!("check-cpu.sh"), &json!(9)));
}

#[test]
fn changes_of_different_parts_at_the_same_time_are_all_there() {
    let stage = Stage::set();
    furnish(&stage);
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
            let stage = &stage;
            scope.spawn(move || assert_eq!(stage.home.run(line, "").ok(), "Updated\n", "{line}"));
        }
    });
    let check: Value = serde_json::from_str(&stage.ok("check info check-cpu")).expect("JSON");
    let changed = ["timeout", "ttl", "command", "handlers", "subscriptions", "proxy_entity_name"];
    let changed: Vec<_> = changed.iter().map(|field| check[*field].clone()).collect();
    assert_eq!(json!(changed), json!([9, 600, "new.sh", ["a", "b"], ["c"], "p"]));
}

#[test]
fn a_blank_object_is_created() {
    let stage = Stage::set();
    let fill = r#"sed -i 's/"name": ""/"name": "new"/; s/"command": ""/"command": "x"/; s/"timeout": 0/"timeout": 7/' "$1""#;
    let said = edit(&stage, "edit hook --blank", fill).ok();
    assert_eq!(said, "Updated /apis/core/v2/namespaces/default/hooks/new\n");
    let made: Value = serde_json::from_str(&stage.ok("hook info new")).expect("JSON");
    assert_eq!((&made["command"], &made["timeout"]), (&json!("x"), &json!(7)));
}

#[test]
fn parts_of_checks_come_from_files() {
    let stage = Stage::set();
    furnish(&stage);
    stage.feeds("check set-proxy-requests check-cpu", r#"{"entity_attributes": ["true"]}"#).ok();
    let subdue = r#"{"days": {"all": [{"begin": "5:00PM", "end": "8:00AM"}]}}"#;
    stage.home.write("subdue.json", subdue);
    stage.ok("check set-subdue check-cpu -f subdue.json");
    let check: Value = serde_json::from_str(&stage.ok("check info check-cpu")).expect("JSON");
    assert_eq!(check["proxy_requests"]["splay_coverage"], 90);
    assert_eq!(check["subdue"]["days"]["all"][0]["begin"], "5:00PM");
    stage.ok("check remove-subdue check-cpu");
    stage.ok("check remove-proxy-requests check-cpu");
    let check: Value = serde_json::from_str(&stage.ok("check info check-cpu")).expect("JSON");
    assert_eq!((&check["subdue"], check.get("proxy_requests")), (&Value::Null, None));
    for nonsense in ["[]", "7", r#""x""#] {
        let ran = stage.feeds("check set-proxy-requests check-cpu", nonsense);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.err.contains("proxy_requests: invalid type"), "{ran:?}");
    }
}
