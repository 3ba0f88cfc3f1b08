//! `sensuctl dump --for`: dumps that a release of Sensu Go can read.

use serde_json::{Value, json};

use crate::support::{Fixture, RunOutput, create_examples};

/// Objects with fields that Sensu Go 5.0 does not have.
fn create_newer_objects(fixture: &Fixture) {
    let wrap = |kind: &str, name: &str, spec: Value| {
        json!({"type": kind, "api_version": "core/v2", "metadata": {"name": name}, "spec": spec})
            .to_string()
    };
    let hash = "a".repeat(128);
    let builds =
        json!([{"url": "http://x/b.tgz", "sha512": hash, "filters": [], "headers": {"a": "b"}}]);
    let manifests = [
        wrap("Asset", "plugins-2", json!({"builds": builds})),
        wrap("HookConfig", "newer", json!({"command": "x", "timeout": 1, "runtime_assets": ["a"]})),
        wrap("Handler", "hook", json!({"type": "http", "http": {"url": "http://127.0.0.1:9"}})),
        wrap("Mutator", "newer", json!({"type": "javascript", "eval": "return event"})),
        wrap(
            "CheckConfig",
            "newer",
            json!({"command": "x", "interval": 60, "ttl_status": 2,
            "discard_output": true, "max_output_size": 100, "output_metric_tags": [{"name": "a", "value": "b"}]}),
        ),
    ];
    fixture.run_with_input("create", &manifests.concat()).ok();
}

fn objects(dump: &str) -> Vec<Value> {
    let values = serde_json::Deserializer::from_str(dump).into_iter();
    values.collect::<Result<_, _>>().expect("JSON")
}

fn dump(fixture: &Fixture, options: &str) -> RunOutput {
    let line = format!("dump all --all-namespaces --format wrapped-json {options}");
    fixture.home.run(&line, "")
}

#[test]
fn newer_types_and_fields_and_users_are_left_out() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    create_newer_objects(&fixture);
    let output = dump(&fixture, "--for 5.0");
    assert_eq!(output.code, 0, "{output:?}");
    for field in ["builds", "ttl_status", "created_by", "discard_output", "eval", "expire_at"] {
        assert!(!output.stdout.contains(&format!("\"{field}\"")), "{field}");
    }
    let left_out = |release: &str| -> Vec<String> {
        let lines = dump(&fixture, &format!("--for {release}")).stderr;
        lines.lines().map(|line| line.trim_start_matches("left out: ").to_owned()).collect()
    };
    let old = left_out("5.0.0");
    for expected in [
        "User: dumps contain no passwords",
        "Pipeline: the release does not have the type",
        "Asset.builds (1)",
        "CheckConfig.ttl_status (1)",
        "HookConfig.runtime_assets (1)",
        "Handler of type http (1)",
        "Mutator.eval (1)",
    ] {
        assert!(old.iter().any(|line| line == expected), "{expected}: {old:?}");
    }
    let extensions = "Extension: the release does not have the type".to_owned();
    assert!(left_out("6.13").contains(&extensions));
    let fields: Vec<_> = left_out("6.4").into_iter().filter(|line| line.contains('.')).collect();
    assert_eq!(fields, ["CheckConfig.ttl_status (1)", "Mutator.eval (1)", "Mutator.type (1)"]);
    // Without the option, nothing is left out.
    let all = dump(&fixture, "");
    assert_eq!(all.stderr, "");
    assert!(all.stdout.contains("\"eval\"") && all.stdout.contains("\"type\": \"User\""));
    for wrong in ["--for soon", "--for 0.29"] {
        assert_eq!(dump(&fixture, wrong).code, 1, "{wrong}");
    }
}

/// `begin`, `expire` and `expire_at` of an entry; 0 if missing.
fn times(entry: &Value) -> [i64; 3] {
    ["begin", "expire", "expire_at"].map(|field| entry[field].as_i64().unwrap_or(0))
}

#[test]
fn silenced_entries_end_at_the_same_time_in_the_target() {
    let (here, there) = (Fixture::new(), Fixture::new());
    here.ok("silenced create -s begun -e 36000 -r why");
    here.ok("silenced create -s forever -r why");
    here.ok("silenced create -s later -e 3600 -b 'in 30days' -r why");
    let list = |fixture: &Fixture| -> Vec<Value> {
        serde_json::from_str(&fixture.ok("silenced list")).expect("JSON")
    };
    // The first entry looks as if it had begun an hour earlier.
    let [begin, _, end] = times(&list(&here)[0]);
    here.ok("silenced delete begun:* --skip-confirm");
    let entry = json!({"type": "Silenced", "api_version": "core/v2", "metadata": {"name": "begun:*"},
        "spec": {"subscription": "begun", "reason": "why", "begin": begin - 3600, "expire": 39600,
            "expire_at": end}});
    here.run_with_input("create", &entry.to_string()).ok();
    let before = list(&here);
    assert_eq!(times(&before[0]), [begin - 3600, 39600, end]);

    let output = here.home.run("dump silenced --for 5.0 --format wrapped-json", "");
    let left_out = "left out: Silenced.expire_at (2)\n";
    assert_eq!((output.code, output.stderr.as_str()), (0, left_out));
    let specs: Vec<_> = objects(&output.stdout).iter().map(|entry| times(&entry["spec"])).collect();
    assert!(specs[0][1] > 0 && specs[0][1] <= 36000, "{specs:?}");
    assert_eq!((specs[1][1], specs[2][1]), (-1, 3600));

    // Time passes between the dump and the creation, but far less than the hour before the dump.
    there.run_with_input("create", &output.stdout).ok();
    let after = list(&there);
    let [new_begin, _, new_end] = times(&after[0]);
    assert_eq!(new_begin, begin - 3600);
    assert!((end..end + 3600).contains(&new_end), "{before:?} {after:?}");
    assert_eq!(times(&after[1]), times(&before[1]));
    assert_eq!(times(&after[2]), times(&before[2]));
}

#[test]
fn a_dump_for_another_release_can_be_created() {
    let (here, there) = (Fixture::new(), Fixture::new());
    create_examples(&here);
    let dumped = dump(&here, "--for 5.0").stdout;
    there.run_with_input("create", &dumped).ok();
    assert_eq!(objects(&dump(&there, "--for 5.0").stdout), objects(&dumped));
}
