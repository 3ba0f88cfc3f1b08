//! Sessions: begun, renewed without a word, shared by processes, ended.

use std::thread;

use serde_json::{Value, json};

use crate::program::{Home, Ran, Stage};

/// Makes the kept access token look as if its time were over.
fn expire(home: &Home) {
    let mut cluster = home.kept("cluster");
    cluster["expires_at"] = json!(1);
    home.write(".config/sensu/sensuctl/cluster", &cluster.to_string());
}

#[test]
fn an_expired_token_is_renewed_and_kept() {
    let stage = Stage::set();
    let before = stage.home.kept("cluster");
    expire(&stage.home);
    assert_eq!(
        stage.ok("namespace list --format json"),
        "[\n  {\n    \"name\": \"default\"\n  }\n]\n"
    );
    let after = stage.home.kept("cluster");
    assert_ne!(after["access_token"], before["access_token"]);
    assert!(after["expires_at"].as_i64() > Some(1));
    // And the new one is used: nothing is renewed again.
    stage.ok("namespace list");
    assert_eq!(stage.home.kept("cluster"), after);
}

#[test]
fn processes_that_renew_at_once_do_not_log_each_other_out() {
    let stage = Stage::set();
    for _round in 0..3 {
        expire(&stage.home);
        let ran: Vec<Ran> = thread::scope(|scope| {
            let runs: Vec<_> =
                (0..6).map(|_| scope.spawn(|| stage.home.run("check list", ""))).collect();
            runs.into_iter().map(|run| run.join().expect("ran")).collect()
        });
        for ran in ran {
            assert_eq!(ran.ok(), "[]\n");
        }
    }
    // The session is alive: its last refresh token still buys a new one.
    expire(&stage.home);
    stage.ok("check list");
}

#[test]
fn logging_out_ends_the_session_and_blanks_its_tokens() {
    let stage = Stage::set();
    let held = stage.home.kept("cluster");
    assert_eq!(stage.ok("logout"), "You have been logout\n");
    assert_eq!(
        stage.home.kept("cluster"),
        json!({
            "api-url": stage.server.url(),
            "edition": "",
            "access_token": "",
            "expires_at": 0,
            "refresh_token": "",
        })
    );
    let token = held["access_token"].as_str();
    let refused = stage.server.send("GET", "/apis/core/v2/namespaces", token, None);
    assert_eq!(stage.runtime.block_on(refused).status, 401);
    let said = stage.fails("check list");
    assert_eq!(
        said,
        "Error: Unable to locate credentials. You can configure credentials by running \"sensuctl configure\"\n"
    );
}

#[test]
fn a_session_that_has_ended_is_told_and_can_be_given_up() {
    let stage = Stage::set();
    let mut cluster = stage.home.kept("cluster");
    let body = json!({"refresh_token": cluster["refresh_token"]});
    let token = cluster["access_token"].as_str();
    let ended = stage.server.send("POST", "/auth/logout", token, Some(&body));
    assert!(stage.runtime.block_on(ended).status < 300);
    let begins = "Error: the session has ended: run \"sensuctl configure\" to log in again: ";
    let said = stage.fails("check list");
    assert!(said.starts_with(begins), "{said}");
    let said = stage.fails("check set-timeout c 5");
    assert!(said.starts_with(begins), "{said}");
    // The same when the program knows by itself that the token is too old.
    cluster["expires_at"] = json!(1);
    stage.home.write(".config/sensu/sensuctl/cluster", &cluster.to_string());
    let said = stage.fails("check list");
    assert!(said.starts_with(begins), "{said}");
    assert_eq!(stage.ok("logout"), "You have been logout\n");
    assert_eq!(stage.home.kept("cluster")["access_token"], "");
    assert!(stage.fails("logout").contains("You are not logged in"));
    let said = stage.fails("--api-key nonsense check list");
    assert!(said.starts_with("Error: the server rejects the API key: "), "{said}");
}

#[test]
fn a_wrong_password_leaves_what_was_there() {
    let stage = Stage::set();
    let before = stage.home.kept("cluster");
    let line = format!("configure -n --url {} --username admin --password bad", stage.server.url());
    let said = stage.fails(&line);
    assert!(said.starts_with("Error: unable to authenticate with error: "), "{said}");
    assert_eq!(stage.home.kept("cluster"), before);
    let said = stage.fails("configure -n --username admin");
    assert!(said.contains("required flag(s)"), "{said}");
}

#[test]
fn the_environment_can_hold_a_session() {
    let stage = Stage::set();
    let script = stage.ok("env");
    let elsewhere = Home::new();
    let mut command = elsewhere.command("namespace list --format json");
    for line in script.lines().filter_map(|line| line.strip_prefix("export ")) {
        let (name, value) = line.split_once('=').expect("a variable");
        command.env(name, shell_words::split(value).expect("a word").concat());
    }
    assert!(Ran::of(command, "").ok().contains("default"));
    assert!(!elsewhere.configuration().join("cluster").exists());
}

#[test]
fn api_keys_are_granted_used_and_revoked() {
    let stage = Stage::set();
    let said = stage.ok("api-key grant admin --expires 'in 2h'");
    let key = said.strip_prefix("Created: ").expect("a key").trim();
    let listed: Value = serde_json::from_str(&stage.ok("api-key list")).expect("JSON");
    let name = listed[0]["metadata"]["name"].as_str().expect("a name").to_owned();
    assert!(listed[0]["expires_at"].as_i64() > listed[0]["created_at"].as_i64());

    let elsewhere = Home::new();
    let with_key = format!("--api-url {} --api-key {key} namespace list", stage.server.url());
    assert!(elsewhere.run(&with_key, "").ok().contains("default"));
    assert_eq!(stage.ok(&format!("api-key revoke {name} --skip-confirm")), "Deleted\n");
    assert_eq!(elsewhere.run(&with_key, "").code, 1);
}
