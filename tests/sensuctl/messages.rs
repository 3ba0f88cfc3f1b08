//! Messages and exit codes of commands.

use std::fmt::Write as _;

use expect_test::expect_file;

use crate::support::{Fixture, create_examples};

/// Commands, each of which needs the ones before.
const LINES: &[&str] = &[
    "namespace create dev",
    "mutator create hide -c hide.sh",
    "role-binding create rb1 -r readers -u bob",
    "silenced create -s web -c check-cpu -r again",
    "check create broken -c true -s x",
    "check create broken -c true -s x -i 5 --cron '* * * * *'",
    "check create broken -i 5",
    "check create",
    "check create broken -c true -s x -i soon",
    "check info nope",
    "check set-interval check-cpu 30",
    "check set-cron check-cpu '* * * * *'",
    "check set-cron check-cpu 'every now and then'",
    "check set-timeout check-cpu 9",
    "check remove-timeout check-cpu",
    "check remove-hook check-cpu critical processes",
    "check remove-hook check-cpu critical processes",
    "check set-hooks check-cpu --type nonsense --hooks processes",
    "check set-hooks check-cpu --type 256 --hooks processes",
    "check set-hooks check-cpu --type 007 --hooks processes",
    "check set-hooks check-cpu --type critical --hooks ,",
    "check set-hooks check-cpu --type 255 --hooks processes",
    "check set-hooks --type 255",
    "check execute --reason why",
    "check execute check-cpu -s system -r because",
    "check execute nope",
    "check update check-cpu --ttl 120",
    "check update check-cpu",
    "check delete check-cpu",
    "check delete check-cpu --skip-confirm",
    "check delete check-cpu --skip-confirm",
    "event resolve web-1 check-cpu",
    "event resolve web-1 nope",
    "event delete web-1 check-cpu --skip-confirm",
    "silenced create -c check-cpu",
    "silenced create -r why",
    "silenced create -c check-cpu -r why -b soon",
    "silenced info -s web -c check-cpu -o jq=.reason",
    "silenced info -s web",
    "silenced info",
    "silenced update web:check-cpu --expire 3600 --reason 'it takes longer'",
    "silenced delete -s web -c check-cpu --skip-confirm",
    "role create pilots -v fly -r checks",
    "role-binding create lost -u bob",
    "role-binding create lost -r readers",
    "cluster-role delete audit --skip-confirm",
    "user create bob -p P@ssw0rd!",
    "user create carol",
    "user add-group bob ops",
    "user set-groups bob 'x,y z'",
    "user remove-group bob x",
    "user remove-groups bob",
    "user change-password bob --new-password short",
    "user change-password bob --new-password P@ssw0rd2",
    "user test-creds bob --password P@ssw0rd2",
    "user test-creds bob -p P@ssw0rd2",
    "user test-creds bob --password wrong",
    "user test-creds --password wrong",
    "user reset-password bob --new-password P@ssw0rd3",
    "user test-creds bob --password P@ssw0rd3",
    "user change-password --new-password P@ssw0rd3",
    "user change-password --current-password wrong --new-password P@ssw0rd3",
    "user disable bob --skip-confirm",
    "user reinstate bob",
    "cluster health --format tabular",
    "cluster health --format yaml",
    "cluster member-list --format tabular",
    "cluster member-list --format yaml",
    "cluster id",
    "cluster member-remove ff",
    "asset delete plugins --skip-confirm",
    "extension deregister metrics --skip-confirm",
    "namespace delete nope --skip-confirm",
    "namespace create full",
    "--namespace full hook create h -c x -t 1",
    "namespace delete full --skip-confirm",
    "namespace delete full --skip-confirm --cascade",
    "describe-type check,core/v2.Handler --format tabular",
    "describe-type nonsense",
    "dump --types",
    "dump nonsense",
    "edit nonsense x",
    "edit check nope",
    "completion csh",
    "version",
];

#[test]
fn messages_and_exit_codes_of_commands() {
    let fixture = Fixture::new();
    create_examples(&fixture);
    let mut text = String::new();
    for line in LINES {
        let output = fixture.home.run(line, "");
        writeln!(text, "$ sensuctl {line}  rc={}", output.code).expect("written");
        // The first line of a usage error is the message.
        let err = output.stderr.lines().next().unwrap_or_default();
        for line in output.stdout.lines().chain([err]).filter(|line| !line.is_empty()) {
            writeln!(text, "  {}", normalize(line)).expect("written");
        }
    }
    expect_file!["golden/messages.txt"].assert_eq(&text);
}

#[test]
fn warnings_of_the_server_are_printed_on_standard_error() {
    let fixture = Fixture::new();
    let line = "cluster-role create x1 -v get -r etcd-replicators,checks";
    let output = fixture.home.run(line, "");
    assert_eq!((output.code, output.stdout.as_str()), (0, "Created\n"));
    let warning = "Warning: this server does not have the resource: etcd-replicators\n";
    assert_eq!(output.stderr, warning);
    // No warning about fields that the program sends for released backends.
    fixture.ok("check create cpu -c true -s x -i 5");
    assert_eq!(fixture.home.run("check execute cpu", "").stderr, "");
}

/// Replaces IDs and versions, which differ between servers, and the widths of columns.
fn normalize(line: &str) -> String {
    let unique = regex::Regex::new(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{15,}|\b[0-9a-f]{12,16}\b",
    );
    let text = unique.expect("an expression").replace_all(line, "#").into_owned();
    let text = text.replace(env!("CARGO_PKG_VERSION"), "#");
    let widths = regex::Regex::new("(?:( ) +)|(?:(─)─+)").expect("an expression");
    widths.replace_all(&text, "$1$1$2").into_owned()
}
