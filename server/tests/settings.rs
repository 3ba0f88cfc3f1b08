//! Precedence of every setting of `start`: flag, environment variable, file, default.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "clippy allows them in test functions, not in their helpers"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A setting, its environment variable, and three valid values.
struct Setting {
    name: &'static str,
    variable: &'static str,
    values: [&'static str; 3],
}

const fn setting(name: &'static str, variable: &'static str, values: [&'static str; 3]) -> Setting {
    Setting { name, variable, values }
}

/// All settings; `every_setting_is_tested` compares the names with `--help`.
const SETTINGS: &[Setting] = &[
    setting("state-dir", "SENSU_STATE_DIR", ["a", "b", "c"]),
    setting("store-schema", "SENSU_STORE_SCHEMA", ["a", "b", "c"]),
    setting("store-connections", "SENSU_STORE_CONNECTIONS", ["1", "2", "3"]),
    setting("log-level", "SENSU_LOG_LEVEL", ["warn", "debug", "trace"]),
    setting("log-format", "SENSU_LOG_FORMAT", ["json", "text", "json"]),
    setting("password-cost", "SENSU_PASSWORD_COST", ["4", "5", "6"]),
    setting("api-listen-address", "SENSU_API_LISTEN_ADDRESS", ["[::1]:1", "[::1]:2", "[::1]:3"]),
    setting("port", "SENSU_API_PORT", ["1", "2", "3"]),
    setting("ready-file", "SENSU_READY_FILE", ["a", "b", "c"]),
    setting("agent-host", "SENSU_AGENT_HOST", ["::", "0.0.0.0", "192.0.2.1"]),
    setting("agent-port", "SENSU_AGENT_PORT", ["1", "2", "3"]),
    setting("agent-cert-file", "SENSU_AGENT_CERT_FILE", ["a", "b", "c"]),
    setting("agent-key-file", "SENSU_AGENT_KEY_FILE", ["a", "b", "c"]),
    setting("agent-write-timeout", "SENSU_AGENT_WRITE_TIMEOUT", ["1", "2", "3"]),
    setting("max-agents", "SENSU_MAX_AGENTS", ["1", "2", "3"]),
    setting("deregistration-handler", "SENSU_DEREGISTRATION_HANDLER", ["a", "b", "c"]),
    setting("cert-file", "SENSU_CERT_FILE", ["a", "b", "c"]),
    setting("key-file", "SENSU_KEY_FILE", ["a", "b", "c"]),
    setting("api-request-limit", "SENSU_API_REQUEST_LIMIT", ["1", "2", "3"]),
    setting("api-response-limit", "SENSU_API_RESPONSE_LIMIT", ["1", "2", "3"]),
    setting("api-timeout", "SENSU_API_TIMEOUT", ["1", "2", "3"]),
    setting("access-token-expiry", "SENSU_ACCESS_TOKEN_EXPIRY", ["1", "2", "3"]),
    setting("refresh-token-expiry", "SENSU_REFRESH_TOKEN_EXPIRY", ["1", "2", "3"]),
    setting("refresh-token-grace", "SENSU_REFRESH_TOKEN_GRACE", ["0", "1", "2"]),
    setting("cors-origins", "SENSU_CORS_ORIGINS", ["a", "b", "c"]),
    setting("max-connections", "SENSU_MAX_CONNECTIONS", ["1", "2", "3"]),
    setting("reported-release", "SENSU_REPORTED_RELEASE", ["5.0.0", "5.21.0", "6.5.0"]),
    setting("trusted-proxies", "SENSU_TRUSTED_PROXIES", ["10.0.0.0/8", "192.0.2.1", "fd00::/8"]),
    setting("max-commands", "SENSU_MAX_COMMANDS", ["1", "2", "3"]),
    setting("outbox-max-events", "SENSU_OUTBOX_MAX_EVENTS", ["0", "1", "2"]),
    setting("outbox-max-age", "SENSU_OUTBOX_MAX_AGE", ["0", "1", "2"]),
    setting("outbound-allow", "SENSU_OUTBOUND_ALLOW", ["10.0.0.0/8", "192.0.2.1", "fd00::/8"]),
    setting("outbound-deny", "SENSU_OUTBOUND_DENY", ["10.0.0.0/8", "192.0.2.1", "fd00::/8"]),
    setting("cache-dir", "SENSU_CACHE_DIR", ["a", "b", "c"]),
    setting("cache-max-bytes", "SENSU_CACHE_MAX_BYTES", ["1", "2", "3"]),
    setting("seed", "SENSU_SEED", ["a", "b", "c"]),
    setting("request-log", "SENSU_REQUEST_LOG", ["a", "b", "c"]),
];

/// Settings that are not tested by the table: switches, which have one value, and secrets.
const OTHERS: &[&str] = &[
    "allow-commands",
    "api-page-all-lists",
    "config-file",
    "dev",
    "disable",
    "help",
    "in-memory",
    "relaxed-durability",
    "store",
];

/// `sensu-server settings` with settings that others require, and the environment of the test only.
fn command(file: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sensu-server"));
    command.env_clear().arg("settings").arg("--config-file").arg(file).arg("--dev");
    command
}

/// Writes a configuration file; certificates and keys are always set because each requires the other.
fn write(file: &Path, lines: &str) {
    let pairs: String = ["cert-file", "key-file", "agent-cert-file", "agent-key-file"]
        .into_iter()
        .filter(|name| !lines.lines().any(|line| line.starts_with(*name)))
        .map(|name| format!("{name} = \"x\"\n"))
        .collect();
    std::fs::write(file, pairs + lines).expect("the file is written");
}

/// The line of a setting in the output.
fn line(command: &mut Command, name: &str) -> String {
    let output = command.output().expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.split(" = ").next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name}: {text}{}", String::from_utf8_lossy(&output.stderr)))
        .to_owned()
}

#[test]
fn a_flag_precedes_the_environment_and_the_environment_precedes_the_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("sensu.toml");
    for Setting { name, variable, values: [in_file, in_environment, in_flag] } in SETTINGS {
        let is_number = in_file.parse::<u64>().is_ok();
        let quote = if is_number { "" } else { "\"" };
        write(&file, &format!("{name} = {quote}{in_file}{quote}\n"));
        let expect = |line: String, value: &str, source: &str| {
            assert!(line.contains(value) && line.ends_with(source), "{name}: {line}");
        };
        expect(line(&mut command(&file), name), in_file, "# file");
        let with_environment = || {
            let mut command = command(&file);
            command.env(variable, in_environment);
            command
        };
        expect(line(&mut with_environment(), name), in_environment, "# environment");
        let mut with_flag = with_environment();
        with_flag.arg(format!("--{name}={in_flag}"));
        expect(line(&mut with_flag, name), in_flag, "# flag");
    }
}

