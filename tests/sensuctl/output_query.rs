//! `-o jsonpath=` and `-o jq=`

use crate::support::{Fixture, Home, Kind, create_examples};

#[test]
fn lists_and_objects_of_every_kind_can_be_queried() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    for kind in Kind::all(&fixture.home) {
        let (resource, name) = (&kind.command, kind.first_name(&fixture.home));
        let json: serde_json::Value =
            serde_json::from_str(&fixture.ok(&format!("{resource} list --format json"))).unwrap();
        let count = format!("{}\n", json.as_array().expect("a list").len());
        assert_eq!(fixture.ok(&format!("{resource} list -o jq=length")), count, "{resource}");
        let every = fixture.ok(&format!("{resource} list --format 'jsonpath=$[*]'"));
        assert_eq!(format!("{}\n", every.lines().count()), count, "{resource}");
        let one = format!("{resource} info {name} --format");
        let same = fixture.ok(&format!("{one} jsonpath=$"));
        assert_eq!(fixture.ok(&format!("{one} jq=.")), same, "{resource}");
        let object: serde_json::Value =
            serde_json::from_str(&fixture.ok(&format!("{one} json"))).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&same).unwrap(), object, "{resource}");
    }
}

#[test]
fn results_are_printed_one_per_line() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    for (line, out) in [
        ("check list -o jq='.[].metadata.name'", "check-cpu\ncheck-disk\n"),
        (
            "check list -o jq='.[] | select(.cron) | [.metadata.name, .cron] | @tsv'",
            "check-disk\t0 * * * *\n",
        ),
        ("check info check-cpu -o jsonpath='{.subscriptions[1]}'", "web\n"),
        ("check info check-cpu -ojsonpath=.subscriptions", "[\"system\",\"web\"]\n"),
        ("event list -o 'jsonpath=$[?@.check.status > 0].entity.metadata.name'", "web-1\n"),
        ("event list -o jq='.[0].timestamp | todate'", "2030-01-02T15:04:00Z\n"),
        ("check info check-cpu -o jsonpath=.nothing", ""),
        ("config view -o jq=.namespace", "default\n"),
        ("cluster member-list -o jq='.members | length'", "1\n"),
        ("cluster health -o jsonpath='$[0].Healthy'", "true\n"),
        ("describe-type hook -o jq='.[].type'", "HookConfig\n"),
    ] {
        assert_eq!(fixture.ok(line), out, "{line}");
    }
    let key = fixture.ok("api-key grant admin -o jq=.key");
    assert!(fixture.ok(&format!("--api-key {} namespace list", key.trim())).contains("default"));
}

#[test]
fn an_invalid_query_fails_before_any_request() {
    // There are neither server nor credentials.
    let home = Home::new();
    for (line, message) in [
        ("check list -o jq='.[] | nmae'", "at character 7, \"nmae\": undefined filter"),
        ("api-key grant admin -o 'jq=.key |'", "the end"),
        ("check info c -o jsonpath=.a[", "invalid path $.a["),
        (
            "check list -o xml",
            "expected tabular, json, wrapped-json, yaml, jsonpath=PATH or jq=FILTER",
        ),
        ("dump all --format jq=.", "[possible values: tabular, json, wrapped-json, yaml]"),
        ("config set-format jq=.", "jq=."),
    ] {
        let output = home.run(line, "");
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{line}");
        assert!(output.stderr.contains(message), "{line}: {}", output.stderr);
    }
}

#[test]
fn a_query_that_fails_reports_the_reason() {
    let fixture = Fixture::new();
    let stderr = fixture.fails("namespace list -o jq=.name.x");
    assert!(stderr.starts_with("Error: jq: cannot index"), "{stderr}");
}
