//! Executes commands of checks.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process_group};
use sensu_types::check::CheckConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Status of a command that was ended by a signal.
const KILLED: u32 = u32::MAX;
/// Status of a command that cannot be started.
const NOT_STARTED: u32 = 3;
/// Status of a command that exceeded its time limit.
const TIMED_OUT: u32 = 2;

/// Runs the command of a check through `sh -c`. Returns status and output; standard output and standard error are one.
pub(crate) async fn execute(config: &CheckConfig, stdin: &[u8]) -> (u32, String) {
    let mut child = match start(config) {
        Ok(child) => child,
        Err(error) => return (NOT_STARTED, format!("{error:#}")),
    };
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let mut output = Vec::new();
    let limit = match config.timeout {
        0 => Duration::MAX,
        seconds => Duration::from_secs(u64::from(seconds)),
    };
    let ended = timeout(limit, communicate(&mut child, stdin, &mut output)).await;
    let text = String::from_utf8_lossy(&output);
    match ended {
        Ok(Ok(status)) => (status_of(status), text.into_owned()),
        Ok(Err(error)) => (NOT_STARTED, format!("{error:#}")),
        Err(_) => {
            // The group may have ended meanwhile.
            _ = group.map(|group| kill_process_group(group, Signal::KILL));
            (TIMED_OUT, format!("Execution timed out\n{text}"))
        }
    }
}

fn start(config: &CheckConfig) -> anyhow::Result<Child> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(&config.command).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(config.env_vars.iter().filter_map(|variable| variable.split_once('=')));
    command.spawn().context("cannot start sh")
}

async fn communicate(
    child: &mut Child,
    stdin: &[u8],
    output: &mut Vec<u8>,
) -> anyhow::Result<ExitStatus> {
    let mut input = child.stdin.take().context("no standard input")?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = (stdout.context("no output")?, stderr.context("no errors")?);
    let write = async {
        // Most commands do not read their input.
        _ = input.write_all(stdin).await;
        drop(input);
        Ok::<_, anyhow::Error>(())
    };
    tokio::try_join!(write, read(stdout, stderr, output))?;
    Ok(child.wait().await?)
}

/// Reads both streams in the order of arrival.
async fn read(
    mut stdout: impl AsyncRead + Unpin,
    mut stderr: impl AsyncRead + Unpin,
    output: &mut Vec<u8>,
) -> anyhow::Result<()> {
    let (mut out, mut err) = (Vec::with_capacity(4096), Vec::with_capacity(4096));
    let (mut out_ended, mut err_ended) = (false, false);
    while !(out_ended && err_ended) {
        tokio::select! {
            read = stdout.read_buf(&mut out), if !out_ended => out_ended = read? == 0,
            read = stderr.read_buf(&mut err), if !err_ended => err_ended = read? == 0,
        }
        output.append(&mut out);
        output.append(&mut err);
    }
    Ok(())
}

fn status_of(status: ExitStatus) -> u32 {
    status.code().and_then(|code| u32::try_from(code).ok()).unwrap_or(KILLED)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(command: &str, timeout: u32) -> (u32, String) {
        let env_vars = vec!["GREETING=hello=x".to_owned(), "invalid".to_owned()];
        let config =
            CheckConfig { command: command.to_owned(), timeout, env_vars, ..Default::default() };
        execute(&config, b"input").await
    }

    #[tokio::test]
    async fn status_and_output_are_those_of_the_command() {
        assert_eq!(run("cat; echo $GREETING >&2", 0).await, (0, "inputhello=x\n".to_owned()));
        assert_eq!(run("exit 3", 0).await, (3, String::new()));
        assert_eq!(run("kill -9 $$", 0).await, (u32::MAX, String::new()));
        assert_eq!(run("no-such-command 2>/dev/null", 0).await.0, 127);
    }

    #[tokio::test]
    async fn a_command_is_ended_after_its_time_limit() {
        let (status, output) = run("echo before; sleep 600 & sleep 600", 1).await;
        assert_eq!((status, &*output), (2, "Execution timed out\nbefore\n"));
    }
}
