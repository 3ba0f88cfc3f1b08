//! `sensuctl apply` and `sensuctl diff`

use std::fmt::Write as _;

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::support::{Fixture, Home, ProxiedRequest, Proxy, Terminal, create_examples};

/// Manifests with every effect, in two namespaces and in none.
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

fn dump_all(fixture: &Fixture) -> String {
    fixture.ok("dump all --all-namespaces")
}

#[test]
fn dry_run_and_diff_write_nothing_and_apply_writes_what_they_show() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    fixture.home.write("file.yaml", FILE);
    let before = dump_all(&fixture);
    let mut text = String::new();
    let mut run = |line| {
        let output = fixture.home.run(line, "");
        writeln!(text, "$ sensuctl {line}  rc={}\n{}{}", output.code, output.stdout, output.stderr)
            .unwrap();
    };
    run("diff -f file.yaml");
    run("apply -f file.yaml --dry-run");
    assert_eq!(dump_all(&fixture), before);
    run("apply -f file.yaml");
    run("apply -f file.yaml");
    run("diff -f file.yaml");
    expect_file!["golden/apply.txt"].assert_eq(&text);
    // An existing user keeps the password; a new user gets the one of the manifest.
    fixture.ok("user test-creds bob --password P@ssw0rd!");
    fixture.ok("user test-creds carol --password P@ssw0rd!");
    let silence: Value =
        serde_json::from_str(&fixture.ok("silenced info web:check-cpu")).expect("JSON");
    assert_eq!(silence["begin"], 1_893_596_640, "an existing silence keeps its begin");
}

#[test]
fn a_dump_of_the_server_has_no_differences() {
    for format in ["yaml", "wrapped-json"] {
        let fixture = Fixture::new();
        create_examples(&fixture);
        fixture.ok(&format!("dump all --all-namespaces --format {format} --file dump"));
        let output = fixture.home.run("diff -f dump", "");
        assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (0, "", ""));
        let effects = fixture.ok("apply -f dump");
        assert!(effects.lines().all(|line| line.ends_with(" unchanged")), "{effects}");
        assert!(effects.lines().count() > 25, "{effects}");
    }
}

#[test]
fn an_object_is_written_only_if_it_differs() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let proxy = fixture.runtime.block_on(Proxy::transparent(fixture.server.url()));
    fixture.home.log_in(&proxy.url());
    let hook = |timeout: i64| {
        json!({"type": "HookConfig", "metadata": {"name": "processes"},
            "spec": {"command": "ps aux", "timeout": timeout}})
        .to_string()
    };
    let path = "/apis/core/v2/namespaces/default/hooks/processes";
    let (get, dry_run) = (format!("GET {path}"), format!("PUT {path}?dryRun=true"));
    let put = format!("PUT {path}");
    for (timeout, line, expected) in [
        (5, "apply", vec![&get, &dry_run]),
        (6, "apply --dry-run", vec![&get, &dry_run]),
        (6, "diff", vec![&get, &dry_run]),
        (6, "apply", vec![&get, &dry_run, &put]),
    ] {
        proxy.take();
        fixture.run_with_input(line, &hook(timeout));
        let requests: Vec<_> = proxy.take().iter().map(ProxiedRequest::line).collect();
        assert_eq!(requests.iter().collect::<Vec<_>>(), expected, "{line}");
    }
}

#[test]
fn a_released_backend_gets_no_dry_run() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let proxy = fixture.runtime.block_on(Proxy::released_backend(fixture.server.url()));
    fixture.home.log_in(&proxy.url());
    let hook = r#"{"type": "HookConfig", "metadata": {"name": "processes"}, "spec": {"command": "x", "timeout": 1}}"#;
    for (line, code) in [("diff", 2), ("apply", 1), ("apply --dry-run", 1)] {
        proxy.take();
        let output = fixture.run_with_input(line, hook);
        assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{line}");
        assert!(output.stderr.contains("this server has no dry run; "), "{}", output.stderr);
        assert!(proxy.take().iter().all(|request| request.method == "GET"), "{line}");
    }
    assert!(fixture.ok("hook info processes").contains("\"command\": \"ps aux\""));
}

