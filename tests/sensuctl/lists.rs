//! `list` and `info`: formats, selectors, limits, namespaces.

use expect_test::expect_file;
use serde_json::Value;

use crate::support::{FOLDER, Fixture, Kind, create_examples};

#[test]
fn lists_and_details_of_every_kind_in_every_format() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    for kind in Kind::all(&fixture.home) {
        let (resource, name) = (&kind.command, kind.first_name(&fixture.home));
        let mut text = String::new();
        for format in ["tabular", "json", "wrapped-json", "yaml"] {
            for line in [
                format!("{resource} list --format {format}"),
                format!("{resource} info {name} --format {format}"),
            ] {
                let out = fixture.ok(&line);
                text.push_str(&format!("$ sensuctl {line}\n{out}\n"));
            }
        }
        expect_file![format!("{FOLDER}/golden/{resource}.txt")].assert_eq(&text);
    }
}

#[test]
fn lists_of_all_namespaces_have_a_namespace_column() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    fixture.ok("--namespace dev check create check-cpu -c x -i 1 -s y");
    let mut text = String::new();
    for Kind { command: resource, .. } in Kind::all(&fixture.home) {
        let line = format!("{resource} list --all-namespaces --format tabular");
        let output = fixture.home.run(&line, "");
        // Cluster-wide kinds do not have the flag.
        let titles = output.stdout.lines().next().unwrap_or_default().split("  ");
        let titles: Vec<_> = titles.map(str::trim).filter(|title| !title.is_empty()).collect();
        text.push_str(&format!("{resource}: rc={} {}\n", output.code, titles.join(" | ")));
    }
    expect_file![format!("{FOLDER}/golden/all-namespaces.txt")].assert_eq(&text);
    let events = fixture.ok("event list --all-namespaces --format tabular");
    let row: Vec<_> = events.lines().nth(2).expect("an event").split_whitespace().collect();
    assert_eq!(row[..3], ["web-1", "check-cpu", "default"]);
    let one = fixture.ok("check list --format tabular");
    assert!(!one.contains("Namespace"), "{one}");
}

#[test]
fn json_has_the_keys_in_the_order_of_the_server() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let token =
        fixture.home.config_file("cluster")["access_token"].as_str().expect("a token").to_owned();
    for (address, line) in [
        ("checks/check-cpu", "check info check-cpu"),
        ("events/web-1/check-cpu", "event info web-1 check-cpu"),
        ("handlers", "handler list"),
    ] {
        let path = format!("/apis/core/v2/namespaces/default/{address}");
        let sent =
            fixture.runtime.block_on(fixture.server.send("GET", &path, Some(&token), None)).body;
        assert_eq!(fixture.ok(line), format!("{:#}\n", sent));
    }
}

#[test]
fn lists_are_selected_and_limited() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let names = |line: &str| -> Vec<String> {
        let listed: Vec<Value> = serde_json::from_str(&fixture.ok(line)).expect("a list");
        let name = |item: &Value| item["metadata"]["name"].as_str().expect("a name").to_owned();
        listed.iter().map(name).collect()
    };
    assert_eq!(names("check list"), ["check-cpu", "check-disk"]);
    assert_eq!(names("check list --field-selector 'check.publish == true'"), ["check-cpu"]);
    assert_eq!(names("check list --label-selector 'a == b'"), Vec::<String>::new());
    assert_eq!(names("check list --limit 1"), ["check-cpu"]);
    assert_eq!(names("check list --chunk-size 1"), ["check-cpu", "check-disk"]);
    assert_eq!(names("--namespace dev check list"), Vec::<String>::new());
    fixture.ok("--namespace dev check create other -c x -i 1 -s y");
    assert_eq!(names("check list --all-namespaces"), ["check-cpu", "check-disk", "other"]);
    assert_eq!(names("silenced list -s web"), ["web:check-cpu"]);
    assert_eq!(names("silenced list -c check-cpu"), ["web:check-cpu"]);
    assert_eq!(names("silenced list -c check-cpu -s web"), ["web:check-cpu"]);
    assert_eq!(names("silenced list -s other"), Vec::<String>::new());
    // The flags of silenced entries work together with selectors, and across namespaces.
    fixture.ok("--namespace dev silenced create -s web -r why");
    let both = "silenced list -s web -c check-cpu --field-selector";
    assert_eq!(names(&format!("{both} 'silenced.reason == maintenance'")), ["web:check-cpu"]);
    assert_eq!(names(&format!("{both} 'silenced.reason == why'")), Vec::<String>::new());
    assert_eq!(names("silenced list -s web --all-namespaces"), ["web:check-cpu", "web:*"]);
    assert_eq!(names("silenced list -s web --all-namespaces --limit 1"), ["web:check-cpu"]);
    assert!(fixture.fails("check list --field-selector 'nonsense ='").starts_with("Error: "));
}

#[test]
fn a_closed_standard_output_is_not_a_failure() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let program = env!("CARGO_BIN_EXE_sensuctl");
    let mut command = std::process::Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("{{ {program} dump all; echo $? >&2; }} | true"))
        .env_clear()
        .env("HOME", fixture.home.path());
    let output = crate::support::RunOutput::of(command, "");
    assert_eq!((output.stderr.as_str(), output.code), ("0\n", 0));
}
