//! Runs the commands of pipe handlers and pipe mutators.
//!
//! A command runs with `sh -c` in a process group of its own. When it ends, exceeds its time, or its future is
//! dropped, all processes of the group are killed. A process that leaves the group (`setsid`) is not.

mod environment;
mod output;
mod process;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;

pub use environment::Environment;

/// Limits of commands.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Maximum time of a command, also of one without a time limit of its own. Default: 10 minutes.
    pub time: Duration,
    /// Maximum output, standard output and standard error together, in bytes. Default: 1 MiB.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_mins(10), output: 1 << 20 }
    }
}

/// Runs commands within limits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Commands {
    concurrent: Arc<Semaphore>,
    limits: Limits,
    environment: Environment,
}

/// The result of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput {
    /// Exit status; 128 plus the number of the signal that ended the command; 2 after a timeout.
    pub status: i32,
    /// Standard output and standard error in order of arrival. After a timeout, the line `Execution timed out`
    /// precedes them.
    pub output: Vec<u8>,
    /// Whether output beyond the limit was discarded.
    pub is_truncated: bool,
    /// Whether the command was killed because its time was over.
    pub is_timed_out: bool,
    /// Time from the start of the command to its end, without waiting for other commands.
    pub duration: Duration,
}

/// What happens to a command with more output than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExcessOutput {
    /// The rest of the output is discarded.
    Discard,
    /// The command is killed.
    Kill,
}

impl Commands {
    /// Runs as many commands at the same time as the semaphore has permits. `environment` is what every command
    /// receives: usually [`Environment::from_process`].
    #[must_use]
    pub fn new(concurrent: Arc<Semaphore>, limits: Limits, environment: Environment) -> Self {
        Self { concurrent, limits, environment }
    }

    /// The environment that every command receives.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Runs a command with exactly the variables of `environment`: see [`Commands::environment`] and [`Environment::with`].
    /// `timeout` is the time limit of the command, `None` for the maximum.
    ///
    /// # Errors
    /// If the command cannot be started.
    pub async fn run(
        &self,
        command: &str,
        input: Bytes,
        environment: &Environment,
        timeout: Option<Duration>,
        excess: ExcessOutput,
    ) -> io::Result<CommandOutput> {
        let _permit = self.concurrent.acquire().await.map_err(io::Error::other)?;
        let time = timeout.map_or(self.limits.time, |timeout| timeout.min(self.limits.time));
        let limits = Limits { time, ..self.limits };
        process::run(command, input, environment, limits, excess).await
    }
}

#[cfg(test)]
mod tests;
