//! Sessions: login, token refresh, logout, sessions shared by processes, API keys.

use std::thread;

use serde_json::{Value, json};

use crate::support::{Fixture, Home, RunOutput};

/// Marks the stored access token as expired.
fn expire(home: &Home) {
    let mut cluster = home.config_file("cluster");
    cluster["expires_at"] = json!(1);
    home.write(".config/sensu/sensuctl/cluster", &cluster.to_string());
}

#[test]
fn an_expired_token_is_refreshed_and_stored() {
    let fixture = Fixture::new();
    let before = fixture.home.config_file("cluster");
    expire(&fixture.home);
    assert_eq!(
        fixture.ok("namespace list --format json"),
        "[\n  {\n    \"name\": \"default\"\n  }\n]\n"
    );
    let after = fixture.home.config_file("cluster");
    assert_ne!(after["access_token"], before["access_token"]);
    assert!(after["expires_at"].as_i64() > Some(1));
    // The next command uses the new token.
    fixture.ok("namespace list");
    assert_eq!(fixture.home.config_file("cluster"), after);
}

#[test]
fn concurrent_refreshes_do_not_end_the_session() {
    let fixture = Fixture::new();
    for _round in 0..3 {
        expire(&fixture.home);
        let output: Vec<RunOutput> = thread::scope(|scope| {
            let runs: Vec<_> =
                (0..6).map(|_| scope.spawn(|| fixture.home.run("check list", ""))).collect();
            runs.into_iter().map(|run| run.join().expect("output")).collect()
        });
        for output in output {
            assert_eq!(output.ok(), "[]\n");
        }
    }
    // The last refresh token is still valid.
    expire(&fixture.home);
    fixture.ok("check list");
}

#[test]
fn logout_ends_the_session_and_deletes_its_tokens() {
    let fixture = Fixture::new();
    let before = fixture.home.config_file("cluster");
    assert_eq!(fixture.ok("logout"), "You have been logout\n");
    assert_eq!(
        fixture.home.config_file("cluster"),
        json!({
            "api-url": fixture.server.url(),
            "edition": "",
            "access_token": "",
            "expires_at": 0,
            "refresh_token": "",
        })
    );
    let token = before["access_token"].as_str();
    let response = fixture.server.send("GET", "/apis/core/v2/namespaces", token, None);
    assert_eq!(fixture.runtime.block_on(response).status, 401);
    let stderr = fixture.fails("check list");
    assert_eq!(
        stderr,
        "Error: Unable to locate credentials. You can configure credentials by running \"sensuctl configure\"\n"
    );
}

#[test]
fn an_ended_session_is_reported_and_can_be_logged_out() {
    let fixture = Fixture::new();
    let mut cluster = fixture.home.config_file("cluster");
    let body = json!({"refresh_token": cluster["refresh_token"]});
    let token = cluster["access_token"].as_str();
    let ended = fixture.server.send("POST", "/auth/logout", token, Some(&body));
    assert!(fixture.runtime.block_on(ended).status < 300);
    let prefix = "Error: the session has ended: run \"sensuctl configure\" to log in again: ";
    let stderr = fixture.fails("check list");
    assert!(stderr.starts_with(prefix), "{stderr}");
    let stderr = fixture.fails("check set-timeout c 5");
    assert!(stderr.starts_with(prefix), "{stderr}");
    // The same without a request, if the token has expired.
    cluster["expires_at"] = json!(1);
    fixture.home.write(".config/sensu/sensuctl/cluster", &cluster.to_string());
    let stderr = fixture.fails("check list");
    assert!(stderr.starts_with(prefix), "{stderr}");
    assert_eq!(fixture.ok("logout"), "You have been logout\n");
    assert_eq!(fixture.home.config_file("cluster")["access_token"], "");
    assert!(fixture.fails("logout").contains("You are not logged in"));
    let stderr = fixture.fails("--api-key nonsense check list");
    assert!(stderr.starts_with("Error: the server rejects the API key: "), "{stderr}");
}

#[test]
fn a_failed_login_changes_nothing() {
    let fixture = Fixture::new();
    let before = fixture.home.config_file("cluster");
    let line =
        format!("configure -n --url {} --username admin --password bad", fixture.server.url());
    let stderr = fixture.fails(&line);
    assert!(stderr.starts_with("Error: unable to authenticate with error: "), "{stderr}");
    assert_eq!(fixture.home.config_file("cluster"), before);
    let stderr = fixture.fails("configure -n --username admin");
    assert!(stderr.contains("required flag(s)"), "{stderr}");
}

#[test]
fn env_exports_a_session() {
    let fixture = Fixture::new();
    let script = fixture.ok("env");
    let elsewhere = Home::new();
    let mut command = elsewhere.command("namespace list --format json");
    for line in script.lines().filter_map(|line| line.strip_prefix("export ")) {
        let (name, value) = line.split_once('=').expect("a variable");
        command.env(name, shell_words::split(value).expect("a word").concat());
    }
    assert!(RunOutput::of(command, "").ok().contains("default"));
    assert!(!elsewhere.config_dir().join("cluster").exists());
}

#[test]
fn api_keys_are_granted_used_and_revoked() {
    let fixture = Fixture::new();
    let created = fixture.ok("api-key grant admin --expires 'in 2h'");
    let key = created.strip_prefix("Created: /api/core/v2/apikeys/").expect("a path").trim();
    let listed: Value = serde_json::from_str(&fixture.ok("api-key list")).expect("JSON");
    let name = listed[0]["metadata"]["name"].as_str().expect("a name").to_owned();
    assert!(listed[0]["expires_at"].as_i64() > listed[0]["created_at"].as_i64());

    let elsewhere = Home::new();
    let with_key = format!("--api-url {} --api-key {key} namespace list", fixture.server.url());
    assert!(elsewhere.run(&with_key, "").ok().contains("default"));
    assert_eq!(fixture.ok(&format!("api-key revoke {name} --skip-confirm")), "Deleted\n");
    assert_eq!(elsewhere.run(&with_key, "").code, 1);
}
