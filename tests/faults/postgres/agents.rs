//! Several servers on one database: after one was killed, its agents do not have turns any more (D51).

use std::time::Duration;

use sensu_test_agent::{Agent, AgentOptions, Received};
use serde_json::json;

use super::Fixture;

/// Maximum time for a request to arrive.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_a_killed_server_have_no_turns() {
    let Some(fixture) = Fixture::shared() else { return };
    let (victim, survivor) = (fixture.server(), fixture.server());
    let token = survivor.token().await;
    let connect = async |url: &str, name: &str| {
        let options = AgentOptions::new(url, name).with_subscriptions(&["system"]);
        let mut agent = Agent::connect(options).await.expect("connects");
        agent.send_keepalive().await.expect("is sent");
        agent
    };
    let _lost = connect(victim.agent_url(), "lost").await;
    let mut agent = connect(survivor.agent_url(), "web").await;
    let check = json!({
        "command": "true", "interval": 1, "subscriptions": ["system"], "publish": true,
        "round_robin": true,
    });
    let path = "/apis/core/v2/namespaces/default/checks/rr";
    let created = survivor.send("PUT", path, Some(&token), Some(&check)).await;
    let created = created.expect("a response");
    assert_eq!(created.status, 200, "{}", created.body);
    let mut next = async || loop {
        match agent.receive(PATIENCE).await.expect("a message") {
            Received::CheckRequest(request) => return request.issued,
            Received::EntityConfig(_) => {}
            other => panic!("{other:?}"),
        }
    };
    next().await;
    victim.kill();
    // The other agent has every second turn, until the lease of its server ends.
    let mut last = next().await;
    loop {
        let issued = next().await;
        if issued == last + 1 {
            break;
        }
        last = issued;
    }
    assert!(survivor.stop());
}