#[test]
fn a_server_that_writes_in_a_dry_run_is_reported() {
    let fixture = Fixture::new();
    let proxy = fixture.runtime.block_on(Proxy::without_dry_run(fixture.server.url()));
    fixture.home.log_in(&proxy.url());
    let hook = r#"{"type": "HookConfig", "metadata": {"name": "h"}, "spec": {"command": "x", "timeout": 1}}"#;
    for (line, code) in [("diff", 2), ("apply", 1)] {
        let output = fixture.run_with_input(line, hook);
        assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{line}");
        assert!(output.stderr.contains("has written the object"), "{}", output.stderr);
    }
}

#[test]
fn a_rejected_object_does_not_stop_the_others() {
    let fixture = Fixture::new();
    let mutator = |name: &str| json!({"type": "Mutator", "metadata": {"name": name}, "spec": {"command": "x"}});
    let both = format!("{}\n{}", mutator("a b"), mutator("good"));
    let error = "resource 0: Mutator a b: mutator name cannot contain";
    let diff = fixture.run_with_input("diff", &both);
    assert_eq!(diff.code, 2, "a failure takes precedence over differences");
    assert!(
        diff.stdout.starts_with("--- /dev/null\n+++ Mutator default/good\n"),
        "{}",
        diff.stdout
    );
    assert!(diff.stderr.starts_with(error), "{}", diff.stderr);
    let applied = fixture.run_with_input("apply", &both);
    assert_eq!((applied.code, applied.stdout.as_str()), (1, "Mutator default/good created\n"));
    assert!(applied.stderr.ends_with("Error: 1 of 2 resources failed\n"), "{}", applied.stderr);
}

#[test]
fn the_server_checks_permissions_in_a_dry_run() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let url = fixture.server.url();
    let home = Home::new();
    let log_in = format!("configure -n --url {url} --username bob --password P@ssw0rd!");
    fixture.ok("role create hooks -v get -r hooks");
    fixture.ok("role-binding create hooks -r hooks -u bob");
    fixture.ok("cluster-role create self -v get -r users -n bob");
    fixture.ok("cluster-role-binding create self -c self -u bob");
    home.run(&log_in, "").ok();
    let hook = r#"{"type": "HookConfig", "metadata": {"name": "processes"}, "spec": {"command": "x", "timeout": 1}}"#;
    let output = home.run("diff", hook);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert!(output.stderr.contains("HookConfig processes: "), "{}", output.stderr);
}

#[test]
fn diff_fails_with_code_2() {
    let fixture = Fixture::new();
    for line in ["diff --no-such-flag", "diff -f missing.yaml", "--timeout soon diff"] {
        assert_eq!(fixture.home.run(line, "").code, 2, "{line}");
    }
    assert_eq!(fixture.home.run("diff --help", "").code, 0);
    assert_eq!(fixture.home.run("apply --no-such-flag", "").code, 1);
    // Empty input: the command before the pipe has failed.
    for (line, code) in [("diff", 2), ("apply", 1)] {
        let output = fixture.home.run(line, "");
        assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{line}");
        assert!(output.stderr.contains("contains no resources"), "{}", output.stderr);
    }
    assert_eq!(Home::new().run("diff", r#"{"type": "Namespace", "spec": {"name": "x"}}"#).code, 2);
}

#[test]
fn diff_is_colored_in_a_terminal() {
    let fixture = Fixture::new();
    let file = r#"{"type": "HookConfig", "metadata": {"name": "h"}, "spec": {"command": "x", "timeout": 1}}"#;
    fixture.home.write("hook.json", file);
    let (screen, code) = Terminal::run(&fixture.home, "diff -f hook.json").end();
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("\u{1b}[32m+type: HookConfig\u{1b}[0m"), "{screen:?}");
    assert!(!fixture.home.run("diff -f hook.json", "").stdout.contains('\u{1b}'));
}
