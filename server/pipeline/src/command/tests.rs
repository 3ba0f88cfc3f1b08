//! Tests with real processes.

use std::path::Path;

use tempfile::TempDir;

use super::*;

fn commands_with(limits: Limits) -> Commands {
    Commands::new(Arc::new(Semaphore::new(4)), limits, Environment::from_process())
}

fn commands() -> Commands {
    commands_with(Limits::default())
}

async fn run(commands: &Commands, command: &str, input: &'static str) -> CommandOutput {
    let environment = commands.environment().clone();
    commands
        .run(
            command,
            Bytes::from_static(input.as_bytes()),
            &environment,
            None,
            ExcessOutput::Discard,
        )
        .await
        .unwrap()
}

fn text(output: &CommandOutput) -> &str {
    std::str::from_utf8(&output.output).unwrap()
}

/// A running process, as opposed to none and to one that is dead but not reaped.
fn is_alive(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.rsplit(')').next().unwrap().trim_start().starts_with('Z')
}

async fn wait_for(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The process IDs in a file, when there are as many as expected.
async fn ids(file: &Path, count: usize) -> Vec<String> {
    let read = || std::fs::read_to_string(file).unwrap_or_default();
    wait_for(|| read().lines().count() >= count).await;
    read().lines().map(str::to_owned).collect()
}

/// E1
#[tokio::test]
async fn a_command_reads_exactly_its_input() {
    let output = run(&commands(), "cat; echo \"[$?]\"", "{\"a\":1}").await;
    assert_eq!((text(&output), output.status), ("{\"a\":1}[0]\n", 0));
    let empty = run(&commands(), "readlink /proc/self/fd/0; cat", "").await;
    assert_eq!(text(&empty), "/dev/null\n");
    let ignored = run(&commands(), "exec 0<&-; echo done", "x").await;
    assert_eq!((text(&ignored), ignored.status), ("done\n", 0));
}

#[tokio::test]
async fn input_and_output_larger_than_a_pipe_do_not_block() {
    let input: &'static str = "0123456789".repeat(90_000).leak();
    let output = run(&commands(), "cat", input).await;
    assert_eq!(text(&output), input);
    let output = run(&commands(), "echo x", input).await;
    assert_eq!((text(&output), output.status), ("x\n", 0));
}

#[tokio::test]
async fn standard_error_is_part_of_the_output_in_order() {
    let output = run(&commands(), "echo a; echo b >&2; echo c", "").await;
    assert_eq!(text(&output), "a\nb\nc\n");
}

#[tokio::test]
async fn the_status_is_that_of_a_shell() {
    for (command, status) in [
        ("exit 3", 3),
        ("kill -9 $$", 137),
        ("kill -TERM $$", 143),
        ("/does/not/exist", 127),
        ("exit 255", 255),
    ] {
        assert_eq!(run(&commands(), command, "").await.status, status, "{command}");
    }
    let error = commands()
        .run("a\0b", Bytes::new(), &Environment::default(), None, ExcessOutput::Discard)
        .await;
    assert!(error.is_err(), "a command that cannot be started");
}

/// E15
#[tokio::test]
async fn the_environment_contains_nothing_else_of_the_server() {
    let environment =
        Environment::default().with(&[], &["A=b c".into(), "PATH=/bin:/usr/bin".into()], &[]);
    let output = commands()
        .run("env", Bytes::new(), &environment, None, ExcessOutput::Discard)
        .await
        .unwrap();
    let mut lines: Vec<_> = text(&output).lines().collect();
    lines.sort_unstable();
    // PWD, and in some shells others, are set by the shell.
    lines.retain(|line| {
        !["PWD=", "OLDPWD=", "SHLVL=", "_="].iter().any(|name| line.starts_with(name))
    });
    assert_eq!(lines, ["A=b c", "PATH=/bin:/usr/bin"]);
}

/// E12
#[tokio::test]
async fn a_timeout_kills_all_processes_of_the_command() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("ids");
    let command = format!(
        "echo begun; sleep 3600 & echo $! >>{0}; echo $$ >>{0}; sleep 3600",
        file.display()
    );
    let commands = commands();
    let running = commands.run(
        &command,
        Bytes::from_static(b"x"),
        commands.environment(),
        Some(Duration::from_secs(1)),
        ExcessOutput::Discard,
    );
    let (output, ids) = tokio::join!(running, ids(&file, 2));
    let output = output.unwrap();
    assert_eq!((output.status, output.is_timed_out), (2, true));
    assert_eq!(text(&output), "Execution timed out\nbegun\n");
    assert!(output.duration >= Duration::from_secs(1));
    wait_for(|| !ids.iter().any(|id| is_alive(id))).await;
}

