//! The configuration directory: shared with `sensuctl` of Sensu Go, and the precedence of settings.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::support::{Fixture, Home, RunOutput};

/// Writes the files as Sensu Go 5.0.0 does: mode 0644, indented by two spaces.
fn write_as_sensu_go(fixture: &Fixture, home: &Home) {
    let tokens = fixture.runtime.block_on(fixture.server.as_admin()).tokens().expect("logged in");
    let cluster = format!(
        "{{\n  \"api-url\": \"{}\",\n  \"edition\": \"\",\n  \"access_token\": \"{}\",\n  \"expires_at\": {},\n  \"refresh_token\": \"{}\"\n}}",
        fixture.server.url(),
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
        let file = home.config_dir().join(name);
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).expect("mode");
    }
}

#[test]
fn files_of_sensu_go_are_read() {
    let fixture = Fixture::new();
    let home = Home::new();
    write_as_sensu_go(&fixture, &home);
    home.run("namespace create ops", "").ok();
    home.run("check create c -c true -i 5 -s x", "").ok();
    let text = home.run("check info c", "").ok();
    assert!(text.starts_with("type: CheckConfig\n"), "{text}");
    assert!(text.contains("namespace: ops"), "{text}");
}

#[test]
fn files_have_the_keys_of_sensu_go_and_mode_0600() {
    let fixture = Fixture::new();
    let (ours, theirs) = (&fixture.home, Home::new());
    write_as_sensu_go(&fixture, &theirs);
    for name in ["cluster", "profile"] {
        let keys = |home: &Home| {
            let file = home.config_file(name);
            file.as_object().expect("an object").keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(ours), keys(&theirs), "{name}");
        let file = ours.config_dir().join(name);
        let mode = fs::metadata(&file).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        let text = fs::read_to_string(&file).expect("exists");
        assert!(text.starts_with("{\n  \""), "{text}");
    }
    // Sensu's API overview greps for this line.
    let text = fs::read_to_string(ours.config_dir().join("cluster")).expect("exists");
    let lines: Vec<_> = text.lines().filter(|line| line.contains("access_token")).collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("  \"access_token\": \"ey"), "{lines:?}");
}

#[test]
fn settings_are_changed_and_displayed() {
    let fixture = Fixture::new();
    for (line, profile) in [
        ("config set-format YAML", json!({"format": "yaml", "namespace": "default"})),
        ("config set-namespace dev", json!({"format": "yaml", "namespace": "dev"})),
    ] {
        assert_eq!(fixture.ok(line), "OK\n");
        assert_eq!(fixture.home.config_file("profile"), profile);
    }
    assert_eq!(fixture.ok("config set-timeout 20s"), "OK\n");
    assert_eq!(fixture.home.config_file("cluster")["timeout"], 20_000_000_000_u64);
    let view: serde_json::Value =
        serde_json::from_str(&fixture.ok("config view --format json")).expect("JSON");
    assert_eq!(view["api-url"], fixture.server.url());
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
    // Flags and environment take precedence, and are not stored.
    let once = fixture.ok("--namespace other config view --format json");
    assert!(once.contains("\"namespace\": \"other\""), "{once}");
    let mut command = fixture.home.command("config view --format json");
    command.env("SENSU_NAMESPACE", "elsewhere");
    let once = RunOutput::of(command, "").ok();
    assert!(once.contains("\"namespace\": \"elsewhere\""), "{once}");
    assert_eq!(fixture.home.config_file("profile")["namespace"], "dev");
    assert!(fixture.fails("config set-format xml").contains("xml"));
}

#[test]
fn a_malformed_file_is_named() {
    let home = Home::new();
    home.write(".config/sensu/sensuctl/cluster", "{");
    let output = home.run("check list", "");
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains(".config/sensu/sensuctl/cluster"), "{}", output.stderr);
}

