//! The README's command lines, run by a shell as they stand there, and what it says they print.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use sensu_tests::process::Process;

/// Between the outputs of two blocks.
const MARK: &str = "-- end of a block --";

/// Where the README has its server.
const THERE: &str = "127.0.0.1:8080";

/// A block of command lines, and the block below it that shows what they print.
#[derive(Debug)]
struct Step {
    commands: String,
    prints: Option<String>,
}

/// A chapter of the README: the command that starts a server, and the steps after it.
fn chapter(heading: &str) -> (String, Vec<Step>) {
    let readme = fs::read_to_string(xtask::root().join("README.md")).expect("a README");
    let (_, from) = readme.split_once(&format!("\n## {heading}\n")).expect("the chapter");
    let text = from.split("\n## ").next().expect("a beginning");
    let mut steps: Vec<Step> = Vec::new();
    let fence = Regex::new(r"(?ms)^```(\w*)\n(.*?)^```$").expect("an expression");
    for block in fence.captures_iter(text) {
        let body = block[2].to_owned();
        match (&block[1], steps.last_mut()) {
            ("sh", _) => steps.push(Step { commands: body, prints: None }),
            ("json" | "text", Some(step)) if step.prints.is_none() => step.prints = Some(body),
            (label, _) => panic!("a block {label:?} that follows no commands: {body}"),
        }
    }
    // What cargo builds and installs is there already.
    let start = |step: &Step| step.commands.contains("start --dev");
    let server = steps.iter().find(|step| start(step)).expect("a server").commands.clone();
    let server = server.replace("cargo run --release -p sensu-server --", "sensu-server");
    steps.retain(|step| !start(step) && !step.commands.starts_with("cargo "));
    (server, steps)
}

/// A shell in a home of its own, with the programs of this build.
fn shell(home: &Path, script: &str) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", script]).current_dir(home).env_clear().env("HOME", home);
    shell.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", home.join("bin").display()));
    shell.env("SENSU_API_LISTEN_ADDRESS", "127.0.0.1:0").env("SENSU_PASSWORD_COST", "4");
    shell
}

/// Runs a chapter, and compares what its blocks print with what it says they do.
fn run(heading: &str) -> usize {
    let (server, steps) = chapter(heading);
    let home = tempfile::tempdir().expect("a folder");
    fs::create_dir(home.path().join("bin")).expect("made");
    for (name, program) in [
        ("sensu-server", env!("CARGO_BIN_EXE_test-server")),
        ("sensuctl", env!("CARGO_BIN_EXE_test-sensuctl")),
    ] {
        symlink(program, home.path().join("bin").join(name)).expect("linked");
    }
    let server = Process::launch(shell(home.path(), &server)).expect("serves");
    let here = server.url("").replace("http://", "");

    let blocks = steps.iter().map(|step| format!("{}\necho '{MARK}'\n", step.commands));
    let script = format!("set -eo pipefail\n{}", blocks.collect::<String>());
    let output = shell(home.path(), &script.replace(THERE, &here)).output().expect("runs");
    let said = String::from_utf8(output.stderr).expect("text");
    let printed = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{printed}\n{said}");

    // Tokens differ after their first letters.
    let token = Regex::new(r"(eyJ[\w-]{17})[\w.-]+").expect("an expression");
    let printed = token.replace_all(&printed, "$1...").replace(&here, THERE);
    let mut compared = 0;
    for (step, printed) in steps.iter().zip(printed.split(&format!("{MARK}\n"))) {
        if let Some(prints) = &step.prints {
            // `curl` ends no lines.
            let lines = |text: &str| text.replace("][", "]\n[").trim_end().to_owned();
            assert_eq!(lines(printed), lines(prints), "after {}", step.commands);
            compared += 1;
        }
    }
    compared
}

#[test]
fn what_is_to_be_tried_works() {
    assert_eq!(run("Try it"), 1);
}

#[test]
fn tokens_go_and_come_as_shown() {
    assert_eq!(run("sensuctl"), 4);
}

/// What the API's overview tells its readers to type is what the README shows.
#[test]
fn the_readme_does_what_the_overview_says() {
    let commands: String = chapter("sensuctl").1.into_iter().map(|step| step.commands).collect();
    for line in [
        "cat ~/.config/sensu/sensuctl/cluster|grep access_token\n",
        "http://127.0.0.1:8080/apis/core/v2/namespaces/default/events -H \"Authorization: Bearer ",
    ] {
        assert!(commands.contains(line), "{line}");
    }
}
