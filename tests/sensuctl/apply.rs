//! `apply` and `diff`: what files would change, and what they change.

use std::fmt::Write as _;

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::lists::furnish;
use crate::program::{Home, Stage};
use crate::proxy::Proxy;
use crate::terminal::Terminal;

/// Documents that create, change and leave alone, in two namespaces and in none.
const FILE: &str = r#"
type: Namespace
api_version: core/v2
metadata: {name: fresh}
spec: {}
---
type: CheckConfig
api_version: core/v2
metadata: {name: check-cpu}
spec:
  command: check-cpu.sh -w 80
  interval: 60
  subscriptions: [system, web]
  handlers: [slack]
  stdin: true
  publish: true
  check_hooks:
  - critical: [processes]
---
type: HookConfig
api_version: core/v2
metadata: {name: processes}
spec: {command: ps aux, timeout: 5}
---
type: HookConfig
api_version: core/v2
metadata: {name: memory, namespace: dev}
spec: {command: "free \u2013m", timeout: 5}
---
type: HookConfig
api_version: core/v2
metadata: {name: disk, namespace: fresh}
spec: {command: df, timeout: 5}
---
type: User
api_version: core/v2
metadata: {name: bob}
spec: {groups: [dev, ops], password: "another one"}
---
type: User
api_version: core/v2
metadata: {name: carol}
spec: {groups: [dev], password: "P@ssw0rd!"}
---
type: Silenced
api_version: core/v2
metadata: {name: "web:check-cpu"}
spec: {subscription: web, check: check-cpu, reason: upgrade, expire_on_resolve: true}
---
type: ClusterRole
api_version: core/v2
metadata: {name: audit}
spec:
  rules:
  - {verbs: [get, list], resources: ["*"]}
---
type: Event
api_version: core/v2
metadata: {}
spec:
  entity: {entity_class: proxy, metadata: {name: web-1}}
  check: {interval: 60, status: 0, output: all is well, metadata: {name: check-cpu}}
"#;

/// Everything there is, as a text.
fn everything(stage: &Stage) -> String {
    stage.ok("dump all --all-namespaces")
}

#[test]
fn what_would_change_is_shown_and_then_changed() {
    let stage = Stage::set();
    furnish(&stage);
    stage.home.write("file.yaml", FILE);
    let before = everything(&stage);
    let mut text = String::new();
    let mut run = |line| {
        let ran = stage.home.run(line, "");
        writeln!(text, "$ sensuctl {line}  rc={}\n{}{}", ran.code, ran.out, ran.err).unwrap();
    };
    run("diff -f file.yaml");
    run("apply -f file.yaml --dry-run");
    assert_eq!(everything(&stage), before, "nothing was written");
    run("apply -f file.yaml");
    run("apply -f file.yaml");
    run("diff -f file.yaml");
    expect_file!["golden/apply.txt"].assert_eq(&text);
    // The password of a user who exists stays; a new user has the one of the document.
    stage.ok("user test-creds bob --password P@ssw0rd!");
    stage.ok("user test-creds carol --password P@ssw0rd!");
    let silence: Value =
        serde_json::from_str(&stage.ok("silenced info web:check-cpu")).expect("JSON");
    assert_eq!(silence["begin"], 1_893_596_640, "a silence begins when it began");
}

#[test]
fn what_is_dumped_makes_no_difference() {
    for format in ["yaml", "wrapped-json"] {
        let stage = Stage::set();
        furnish(&stage);
        stage.ok(&format!("dump all --all-namespaces --format {format} --file dump"));
        let ran = stage.home.run("diff -f dump", "");
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
        let said = stage.ok("apply -f dump");
        assert!(said.lines().all(|line| line.ends_with(" unchanged")), "{said}");
        assert!(said.lines().count() > 25, "{said}");
    }
}

#[test]
fn an_object_is_written_only_if_it_differs() {
    let stage = Stage::set();
    furnish(&stage);
    let proxy = stage.runtime.block_on(Proxy::before(stage.server.url()));
    stage.home.log_in(&proxy.url());
    let hook = |timeout: i64| {
        json!({"type": "HookConfig", "metadata": {"name": "processes"},
            "spec": {"command": "ps aux", "timeout": timeout}})
        .to_string()
    };
    let path = "/apis/core/v2/namespaces/default/hooks/processes";
    let (get, trial) = (format!("GET {path}"), format!("PUT {path}?dryRun=true"));
    let put = format!("PUT {path}");
    for (timeout, line, calls) in [
        (5, "apply", vec![&get, &trial]),
        (6, "apply --dry-run", vec![&get, &trial]),
        (6, "diff", vec![&get, &trial]),
        (6, "apply", vec![&get, &trial, &put]),
    ] {
        proxy.take();
        stage.feeds(line, &hook(timeout));
        let passed = proxy.take();
        let passed: Vec<_> =
            passed.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
        assert_eq!(passed.iter().collect::<Vec<_>>(), calls, "{line}");
    }
}

