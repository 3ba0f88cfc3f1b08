//! Configuration files: those of Sensu's program are read, and ours have the same keys.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::program::{Home, Stage};

/// What Sensu's program writes: mode 0644, two blanks of indent, these keys.
fn as_the_original(stage: &Stage, home: &Home) {
    let tokens = stage.runtime.block_on(stage.server.as_admin()).tokens().expect("logged in");
    let cluster = format!(
        "{{\n  \"api-url\": \"{}\",\n  \"edition\": \"\",\n  \"access_token\": \"{}\",\n  \"expires_at\": {},\n  \"refresh_token\": \"{}\"\n}}",
        stage.server.url(),
        tokens.access_token,
        tokens.expires_at,
        tokens.refresh_token
    );
    home.write(".config/sensu/sensuctl/cluster", &cluster);
    home.write(
        ".config/sensu/sensuctl/profile",
        "{\n  \"format\": \"yaml\",\n  \"namespace\": \"ops\"\n}",
    );
    for name in ["cluster", "profile"] {
        let file = home.configuration().join(name);
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).expect("mode");
    }
}

#[test]
fn files_of_the_original_are_read() {
    let stage = Stage::set();
    let home = Home::new();
    as_the_original(&stage, &home);
    home.run("namespace create ops", "").ok();
    home.run("check create c -c true -i 5 -s x", "").ok();
    let shown = home.run("check info c", "").ok();
    assert!(shown.starts_with("type: CheckConfig\n"), "{shown}");
    assert!(shown.contains("namespace: ops"), "{shown}");
}

#[test]
fn ours_have_the_same_keys_and_are_private() {
    let stage = Stage::set();
    let (ours, theirs) = (&stage.home, Home::new());
    as_the_original(&stage, &theirs);
    for name in ["cluster", "profile"] {
        let keys = |home: &Home| {
            let file = home.kept(name);
            file.as_object().expect("an object").keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(ours), keys(&theirs), "{name}");
        let file = ours.configuration().join(name);
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        let text = fs::read_to_string(&file).expect("there");
        assert!(text.starts_with("{\n  \""), "two blanks of indent: {text}");
    }
    // The line that people look for.
    let text = fs::read_to_string(ours.configuration().join("cluster")).expect("there");
    let lines: Vec<_> = text.lines().filter(|line| line.contains("access_token")).collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("  \"access_token\": \"ey"), "{lines:?}");
}

