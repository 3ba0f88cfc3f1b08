//! Picking with `-o jsonpath=` and `-o jq=`.

use crate::lists::{RESOURCES, furnish};
use crate::program::{Home, Stage};

#[test]
fn every_list_and_every_object_can_be_picked_from() {
    let stage = Stage::set();
    furnish(&stage);
    for (resource, name) in RESOURCES {
        let json: serde_json::Value =
            serde_json::from_str(&stage.ok(&format!("{resource} list --format json"))).unwrap();
        let count = format!("{}\n", json.as_array().expect("a list").len());
        assert_eq!(stage.ok(&format!("{resource} list -o jq=length")), count, "{resource}");
        let every = stage.ok(&format!("{resource} list --format 'jsonpath=$[*]'"));
        assert_eq!(format!("{}\n", every.lines().count()), count, "{resource}");
        let one = format!("{resource} info {name} --format");
        let same = stage.ok(&format!("{one} jsonpath=$"));
        assert_eq!(stage.ok(&format!("{one} jq=.")), same, "{resource}");
        let shown: serde_json::Value =
            serde_json::from_str(&stage.ok(&format!("{one} json"))).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&same).unwrap(), shown, "{resource}");
    }
}

#[test]
fn what_people_pick() {
    let stage = Stage::set();
    furnish(&stage);
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
        assert_eq!(stage.ok(line), out, "{line}");
    }
    let key = stage.ok("api-key grant admin -o jq=.key");
    assert!(stage.ok(&format!("--api-key {} namespace list", key.trim())).contains("default"));
}

#[test]
fn a_wrong_expression_is_refused_before_anything_is_done() {
    // There is no server, and nobody is logged in.
    let home = Home::new();
    for (line, said) in [
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
        let ran = home.run(line, "");
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{line}");
        assert!(ran.err.contains(said), "{line}: {}", ran.err);
    }
}

#[test]
fn a_filter_that_does_not_fit_is_told() {
    let stage = Stage::set();
    let said = stage.fails("namespace list -o jq=.name.x");
    assert!(said.starts_with("Error: jq: cannot index"), "{said}");
}
