//! `sensuctl user set-groups`

use serde_json::{Value, json};

use crate::support::{Fixture, ProxiedRequest, Proxy, create_examples};

const PATH: &str = "core/v2/users/bob";

fn groups(fixture: &Fixture) -> Value {
    let user: Value = serde_json::from_str(&fixture.ok("user info bob")).expect("JSON");
    user["groups"].clone()
}

fn requests(proxy: &Proxy) -> Vec<String> {
    proxy.take().iter().map(ProxiedRequest::line).collect()
}

#[test]
fn set_groups_is_one_conditional_put() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let proxy = fixture.runtime.block_on(Proxy::transparent(fixture.server.url()));
    fixture.home.log_in(&proxy.url());
    proxy.take();
    assert_eq!(fixture.ok("user set-groups bob 'ops,on call'"), "Set\n");
    assert_eq!(requests(&proxy), [format!("GET /apis/{PATH}"), format!("PUT /apis/{PATH}")]);
    assert_eq!(groups(&fixture), json!(["ops", "on call"]));
    fixture.ok("user test-creds bob --password P@ssw0rd!");
}

/// A failure in between leaves too many groups, never too few.
#[test]
fn set_groups_of_a_released_backend_adds_before_it_removes() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let proxy = fixture.runtime.block_on(Proxy::released_backend(fixture.server.url()));
    fixture.home.log_in(&proxy.url());
    fixture.ok("user add-group bob ops");
    proxy.take();
    fixture.ok("user set-groups bob 'ops,on call'");
    let request = |method, group| format!("{method} /api/{PATH}{group}");
    let expected =
        [request("GET", ""), request("PUT", "/groups/on%20call"), request("DELETE", "/groups/dev")];
    assert_eq!(requests(&proxy), expected);
    assert_eq!(groups(&fixture), json!(["ops", "on call"]));
}
