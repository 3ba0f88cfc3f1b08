//! Runs the commands of the guides in a shell, and compares their output with the documented one.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use sensu_tests::process::Process;

/// Separates the outputs of two blocks.
const SEPARATOR: &str = "-- end of block --";

/// The server's address in the guides.
pub(crate) const DOCUMENTED_ADDRESS: &str = "127.0.0.1:8080";

/// The server's URL for agents in the guides.
const DOCUMENTED_AGENT_URL: &str = "ws://127.0.0.1:8081";

/// A block of commands, and the block after it with their output.
#[derive(Debug)]
struct Step {
    commands: String,
    output: Option<String>,
}

/// The steps in sections of a Markdown file.
fn read_steps(file: &str, headings: &[&str]) -> Vec<Step> {
    let text = fs::read_to_string(xtask::root().join(file)).expect("the file can be read");
    let mut steps: Vec<Step> = Vec::new();
    let fence = Regex::new(r"(?ms)^```(\w*)\n(.*?)^```$").expect("a regular expression");
    for heading in headings {
        let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect("the section");
        let section = section.split("\n## ").next().unwrap_or_default();
        for block in fence.captures_iter(section) {
            let body = block[2].to_owned();
            match (&block[1], steps.last_mut()) {
                ("sh", _) => steps.push(Step { commands: installed(&body), output: None }),
                ("json" | "text", Some(step)) if step.output.is_none() => step.output = Some(body),
                (language, _) => {
                    panic!("a block of {language:?} without commands before it: {body}")
                }
            }
        }
    }
    steps
}

/// The command that starts the server, and the steps after it.
fn read_guide(file: &str, headings: &[&str]) -> (String, Vec<Step>) {
    let mut steps = read_steps(file, headings);
    let starts_server = |step: &Step| step.commands.contains("start --dev");
    let server = steps.iter().find(|step| starts_server(step)).expect("a server").commands.clone();
    steps.retain(|step| !starts_server(step));
    (server, steps)
}

/// The commands with the built programs instead of cargo. Examples of the client have tests of their
/// own.
fn installed(commands: &str) -> String {
    let program =
        Regex::new(r"cargo run -p (\w[\w-]*)( --no-default-features)? --").expect("an expression");
    let lines = commands.lines().filter(|line| !line.contains("--example"));
    let lines: String =
        lines.map(|line| program.replace(line, "$1 ").into_owned() + "\n").collect();
    // In another terminal.
    let agent = Regex::new(r"(?m)^cargo xtask agent (.*)$").expect("an expression");
    let started = format!("sensu-test-agent --url {DOCUMENTED_AGENT_URL} $1 >> agents.log 2>&1 &");
    agent.replace_all(&lines, started).into_owned()
}

/// A shell with an empty home directory, and the programs of this build on its path.
fn shell(home: &Path, script: &str) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", script]).current_dir(home).env_clear().env("HOME", home);
    shell.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", home.join("bin").display()));
    shell.env("SENSU_API_LISTEN_ADDRESS", "127.0.0.1:0").env("SENSU_PASSWORD_COST", "4");
    shell
}

/// A home directory with links to the programs of this build.
fn home_with_programs() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a directory");
    fs::create_dir(home.path().join("bin")).expect("a directory");
    for (name, program) in [
        ("sensu-server", env!("CARGO_BIN_EXE_test-server")),
        ("sensu-test-agent", env!("CARGO_BIN_EXE_test-agent")),
        ("sensuctl", env!("CARGO_BIN_EXE_test-sensuctl")),
    ] {
        symlink(program, home.path().join("bin").join(name)).expect("a link");
    }
    home
}

/// Runs a guide, and returns how many outputs were compared.
fn run(file: &str, headings: &[&str]) -> usize {
    run_changed(file, headings, |commands| commands.to_owned())
}

/// The same, with changed commands.
pub(crate) fn run_changed(file: &str, headings: &[&str], change: impl Fn(&str) -> String) -> usize {
    let (server, mut steps) = read_guide(file, headings);
    for step in &mut steps {
        step.commands = change(&step.commands);
    }
    let home = home_with_programs();
    let server = Process::launch(shell(home.path(), &server)).expect("starts");
    let address = server.url("").replace("http://", "");

    let blocks = steps.iter().map(|step| format!("{}\necho '{SEPARATOR}'\n", step.commands));
    // Agents end with the script.
    let script = format!(
        "set -eo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n{}",
        blocks.collect::<String>()
    );
    let script = script.replace(DOCUMENTED_ADDRESS, &address);
    let script = script.replace(DOCUMENTED_AGENT_URL, server.agent_url());
    let output = shell(home.path(), &script).output().expect("runs");
    let stderr = String::from_utf8(output.stderr).expect("text");
    let stdout = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{stdout}\n{stderr}");

    // Tokens differ after their first characters.
    let token = Regex::new(r"(eyJ[\w-]{17})[\w.-]+").expect("a regular expression");
    let stdout = token.replace_all(&stdout, "$1...").replace(&address, DOCUMENTED_ADDRESS);
    let mut compared = 0;
    for (step, actual) in steps.iter().zip(stdout.split(&format!("{SEPARATOR}\n"))) {
        if let Some(documented) = &step.output {
            // curl ends no lines.
            let lines = |text: &str| text.replace("][", "]\n[").trim_end().to_owned();
            assert_eq!(lines(actual), lines(documented), "after {}", step.commands);
            compared += 1;
        }
    }
    compared
}

