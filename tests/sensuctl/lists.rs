//! Lists and details, in every format; narrowed down, and over pages.

use expect_test::expect_file;
use serde_json::Value;

use crate::program::Stage;

/// One of each resource, with as few moving parts as possible.
pub(crate) fn furnish(stage: &Stage) {
    let hash = "a".repeat(128);
    for line in [
        "namespace create dev",
        &format!("asset create plugins -u http://x/a.tgz --sha512 {hash}"),
        "hook create processes -c 'ps aux' -t 5",
        "check create check-cpu -c check-cpu.sh -i 60 -s system,web --handlers slack --stdin",
        "check create check-disk -c check-disk.sh --cron '0 * * * *' -s system --publish=false",
        "check set-hooks check-cpu --type critical --hooks processes",
        "mutator create hide -c hide.sh",
        "handler create slack -t pipe --command 'slack.sh' --filters hourly -m hide",
        "handler create logs -t tcp --socket-host h --socket-port 99",
        "handler create both -t set --handlers slack,logs",
        "filter create hourly -a allow -e 'event.check.occurrences == 1'",
        "entity create web-1 -c proxy -s system",
        "role create readers -v get,list -r checks -n check-cpu",
        "role-binding create rb1 -r readers -u bob -g ops,dev",
        "cluster-role create audit -v get,list -r '*'",
        "cluster-role-binding create crb1 -c audit -g ops",
        "silenced create -s web -c check-cpu -b '2030-01-02T15:04:00Z' -r maintenance -x",
        "user create bob -p P@ssw0rd! -g dev",
        "extension register metrics http://127.0.0.1:31001",
    ] {
        stage.ok(line);
    }
    let event = r#"{"type": "Event", "api_version": "core/v2", "metadata": {}, "spec": {
        "timestamp": 1893596640,
        "entity": {"entity_class": "proxy", "metadata": {"name": "web-1"}},
        "check": {"interval": 60, "status": 2, "output": "CPU at 99%\n", "metadata": {"name": "check-cpu"}}}}"#;
    stage.feeds("create", event).ok();
}

/// Each resource, and one of its objects.
pub(crate) const RESOURCES: &[(&str, &str)] = &[
    ("asset", "plugins"),
    ("check", "check-cpu"),
    ("cluster-role", "audit"),
    ("cluster-role-binding", "crb1"),
    ("entity", "web-1"),
    ("event", "web-1 check-cpu"),
    ("extension", "metrics"),
    ("filter", "hourly"),
    ("handler", "slack"),
    ("hook", "processes"),
    ("mutator", "hide"),
    ("namespace", "dev"),
    ("role", "readers"),
    ("role-binding", "rb1"),
    ("silenced", "web:check-cpu"),
    ("user", "bob"),
];

#[test]
fn every_resource_is_shown_in_every_format() {
    let stage = Stage::set();
    furnish(&stage);
    for (resource, name) in RESOURCES {
        let mut text = String::new();
        for format in ["tabular", "json", "wrapped-json", "yaml"] {
            for line in [
                format!("{resource} list --format {format}"),
                format!("{resource} info {name} --format {format}"),
            ] {
                let out = stage.ok(&line);
                text.push_str(&format!("$ sensuctl {line}\n{out}\n"));
            }
        }
        expect_file![format!("{}/golden/{resource}.txt", FOLDER)].assert_eq(&text);
    }
}

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sensuctl");