#[test]
fn a_malformed_file_fails_only_commands_that_need_it_and_configure_replaces_it() {
    let fixture = Fixture::new();
    let url = fixture.server.url();
    let configure = format!("configure -n --url {url} --username admin --password P@ssw0rd!");
    for name in ["cluster", "profile"] {
        fixture.home.write(&format!(".config/sensu/sensuctl/{name}"), "{ nonsense");
        for line in
            ["version", "--help", "check --help", "completion bash", "man", "describe-type all"]
        {
            fixture.ok(line);
        }
        for line in ["check list", "config view", "config set-namespace x", "logout", "env"] {
            assert!(fixture.fails(line).contains(&format!("sensuctl/{name}: ")), "{line}");
        }
        // A failed login changes nothing.
        let error = fixture.fails(&format!("{configure}wrong"));
        assert!(error.contains("unable to authenticate"), "{error}");
        let output = fixture.home.run(&configure, "");
        assert_eq!((output.code, output.stdout.as_str()), (0, ""));
        assert!(output.stderr.contains(&format!("sensuctl/{name}.broken: ")), "{}", output.stderr);
        fixture.ok("check list");
        let renamed = fixture.home.config_dir().join(format!("{name}.broken"));
        assert_eq!(fs::read_to_string(renamed).expect("renamed"), "{ nonsense");
    }
    fixture.home.run(&configure, "").ok();
}

#[test]
fn help_needs_no_home_directory() {
    let home = Home::new();
    for line in ["version", "completion zsh", "--help"] {
        let mut command = home.command(line);
        command.env_remove("HOME");
        assert_eq!(RunOutput::of(command, "").code, 0, "{line}");
    }
}

#[test]
fn configure_stores_the_settings_of_the_connection() {
    let fixture = Fixture::new();
    let configure = format!(
        "configure -n --url {} --username admin --password P@ssw0rd!",
        fixture.server.url()
    );
    fixture.ok(&format!("{configure} --insecure-skip-tls-verify --timeout 20s"));
    let cluster = fixture.home.config_file("cluster");
    assert_eq!(
        (&cluster["insecure-skip-tls-verify"], &cluster["timeout"]),
        (&json!(true), &json!(20_000_000_000_u64))
    );
    // Settings that are not given keep their value.
    fixture.ok(&configure);
    assert_eq!(fixture.home.config_file("cluster")["timeout"], 20_000_000_000_u64);
    assert_eq!(
        fixture.home.config_file("profile"),
        json!({"format": "json", "namespace": "default"})
    );
    let stderr = fixture.fails("--trusted-ca-file missing.pem check list");
    assert!(stderr.contains("missing.pem"), "{stderr}");
    let stderr = fixture.fails("--timeout soon check list");
    assert!(stderr.contains("\"soon\" is not a duration"), "{stderr}");
}

#[test]
fn the_request_timeout_and_the_timeout_field_are_two_flags() {
    let fixture = Fixture::new();
    fixture.ok("mutator create none -c x -t 0");
    fixture.ok("--timeout 20s hook create both -c x --timeout 7");
    let mut command = fixture.home.command("hook create stderr -c x");
    command.env("SENSU_TIMEOUT", "20s");
    RunOutput::of(command, "").ok();
    fixture.ok("hook update both --timeout 8");
    let timeouts = fixture.ok("hook list -o jq='map(.timeout) | @csv'");
    assert_eq!(timeouts, "8,60\n");
    // Before or after the command; a flag takes precedence over the environment.
    for line in
        ["--timeout 20s config view", "config view --timeout 20s", "config --timeout 20s view"]
    {
        let mut command = fixture.home.command(&format!("{line} -o jq=.timeout"));
        command.env("SENSU_TIMEOUT", "30s");
        assert_eq!(RunOutput::of(command, "").ok(), "20s\n", "{line}");
    }
}

#[test]
fn connection_errors_name_the_server() {
    let home = Home::new();
    let output = home.run("--api-url http://127.0.0.1:9 cluster health", "");
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    assert_eq!(
        output.stderr,
        "Error: cannot reach the server: Connection refused (os error 111): at http://127.0.0.1:9\n"
    );
    let output = home.run("--api-url 127.0.0.1:8080 cluster health", "");
    assert!(output.stderr.contains("127.0.0.1:8080"), "{}", output.stderr);
}
