//! Runs the commands of the README and of the guide to agents, with shorter times.

use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::guides::{DOCUMENTED_ADDRESS, run_changed};

/// Commands that wait until the status of an event is one of those of an extended regular expression.
fn wait(entity: &str, check: &str, status: &str) -> String {
    format!(
        "until sensuctl event info {entity} {check} -o jq=.check.status 2> /dev/null | \
         grep -Eqx '{status}'; do sleep 0.1; done\n"
    )
}

/// Commands that end all agents, as Ctrl-C does.
const STOP: &str = "kill -INT $(jobs -p)\nwait\n";

#[test]
fn the_commands_of_the_readme_work() {
    let change = |commands: &str| {
        let commands = commands.replace("\"interval\":60", "\"interval\":1").replace(
            "--subscriptions",
            "--keepalive-interval 1 --keepalive-timeout 5 --subscriptions",
        );
        if commands.contains("events/test-agent/check-cpu") {
            // There is no such command.
            return wait("test-agent", "check-cpu", "127") + &commands;
        }
        if commands.contains("events/test-agent/keepalive") {
            return STOP.to_owned() + &wait("test-agent", "keepalive", "1") + &commands;
        }
        commands
    };
    assert_eq!(run_changed("README.md", &["Run", "First requests", "Agents"], change), 1);
}

/// The service that the guide sends alerts to is that of the test.
#[test]
fn the_commands_of_the_guide_to_agents_work() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let pager = runtime.block_on(async {
        let pager = MockServer::start().await;
        let alert = body_string_contains("No keepalive sent from web-1");
        let received = Mock::given(method("POST")).and(path("/hook")).and(alert);
        received.respond_with(ResponseTemplate::new(204)).expect(1..).mount(&pager).await;
        pager
    });
    let change = |commands: &str| {
        let commands = commands
            .replace("127.0.0.1:9000", &pager.address().to_string())
            .replace("interval: 10", "interval: 2")
            .replace(
                "--keepalive-interval 5 --keepalive-timeout 10",
                "--keepalive-interval 1 --keepalive-timeout 5",
            );
        let before = if commands.contains("event info web-1 load") {
            wait("web-1", "load", "0")
        } else if commands.contains("entity info web-1") {
            wait("web-1", "keepalive", "0")
        } else if commands.contains("event list") {
            wait("manual", "http", "0") + &wait("shop", "http", "0")
        } else if commands.contains("event info web-1 keepalive") {
            STOP.to_owned() + &wait("web-1", "keepalive", "1")
        } else if commands.contains("event outcomes") {
            format!(
                "until curl -sf http://{DOCUMENTED_ADDRESS}/metrics | \
                 grep -qx 'sensu_server_pipeline_outbox_entries 0'; do sleep 0.1; done\n"
            )
        } else {
            String::new()
        };
        before + &commands
    };
    let headings = [
        "Start a server",
        "Execute a check",
        "Check something without an agent",
        "Get an alert for a silent agent",
    ];
    assert_eq!(run_changed("docs/agents.md", &headings, change), 5);
    runtime.block_on(pager.verify());
}