#[test]
fn lists_of_all_namespaces_say_which() {
    let stage = Stage::set();
    furnish(&stage);
    stage.ok("--namespace dev check create check-cpu -c x -i 1 -s y");
    let mut text = String::new();
    for (resource, _) in RESOURCES {
        let line = format!("{resource} list --all-namespaces --format tabular");
        let ran = stage.home.run(&line, "");
        // Where there is one list only, there is no such flag.
        let heads = ran.out.lines().next().unwrap_or_default().split("  ");
        let heads: Vec<_> = heads.map(str::trim).filter(|head| !head.is_empty()).collect();
        text.push_str(&format!("{resource}: rc={} {}\n", ran.code, heads.join(" | ")));
    }
    expect_file![format!("{FOLDER}/golden/all-namespaces.txt")].assert_eq(&text);
    let events = stage.ok("event list --all-namespaces --format tabular");
    let row: Vec<_> = events.lines().nth(2).expect("an event").split_whitespace().collect();
    assert_eq!(row[..3], ["web-1", "check-cpu", "default"]);
    let one = stage.ok("check list --format tabular");
    assert!(!one.contains("Namespace"), "{one}");
}

#[test]
fn json_is_what_the_server_sent_in_its_order() {
    let stage = Stage::set();
    furnish(&stage);
    let token = stage.home.kept("cluster")["access_token"].as_str().expect("a token").to_owned();
    for (address, line) in [
        ("checks/check-cpu", "check info check-cpu"),
        ("events/web-1/check-cpu", "event info web-1 check-cpu"),
        ("handlers", "handler list"),
    ] {
        let path = format!("/apis/core/v2/namespaces/default/{address}");
        let sent = stage.runtime.block_on(stage.server.send("GET", &path, Some(&token), None)).body;
        assert_eq!(stage.ok(line), format!("{:#}\n", sent));
    }
}

#[test]
fn lists_are_narrowed_down() {
    let stage = Stage::set();
    furnish(&stage);
    let names = |line: &str| -> Vec<String> {
        let listed: Vec<Value> = serde_json::from_str(&stage.ok(line)).expect("a list");
        let name = |item: &Value| item["metadata"]["name"].as_str().expect("a name").to_owned();
        listed.iter().map(name).collect()
    };
    assert_eq!(names("check list"), ["check-cpu", "check-disk"]);
    assert_eq!(names("check list --field-selector 'check.publish == true'"), ["check-cpu"]);
    assert_eq!(names("check list --label-selector 'a == b'"), Vec::<String>::new());
    assert_eq!(names("check list --limit 1"), ["check-cpu"]);
    assert_eq!(names("check list --chunk-size 1"), ["check-cpu", "check-disk"]);
    assert_eq!(names("--namespace dev check list"), Vec::<String>::new());
    stage.ok("--namespace dev check create other -c x -i 1 -s y");
    assert_eq!(names("check list --all-namespaces"), ["check-cpu", "check-disk", "other"]);
    assert_eq!(names("silenced list -s web"), ["web:check-cpu"]);
    assert_eq!(names("silenced list -c check-cpu"), ["web:check-cpu"]);
    assert_eq!(names("silenced list -c check-cpu -s web"), ["web:check-cpu"]);
    assert_eq!(names("silenced list -s other"), Vec::<String>::new());
    // Selectors and the flags of silences work together, and over all namespaces.
    stage.ok("--namespace dev silenced create -s web -r why");
    let both = "silenced list -s web -c check-cpu --field-selector";
    assert_eq!(names(&format!("{both} 'silenced.reason == maintenance'")), ["web:check-cpu"]);
    assert_eq!(names(&format!("{both} 'silenced.reason == why'")), Vec::<String>::new());
    assert_eq!(names("silenced list -s web --all-namespaces"), ["web:check-cpu", "web:*"]);
    assert_eq!(names("silenced list -s web --all-namespaces --limit 1"), ["web:check-cpu"]);
    assert!(stage.fails("check list --field-selector 'nonsense ='").starts_with("Error: "));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let stage = Stage::set();
    furnish(&stage);
    let program = env!("CARGO_BIN_EXE_sensuctl");
    let mut command = std::process::Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("{{ {program} dump all; echo $? >&2; }} | true"))
        .env_clear()
        .env("HOME", stage.home.path());
    let ran = crate::program::Ran::of(command, "");
    assert_eq!((ran.err.as_str(), ran.code), ("0\n", 0));
}