#[test]
fn settings_are_changed_and_shown() {
    let stage = Stage::set();
    for (line, kept) in [
        ("config set-format YAML", json!({"format": "yaml", "namespace": "default"})),
        ("config set-namespace dev", json!({"format": "yaml", "namespace": "dev"})),
    ] {
        assert_eq!(stage.ok(line), "OK\n");
        assert_eq!(stage.home.kept("profile"), kept);
    }
    assert_eq!(stage.ok("config set-timeout 20s"), "OK\n");
    assert_eq!(stage.home.kept("cluster")["timeout"], 20_000_000_000_u64);
    let view: serde_json::Value =
        serde_json::from_str(&stage.ok("config view --format json")).expect("JSON");
    assert_eq!(view["api-url"], stage.server.url());
    assert_eq!(
        (
            &view["edition"],
            &view["format"],
            &view["namespace"],
            &view["timeout"],
            &view["username"]
        ),
        (&json!("core"), &json!("yaml"), &json!("dev"), &json!("20s"), &json!("admin"))
    );
    // What the command line or the environment says goes first, and is not kept.
    let once = stage.ok("--namespace other config view --format json");
    assert!(once.contains("\"namespace\": \"other\""), "{once}");
    let mut command = stage.home.command("config view --format json");
    command.env("SENSU_NAMESPACE", "elsewhere");
    let once = crate::program::Ran::of(command, "").ok();
    assert!(once.contains("\"namespace\": \"elsewhere\""), "{once}");
    assert_eq!(stage.home.kept("profile")["namespace"], "dev");
    assert!(stage.fails("config set-format xml").contains("xml"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let home = Home::new();
    home.write(".config/sensu/sensuctl/cluster", "{");
    let ran = home.run("check list", "");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(".config/sensu/sensuctl/cluster"), "{}", ran.err);
}

#[test]
fn a_broken_file_stops_only_what_needs_it_and_is_mended() {
    let stage = Stage::set();
    let url = stage.server.url();
    let configure = format!("configure -n --url {url} --username admin --password P@ssw0rd!");
    for name in ["cluster", "profile"] {
        stage.home.write(&format!(".config/sensu/sensuctl/{name}"), "{ nonsense");
        for line in
            ["version", "--help", "check --help", "completion bash", "man", "describe-type all"]
        {
            stage.ok(line);
        }
        for line in ["check list", "config view", "config set-namespace x", "logout", "env"] {
            assert!(stage.fails(line).contains(&format!("sensuctl/{name}: ")), "{line}");
        }
        // A login that fails leaves everything as it was.
        let refused = stage.fails(&format!("{configure}wrong"));
        assert!(refused.contains("unable to authenticate"), "{refused}");
        let ran = stage.home.run(&configure, "");
        assert_eq!((ran.code, ran.out.as_str()), (0, ""));
        assert!(ran.err.contains(&format!("sensuctl/{name}.broken: ")), "{}", ran.err);
        stage.ok("check list");
        let aside = stage.home.configuration().join(format!("{name}.broken"));
        assert_eq!(fs::read_to_string(aside).expect("kept"), "{ nonsense");
    }
    stage.home.run(&configure, "").ok();
}

#[test]
fn nobody_needs_a_home_to_read_help() {
    let home = Home::new();
    for line in ["version", "completion zsh", "--help"] {
        let mut command = home.command(line);
        command.env_remove("HOME");
        assert_eq!(crate::program::Ran::of(command, "").code, 0, "{line}");
    }
}

#[test]
fn the_settings_of_the_connection_are_remembered() {
    let stage = Stage::set();
    let configure =
        format!("configure -n --url {} --username admin --password P@ssw0rd!", stage.server.url());
    stage.ok(&format!("{configure} --insecure-skip-tls-verify --timeout 20s"));
    let cluster = stage.home.kept("cluster");
    assert_eq!(
        (&cluster["insecure-skip-tls-verify"], &cluster["timeout"]),
        (&json!(true), &json!(20_000_000_000_u64))
    );
    // What was not said now stays; what was not said at all is what it was.
    stage.ok(&configure);
    assert_eq!(stage.home.kept("cluster")["timeout"], 20_000_000_000_u64);
    assert_eq!(stage.home.kept("profile"), json!({"format": "json", "namespace": "default"}));
    let said = stage.fails("--trusted-ca-file missing.pem check list");
    assert!(said.contains("missing.pem"), "{said}");
    let said = stage.fails("--timeout soon check list");
    assert!(said.contains("\"soon\" is not a duration"), "{said}");
}

#[test]
fn the_timeout_of_requests_is_not_that_of_commands() {
    let stage = Stage::set();
    stage.ok("mutator create none -c x -t 0");
    stage.ok("--timeout 20s hook create both -c x --timeout 7");
    let mut command = stage.home.command("hook create said -c x");
    command.env("SENSU_TIMEOUT", "20s");
    crate::program::Ran::of(command, "").ok();
    stage.ok("hook update both --timeout 8");
    let timeouts = stage.ok("hook list -o jq='map(.timeout) | @csv'");
    assert_eq!(timeouts, "8,60\n");
    // Before or after the command; the command line goes before the environment.
    for line in
        ["--timeout 20s config view", "config view --timeout 20s", "config --timeout 20s view"]
    {
        let mut command = stage.home.command(&format!("{line} -o jq=.timeout"));
        command.env("SENSU_TIMEOUT", "30s");
        assert_eq!(crate::program::Ran::of(command, "").ok(), "20s\n", "{line}");
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let home = Home::new();
    let ran = home.run("--api-url http://127.0.0.1:9 cluster health", "");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert_eq!(
        ran.err,
        "Error: cannot reach the server: Connection refused (os error 111): at http://127.0.0.1:9\n"
    );
    let ran = home.run("--api-url 127.0.0.1:8080 cluster health", "");
    assert!(ran.err.contains("127.0.0.1:8080"), "{}", ran.err);
}
