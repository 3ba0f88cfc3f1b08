//! One command and its process group.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::process::{Pid, Signal as ProcessSignal, WaitId, WaitIdOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, ChildStdin, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::output::{LimitExceeded, Output};
use super::{CommandOutput, Environment, ExcessOutput, Limits};

/// Absolute, because PATH is that of the command.
const SHELL: &str = "/bin/sh";
/// Status of a command after a timeout, as in Sensu Go.
const TIMEOUT_STATUS: i32 = 2;
/// Output of a command after a timeout, as in Sensu Go 6. What the command has printed follows.
const TIMEOUT_OUTPUT: &[u8] = b"Execution timed out\n";
/// Time in which other processes of the group can finish their output after the shell has exited.
const GRACE: Duration = Duration::from_secs(1);
/// Interval of looking for the exit of the shell in case a signal is lost.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Runs a command. `limits.time` is the time of this command.
pub(super) async fn run(
    command: &str,
    input: Bytes,
    environment: &Environment,
    limits: Limits,
    excess: ExcessOutput,
) -> io::Result<CommandOutput> {
    // Before the start, so that the signal of a short command is not missed.
    let mut exits = signal(SignalKind::child())?;
    let started = Instant::now();
    let (mut group, mut pipe) = ProcessGroup::spawn(command, !input.is_empty(), environment)?;
    let mut output = Output::new(limits.output);
    let stdin = group.child.stdin.take();
    let work = async {
        let transfer =
            async { tokio::try_join!(write_input(stdin, &input), output.read(&mut pipe, excess)) };
        tokio::pin!(transfer);
        let exited = group.exited(&mut exits);
        tokio::pin!(exited);
        tokio::select! {
            () = &mut exited => {
                // Processes in the background may hold the pipe for as long as they live.
                let _ = tokio::time::timeout(GRACE, transfer).await;
            }
            transferred = &mut transfer => if transferred.is_ok() {
                exited.await;
            },
        }
    };
    let is_timed_out = tokio::time::timeout(limits.time, work).await.is_err();
    let status = group.end().await?;
    let mut printed = output.bytes;
    if is_timed_out {
        printed.splice(..0, TIMEOUT_OUTPUT.iter().copied());
        printed.truncate(limits.output);
    }
    Ok(CommandOutput {
        status: if is_timed_out { TIMEOUT_STATUS } else { number(status) },
        output: printed,
        is_truncated: output.is_truncated,
        is_timed_out,
        duration: started.elapsed(),
    })
}

/// The input, and then its end. A command that does not read its input is not an error.
async fn write_input(stdin: Option<ChildStdin>, input: &[u8]) -> Result<(), LimitExceeded> {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(input).await;
    }
    Ok(())
}

/// As shells report the status: 128 plus the number of the signal.
fn number(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// The processes of a command. Killed when this is dropped.
struct ProcessGroup {
    child: Child,
    /// ID of the group, `None` when the shell is reaped: then the number may belong to another group.
    id: Option<Pid>,
}

impl ProcessGroup {
    /// Starts a command. The pipe is its standard output and standard error.
    fn spawn(
        command: &str,
        has_input: bool,
        environment: &Environment,
    ) -> io::Result<(Self, Receiver)> {
        let (reader, writer) = io::pipe()?;
        let child = Command::new(SHELL)
            .args(["-c", command])
            .env_clear()
            .envs(environment.iter())
            .stdin(if has_input { Stdio::piped() } else { Stdio::null() })
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let group = Self { child, id };
        Ok((group, Receiver::from_owned_fd(reader.into())?))
    }

    /// Waits until the shell has exited. Does not reap it, so that the ID of the group stays reserved.
    async fn exited(&self, exits: &mut Signal) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let Some(id) = self.id else { return };
        // An error means that there is nothing to wait for.
        while let Ok(None) = rustix::process::waitid(WaitId::Pid(id), options) {
            let _ = tokio::time::timeout(CHECK_INTERVAL, exits.recv()).await;
        }
    }

    /// Kills what is left of the group, and reaps the shell.
    async fn end(&mut self) -> io::Result<ExitStatus> {
        self.kill();
        let status = self.child.wait().await;
        self.id = None;
        status
    }

    fn kill(&self) {
        if let Some(id) = self.id {
            // Fails if no process is left.
            let _ = rustix::process::kill_process_group(id, ProcessSignal::KILL);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}