#[test]
fn switches_can_stand_in_file_and_environment() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("sensu.toml");
    for (name, variable) in [
        ("allow-commands", "SENSU_ALLOW_COMMANDS"),
        ("api-page-all-lists", "SENSU_API_PAGE_ALL_LISTS"),
        ("in-memory", "SENSU_IN_MEMORY"),
        ("relaxed-durability", "SENSU_RELAXED_DURABILITY"),
    ] {
        write(&file, "");
        assert_eq!(line(&mut command(&file), name), format!("{name} = false # default"));
        write(&file, &format!("{name} = true\n"));
        assert_eq!(line(&mut command(&file), name), format!("{name} = true # file"));
        write(&file, &format!("{name} = false\n"));
        let mut with_environment = command(&file);
        with_environment.env(variable, "true");
        assert_eq!(line(&mut with_environment, name), format!("{name} = true # environment"));
    }
}

#[test]
fn services_can_be_disabled() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("sensu.toml");
    let setting = "disable = [\"agents\", \"scheduler\", \"keepalives\", \"pipeline\"]";
    write(&file, &format!("{setting}\n"));
    assert_eq!(line(&mut command(&file), "disable"), format!("{setting} # file"));
}

#[test]
fn secrets_are_masked() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("sensu.toml");
    write(&file, "store = \"postgres://u:secret@h/d\"\n");
    assert_eq!(line(&mut command(&file), "store"), "store = \"***\" # file");
}

#[test]
fn the_output_is_a_valid_configuration_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("sensu.toml");
    write(&file, "seed = [\"a\", \"b\"]\napi-timeout = 7\nport = 1\n");
    let output = |command: &mut Command| {
        let text = String::from_utf8(command.output().expect("the program runs").stdout);
        text.expect("UTF-8")
    };
    let first = output(&mut command(&file));
    assert!(first.contains("seed = [\"a\", \"b\"] # file"), "{first}");
    let again = dir.path().join("again.toml");
    std::fs::write(&again, &first).expect("the file is written");
    let without_sources = |text: &str| {
        let lines = text.lines().filter_map(|line| line.rsplit_once(" # "));
        lines.map(|(setting, _)| setting.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(without_sources(&output(&mut command(&again))), without_sources(&first));
}

#[test]
fn every_setting_is_tested() {
    let mut help = Command::new(env!("CARGO_BIN_EXE_sensu-server"));
    let output = help.env_clear().args(["start", "--help"]).output().expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let flags: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| {
            let flag = line.trim_start().strip_prefix("-c, ").unwrap_or(line.trim_start());
            let flag = flag.strip_prefix("-h, ").unwrap_or(flag);
            flag.strip_prefix("--")?.split([' ', '<']).next()
        })
        .collect();
    let tested = SETTINGS.iter().map(|setting| setting.name).chain(OTHERS.iter().copied());
    assert_eq!(flags, tested.collect());
}