#[test]
fn the_commands_of_the_sensuctl_guide_work() {
    let headings = ["Log in", "Create and list", "Output formats and queries", "Files"];
    assert_eq!(run("docs/sensuctl.md", &headings), 5);
}

#[test]
fn tokens_expire_and_are_refreshed_as_the_sensuctl_guide_shows() {
    assert_eq!(run("docs/sensuctl.md", &["Access tokens"]), 4);
}

/// The servers that the guide sends alerts to are those of the test.
#[test]
fn the_commands_of_the_guide_to_event_processing_work() {
    use wiremock::matchers::{body_json, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let chat = runtime.block_on(async {
        let chat = MockServer::start().await;
        let text = "CRITICAL: check-cpu on web-1: CPU 97 %";
        let message = body_json(serde_json::json!({ "text": text }));
        let received = Mock::given(method("POST")).and(path("/hook")).and(message);
        // From `chat` and from `chat-command`.
        received.respond_with(ResponseTemplate::new(204)).expect(2).mount(&chat).await;
        chat
    });
    let archive = TcpListener::bind("127.0.0.1:0").expect("listens");
    let archive_address = archive.local_addr().expect("an address");
    let archived = std::thread::spawn(move || {
        let (mut stream, _) = archive.accept().expect("a connection");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("text");
        text
    });

    let handled = format!(
        "until curl -sf http://{DOCUMENTED_ADDRESS}/metrics | \
         grep -qx 'sensu_server_pipeline_outbox_entries 0'; do sleep 0.1; done\n"
    );
    // The guide creates two handlers that its event does not name.
    let others = format!(
        "sed 's/\"chat\"/\"chat-command\", \"archive\"/' event.json > others.json
         sensuctl silenced delete '*:check-cpu' --skip-confirm > /dev/null
         curl -sf -X PUT -H \"Authorization: Bearer $(sensuctl token)\" \
           -H 'Content-Type: application/json' -d @others.json \
           http://{DOCUMENTED_ADDRESS}/apis/core/v2/namespaces/default/events/web-1/check-cpu > stored.json
         {handled}
         sensuctl event outcomes web-1 check-cpu -o jq='[.events[0].handlers[].result] | unique == [\"executed\"]' \
           | grep -qx true\n"
    );
    let change = |commands: &str| {
        let commands = commands
            .replace("127.0.0.1:9000", &chat.address().to_string())
            .replace("port: 9001", &format!("port: {}", archive_address.port()))
            .replace("sensuctl event outcomes", &format!("{handled}sensuctl event outcomes"));
        let is_last = commands.contains("event explain");
        if is_last { commands + &others } else { commands }
    };
    let headings = [
        "Start a server",
        "Send a chat message",
        "Do the same with a command",
        "Send events to a TCP socket",
        "Send fewer alerts",
    ];
    assert_eq!(run_changed("docs/event-pipeline.md", &headings, change), 3);
    let archived = archived.join().expect("received");
    assert!(archived.starts_with('{') && archived.ends_with('}'), "{archived}");
    runtime.block_on(chat.verify());
}

/// Sensu's API overview tells its readers to type these lines.
#[test]
fn the_sensuctl_guide_shows_the_commands_of_the_api_overview() {
    let (_, steps) = read_guide("docs/sensuctl.md", &["Access tokens"]);
    let commands: String = steps.into_iter().map(|step| step.commands).collect();
    for line in [
        "cat ~/.config/sensu/sensuctl/cluster|grep access_token\n",
        "http://127.0.0.1:8080/apis/core/v2/namespaces/default/events -H \"Authorization: Bearer ",
    ] {
        assert!(commands.contains(line), "{line}");
    }
}

/// Runs commands in a shell that stops at the first failure. Returns their output.
fn run_commands(home: &Path, commands: &str) -> String {
    let output = shell(home, &format!("set -eo pipefail\n{commands}")).output().expect("runs");
    let text = String::from_utf8([output.stdout, output.stderr].concat()).expect("text");
    assert!(output.status.success(), "{commands}: {text}");
    text
}

#[test]
fn the_commands_of_the_migration_guide_work() {
    let headings =
        ["1. Dump", "2. Create the first administrator", "3. Import", "4. Set passwords"];
    let mut steps = read_steps("docs/migrate-from-sensu.md", &headings).into_iter();
    // The fixture stands for the dump of the old backend.
    let dump = steps.next().expect("the dump").commands;
    assert!(dump.starts_with("sensuctl dump all "), "{dump}");
    let home = home_with_programs();
    let fixture = xtask::root().join("tests/behavior/data/dump-6.yaml");
    fs::copy(fixture, home.path().join("dump.yaml")).expect("copied");
    run_commands(home.path(), &dump.replace("sensuctl dump", "true"));

    let is_start = |step: &Step| step.commands.starts_with("sensu-server start");
    let mut output = String::new();
    let start = loop {
        let step = steps.next().expect("the start of the server");
        if is_start(&step) {
            break step.commands;
        }
        output += &run_commands(home.path(), &step.commands);
    };
    assert!(output.contains("therefore disabled: ci\n"), "{output}");
    let server = Process::launch(shell(home.path(), &start)).expect("starts");
    let address = server.url("").replace("http://", "");
    for step in steps {
        let commands = step.commands.replace(DOCUMENTED_ADDRESS, &address);
        output += &run_commands(home.path(), &commands);
    }
    assert!(output.contains("Reset\n"), "{output}");
}