#[test]
fn a_server_that_would_write_is_not_asked() {
    let stage = Stage::set();
    furnish(&stage);
    let proxy = stage.runtime.block_on(Proxy::released(stage.server.url()));
    stage.home.log_in(&proxy.url());
    let hook = r#"{"type": "HookConfig", "metadata": {"name": "processes"}, "spec": {"command": "x", "timeout": 1}}"#;
    for (line, code) in [("diff", 2), ("apply", 1), ("apply --dry-run", 1)] {
        proxy.take();
        let ran = stage.feeds(line, hook);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{line}");
        assert!(ran.err.contains("this server has no dry run; "), "{}", ran.err);
        assert!(proxy.take().iter().all(|one| one.method == "GET"), "{line}");
    }
    assert!(stage.ok("hook info processes").contains("\"command\": \"ps aux\""));
}

#[test]
fn a_server_that_has_written_is_told_of() {
    let stage = Stage::set();
    let proxy = stage.runtime.block_on(Proxy::earnest(stage.server.url()));
    stage.home.log_in(&proxy.url());
    let hook = r#"{"type": "HookConfig", "metadata": {"name": "h"}, "spec": {"command": "x", "timeout": 1}}"#;
    for (line, code) in [("diff", 2), ("apply", 1)] {
        let ran = stage.feeds(line, hook);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{line}");
        assert!(ran.err.contains("has written the object"), "{}", ran.err);
    }
}

#[test]
fn what_the_server_refuses_is_told_and_the_rest_is_done() {
    let stage = Stage::set();
    let document = |name: &str| json!({"type": "Mutator", "metadata": {"name": name}, "spec": {"command": "x"}});
    let both = format!("{}\n{}", document("a b"), document("good"));
    let refused = "resource 0: Mutator a b: mutator name cannot contain";
    let diff = stage.feeds("diff", &both);
    assert_eq!(diff.code, 2, "an error counts more than a difference");
    assert!(diff.out.starts_with("--- /dev/null\n+++ Mutator default/good\n"), "{}", diff.out);
    assert!(diff.err.starts_with(refused), "{}", diff.err);
    let applied = stage.feeds("apply", &both);
    assert_eq!((applied.code, applied.out.as_str()), (1, "Mutator default/good created\n"));
    assert!(applied.err.ends_with("Error: 1 of 2 resources failed\n"), "{}", applied.err);
}

#[test]
fn rights_are_judged_by_the_server() {
    let stage = Stage::set();
    furnish(&stage);
    let url = stage.server.url();
    let home = Home::new();
    let log_in = format!("configure -n --url {url} --username bob --password P@ssw0rd!");
    stage.ok("role create hooks -v get -r hooks");
    stage.ok("role-binding create hooks -r hooks -u bob");
    stage.ok("cluster-role create self -v get -r users -n bob");
    stage.ok("cluster-role-binding create self -c self -u bob");
    home.run(&log_in, "").ok();
    let hook = r#"{"type": "HookConfig", "metadata": {"name": "processes"}, "spec": {"command": "x", "timeout": 1}}"#;
    let ran = home.run("diff", hook);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("HookConfig processes: "), "{}", ran.err);
}

#[test]
fn differences_have_exit_codes_of_their_own() {
    let stage = Stage::set();
    for line in ["diff --no-such-flag", "diff -f missing.yaml", "--timeout soon diff"] {
        assert_eq!(stage.home.run(line, "").code, 2, "{line}");
    }
    assert_eq!(stage.home.run("diff --help", "").code, 0);
    assert_eq!(stage.home.run("apply --no-such-flag", "").code, 1);
    // What was meant to make the documents has failed.
    for (line, code) in [("diff", 2), ("apply", 1)] {
        let ran = stage.home.run(line, "");
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{line}");
        assert!(ran.err.contains("contains no resources"), "{}", ran.err);
    }
    assert_eq!(Home::new().run("diff", r#"{"type": "Namespace", "spec": {"name": "x"}}"#).code, 2);
}

#[test]
fn differences_are_coloured_in_a_terminal() {
    let stage = Stage::set();
    let file = r#"{"type": "HookConfig", "metadata": {"name": "h"}, "spec": {"command": "x", "timeout": 1}}"#;
    stage.home.write("hook.json", file);
    let (shown, code) = Terminal::run(&stage.home, "diff -f hook.json").end();
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("\u{1b}[32m+type: HookConfig\u{1b}[0m"), "{shown:?}");
    assert!(!stage.home.run("diff -f hook.json", "").out.contains('\u{1b}'));
}