#[tokio::test]
async fn the_maximum_time_holds_for_commands_without_a_timeout() {
    let commands = commands_with(Limits { time: Duration::from_millis(200), ..Limits::default() });
    let output = run(&commands, "while :; do :; done", "").await;
    assert_eq!((output.status, text(&output)), (2, "Execution timed out\n"));
}

#[tokio::test]
async fn processes_in_the_background_end_with_the_command() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("ids");
    let holds_pipe = format!("sleep 3600 & echo $! >>{}; exit 5", file.display());
    let output = run(&commands(), &holds_pipe, "x").await;
    assert_eq!((output.status, output.is_timed_out), (5, false));
    let closes_pipe = format!("sleep 3600 >/dev/null 2>&1 & echo $! >>{}", file.display());
    assert_eq!(run(&commands(), &closes_pipe, "x").await.status, 0);
    let ids = ids(&file, 2).await;
    wait_for(|| !ids.iter().any(|id| is_alive(id))).await;
}

#[tokio::test]
async fn output_of_a_process_that_outlives_the_shell_is_read() {
    let output = run(&commands(), "(sleep 0.1; echo late) & echo early", "").await;
    assert_eq!(text(&output), "early\nlate\n");
}

#[tokio::test]
async fn dropping_the_future_kills_the_processes() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("ids");
    let command = format!("sleep 3600 & echo $! >>{0}; echo $$ >>{0}; sleep 3600", file.display());
    let running = tokio::spawn(async move { run(&commands(), &command, "").await });
    let ids = ids(&file, 2).await;
    assert!(ids.iter().all(|id| is_alive(id)));
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    wait_for(|| !ids.iter().any(|id| is_alive(id))).await;
}

#[tokio::test]
async fn output_beyond_the_limit_is_discarded() {
    let commands = commands_with(Limits { output: 100_000, ..Limits::default() });
    let output = run(&commands, "head -c 5000000 /dev/zero; exit 4", "").await;
    assert_eq!((output.status, output.output.len(), output.is_truncated), (4, 100_000, true));
    let output = run(&commands, "head -c 100000 /dev/zero", "").await;
    assert_eq!((output.output.len(), output.is_truncated), (100_000, false));
}

#[tokio::test]
async fn endless_output_ends_a_command_whose_output_must_be_complete() {
    let commands = commands();
    let output = commands
        .run("yes", Bytes::new(), commands.environment(), None, ExcessOutput::Kill)
        .await
        .unwrap();
    assert!(output.is_truncated && output.output.len() == 1 << 20);
    assert!(!output.is_timed_out);
}

#[tokio::test]
async fn commands_wait_for_a_permit() {
    let permits = Arc::new(Semaphore::new(2));
    let commands =
        Commands::new(Arc::clone(&permits), Limits::default(), Environment::from_process());
    let directory = TempDir::new().unwrap();
    let path = directory.path().display();
    // Each command counts the files while its own exists.
    let command = format!("f=$(mktemp {path}/XXXXXX); ls {path} | wc -l; sleep 0.05; rm $f");
    let results = futures::future::join_all((0..8).map(|_| run(&commands, &command, ""))).await;
    for output in results {
        assert!(["1", "2"].contains(&text(&output).trim()), "{output:?}");
    }
    assert_eq!(permits.available_permits(), 2);
}
