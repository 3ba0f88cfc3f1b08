//! A pseudoterminal that runs the program and types answers.

use std::process::Command;
use std::time::Duration;

use rexpect::session::PtySession;

use super::Home;

const ENTER: &str = "\r";

/// Limit of every wait: far more than a run takes, so that a missing prompt fails the test.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A run in a terminal.
pub(crate) struct Terminal {
    session: PtySession,
}

impl Terminal {
    /// Runs a command line.
    pub(crate) fn run(home: &Home, line: &str) -> Self {
        Self::of(home.command(line))
    }

    /// Runs a command.
    pub(crate) fn of(command: Command) -> Self {
        let timeout = TIMEOUT.as_millis().try_into().expect("a number");
        let session = rexpect::session::spawn_command(command, Some(timeout));
        Self { session: session.expect("starts") }
    }

    /// Waits for a prompt, and types an answer and Enter.
    pub(crate) fn answer(&mut self, prompt: &str, keys: &str) -> &mut Self {
        self.type_at(prompt, &format!("{keys}{ENTER}"))
    }

    /// Waits for a prompt, and presses keys.
    pub(crate) fn type_at(&mut self, prompt: &str, keys: &str) -> &mut Self {
        let seen = self.session.exp_string(prompt);
        seen.unwrap_or_else(|error| panic!("{prompt}: {error}"));
        self.session.send(keys).expect("sent");
        self.session.flush().expect("sent");
        self
    }

    /// Waits for the exit. Returns the output since the last prompt, and the exit code.
    pub(crate) fn end(&mut self) -> (String, i32) {
        let output = self.session.exp_eof().expect("exits");
        let status = self.session.process().wait().expect("exits");
        let rexpect::process::WaitStatus::Exited(_, code) = status else {
            panic!("{status:?}");
        };
        (output, code)
    }
}
