//! Compatibility with `sensuctl` 5.0.0: every command of its transcript is accepted, and sends the same
//! requests. `data/deviations.json` lists the accepted deviations with their reasons.

mod bodies;
mod inputs;

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::json;

use crate::support::transcript::{Step, steps};
use crate::support::{Fixture, ProxiedRequest, Proxy, RunOutput, Terminal};

/// An accepted deviation.
#[derive(Deserialize)]
struct Deviation {
    /// Lines of the commands in the transcript.
    lines: Vec<usize>,
    /// What deviates: `rc`, `requests`, `body`.
    what: Vec<String>,
    reason: String,
}

#[test]
fn every_command_of_sensuctl_5_0_0_sends_the_same_requests() {
    let mut fixture = Fixture::new();
    let proxy = fixture.runtime.block_on(Proxy::transparent(fixture.server.url()));
    fixture.home.log_in(&proxy.url());
    let mut manifests = inputs::manifests().into_iter();
    let accepted: Vec<Deviation> =
        serde_json::from_str(include_str!("../data/deviations.json")).expect("deviations");
    let mut found = vec![0; accepted.len()];
    let mut failures = String::new();
    for step in steps() {
        prepare(&mut fixture, &step);
        proxy.take();
        let (code, text) = run(&fixture, &proxy, &step, &mut manifests);
        for (what, difference) in compare(&step, code, &proxy.take()) {
            let is_accepted = |deviation: &Deviation| {
                deviation.lines.contains(&step.line) && deviation.what.iter().any(|w| w == what)
            };
            match accepted.iter().position(is_accepted) {
                Some(position) => found[position] += 1,
                None => {
                    let Step { line, command, .. } = &step;
                    writeln!(failures, "{line}: {command}: {what}: {difference} ({text})").unwrap();
                }
            }
        }
    }
    assert!(manifests.next().is_none(), "not all manifests were used");
    for (deviation, found) in accepted.iter().zip(found) {
        if found != deviation.lines.len() * deviation.what.len() {
            let Deviation { lines, reason, .. } = deviation;
            writeln!(failures, "no deviation any more: {lines:?} {reason}").unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn the_prefix_of_a_released_backend_is_looked_up_once() {
    let fixture = Fixture::new();
    let proxy = fixture.runtime.block_on(Proxy::released_backend(fixture.server.url()));
    let paths =
        || -> Vec<String> { proxy.take().into_iter().map(|request| request.path).collect() };
    fixture.home.log_in(&proxy.url());
    let (new, old) = ("/apis/core/v2/users/admin", "/api/core/v2/users/admin");
    assert_eq!(paths(), ["/auth", new, "/apis", old]);
    for line in ["check create c -c true -i 5 -s x", "check list"] {
        fixture.ok(line);
        assert_eq!(paths(), ["/api/core/v2/namespaces/default/checks"], "{line}");
    }
    // The cached prefix is not used for other servers.
    let line = format!("--api-url {} check info c", fixture.server.url());
    assert!(fixture.ok(&line).contains("\"interval\": 5"));
}

/// Does to the session what the heading of the transcript says.
fn prepare(fixture: &mut Fixture, step: &Step) {
    let mut cluster = fixture.home.config_file("cluster");
    match step.before.as_deref() {
        None => return,
        Some("expired token") => cluster["expires_at"] = json!(1),
        Some("revoked token") => {
            let token = cluster["access_token"].as_str().expect("a token");
            let body = json!({"refresh_token": cluster["refresh_token"]});
            let logout = fixture.server.send("POST", "/auth/logout", Some(token), Some(&body));
            assert!(fixture.runtime.block_on(logout).status < 300);
            return;
        }
        Some(other) => panic!("unknown heading: {other}"),
    }
    fixture.home.write(".config/sensu/sensuctl/cluster", &cluster.to_string());
}

/// Runs a command. Returns the exit code and all output.
fn run(
    fixture: &Fixture,
    proxy: &Proxy,
    step: &Step,
    manifests: &mut impl Iterator<Item = String>,
) -> (i32, String) {
    let line = step.command.replace("http://127.0.0.1:18201", &proxy.url());
    let line = line.replace("http://127.0.0.1:18180", &fixture.server.url());
    if step.is_interactive {
        let mut terminal = Terminal::run(&fixture.home, &line);
        for prompt in inputs::prompts(&step.command) {
            terminal.answer(prompt, "");
        }
        let (screen, code) = terminal.end();
        return (code, screen);
    }
    let mut input = String::new();
    if let Some(file) = line.strip_prefix("create -f ") {
        fixture.home.write(file, &manifests.next().expect("a manifest"));
    } else if line == "create" {
        input = manifests.next().expect("a manifest");
    } else if line == "check set-proxy-requests c1" {
        input = r#"{"splay": true, "splay_coverage": 50}"#.into();
    }
    let mut command = fixture.home.command(&line);
    if line == "edit check c1" {
        // The first run changes something; the second run finds nothing to change.
        let script = r#"sed -i 's/"command": "false"/"command": "true"/; s/"publish": false/"publish": true/' "$1""#;
        fixture.home.write("editor.sh", script);
        command.env("EDITOR", "sh editor.sh");
    }
    let output = RunOutput::of(command, &input);
    (output.code, format!("{}{}", output.stdout, output.stderr))
}

/// The deviations of a run: what deviates, and how.
fn compare(step: &Step, code: i32, sent: &[ProxiedRequest]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if code != step.code {
        found.push(("rc", format!("{} became {code}", step.code)));
    }
    // After a 404, the client looks up the prefix of the server once.
    let is_lookup = |request: &&ProxiedRequest| request.line() == "GET /apis";
    let sent: Vec<_> = sent.iter().filter(|request| !is_lookup(request)).collect();
    let ours: Vec<_> = sent
        .iter()
        .map(|request| request.line().replacen("/apis/core/v2", "/api/core/v2", 1))
        .collect();
    let theirs: Vec<_> = step
        .requests
        .iter()
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    if ours != theirs {
        found.push(("requests", format!("{theirs:?} became {ours:?}")));
        return found;
    }
    for (recorded, sent) in step.requests.iter().zip(sent) {
        if let Some(difference) = bodies::compare(recorded, &sent.body) {
            found.push(("body", difference));
        }
    }
    found
}
