//! Objects of every kind, for tests that read them.

use sensu_tests::Document;
use serde_json::json;

use super::{Fixture, Kind};

/// Creates at least one object of every kind, with fixed times. A kind without a command below gets the
/// example of the OpenAPI document.
pub(crate) fn create_examples(fixture: &Fixture) {
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
        fixture.ok(line);
    }
    let event = r#"{"type": "Event", "api_version": "core/v2", "metadata": {}, "spec": {
        "timestamp": 1893596640,
        "entity": {"entity_class": "proxy", "metadata": {"name": "web-1"}},
        "check": {"interval": 60, "status": 2, "output": "CPU at 99%\n", "metadata": {"name": "check-cpu"}}}}"#;
    fixture.run_with_input("create", event).ok();
    for kind in Kind::all(&fixture.home).iter().filter(|kind| kind.count(&fixture.home) == 0) {
        create_documented_example(fixture, kind);
    }
}

fn create_documented_example(fixture: &Fixture, kind: &Kind) {
    let document = Document::committed();
    let operations = document.operations();
    let mut creates = operations.iter().filter(|operation| operation.method == "POST");
    let create = creates.find(|operation| {
        let schema =
            operation.body_schema()["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        schema.is_some_and(|schema| document.type_of(schema) == kind.name)
    });
    let example = create.and_then(|operation| operation.body_example());
    let example = example.unwrap_or_else(|| panic!("no example of {}", kind.name));
    let manifest = json!({"type": kind.name, "api_version": "core/v2", "spec": example});
    fixture.run_with_input("create", &manifest.to_string()).ok();
}
