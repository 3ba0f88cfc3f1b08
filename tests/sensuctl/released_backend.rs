//! Released Sensu backends: lists that are `null`, and selectors that are ignored.

use crate::support::{Fixture, Kind, Proxy};

/// A server that looks like a released backend, and a session there.
fn released_backend() -> (Fixture, Proxy) {
    let fixture = Fixture::new();
    let proxy = fixture.runtime.block_on(Proxy::released_backend_with_null(fixture.server.url()));
    fixture.home.log_in(&proxy.url());
    (fixture, proxy)
}

#[test]
fn a_null_list_is_empty() {
    let (fixture, _proxy) = released_backend();
    for kind in Kind::all(&fixture.home).iter().filter(|kind| kind.is_namespaced) {
        let list = format!("{} list", kind.command);
        assert_eq!(fixture.ok(&list), "[]\n", "{list}");
        for format in ["tabular", "wrapped-json", "yaml"] {
            fixture.ok(&format!("{list} --format {format}"));
        }
        assert_eq!(fixture.ok(&format!("{list} --all-namespaces")), "[]\n", "{list}");
        assert_eq!(fixture.ok(&format!("dump {}", kind.command)), "", "{list}");
    }
    assert_eq!(fixture.ok("silenced list -s web"), "[]\n");
    assert_eq!(fixture.ok("silenced list -c check-cpu"), "[]\n");
    assert_eq!(fixture.ok("api-key list"), "[]\n");
    let paged = "api /api/core/v2/namespaces/default/assets --paginate";
    assert_eq!(fixture.ok(paged), "[]\n");
    assert!(fixture.ok("dump all --all-namespaces").starts_with("type: Namespace\n"));
}

#[test]
fn ignored_selectors_are_reported_once() {
    let (fixture, _proxy) = released_backend();
    fixture.ok("check create a -c true -i 60 -s system");
    fixture.ok("hook create h -c ps");
    let warning = "Warning: this server ignores selectors: all objects are listed\n";
    for line in [
        "check list --field-selector 'check.publish == false'",
        "check list --label-selector 'region == eu' --limit 5",
        "dump check,hook --field-selector 'check.publish == false'",
    ] {
        let output = fixture.home.run(line, "");
        assert_eq!((output.code, output.stderr.as_str()), (0, warning), "{line}");
        assert!(output.stdout.contains("system"), "{line}: {output:?}");
    }
    // Nothing to select from, nothing selected, and a server that selects.
    fixture.ok("filter list --field-selector 'filter.action == deny'");
    fixture.ok("check list");
    fixture.home.log_in(&fixture.server.url());
    fixture.ok("check list --field-selector 'check.publish == true'");
    let proxy = fixture.runtime.block_on(Proxy::released_backend(fixture.server.url()));
    fixture.home.log_in(&proxy.url());
    fixture.ok("check list --field-selector 'check.publish == true'");
}
