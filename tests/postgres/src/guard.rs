//! Ties a PostgreSQL server to the process that started it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for a line or the end of its input, which comes when the test process ends, however it
/// ends. A line means that the server has ended and the directory is still needed. Otherwise the
/// script ends the server and removes the directory.
const SCRIPT: &str = r#"
    dir=$1; shift
    "$@" <&- >&2 & program=$!
    echo $program
    if read -r line; then exit; fi
    kill -INT $program 2>&-
    wait $program
    rm -rf "$dir"
"#;

/// A server process, and the shell that outlives the test process to end it.
pub(crate) struct Guard {
    shell: Child,
    program: u32,
}

impl Guard {
    pub(crate) fn start(command: &Command, dir: &Path, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).expect("a log");
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "guard"])
            .arg(dir)
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("a shell");
        let mut first = String::new();
        let output = shell.stdout.as_mut().expect("a pipe");
        BufReader::new(output).read_line(&mut first).expect("a line");
        Self { shell, program: first.trim().parse().expect("a process ID") }
    }

    /// Whether the server still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        // A process that has ended is a zombie until the shell waits for it.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.program));
        stat.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| !rest.starts_with('Z')))
    }

    /// Sends SIGKILL to the server and its child processes. The directory stays.
    pub(crate) fn kill(self) {
        let children = self.children();
        for process in std::iter::once(self.program).chain(children) {
            signal("KILL", process);
        }
        self.release();
    }

    /// Sends a signal to the server and its child processes.
    pub(crate) fn signal(&self, name: &str) {
        for process in std::iter::once(self.program).chain(self.children()) {
            signal(name, process);
        }
    }

    /// Ends the shell of a server that has ended. The directory stays.
    pub(crate) fn release(mut self) {
        if let Some(mut input) = self.shell.stdin.take() {
            // Fails if the shell has already ended.
            let _ = input.write_all(b"ended\n");
        }
        let _ = self.shell.wait();
    }

    fn children(&self) -> Vec<u32> {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let is_child = |id: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // After the name, which may contain any character: the state, then the parent.
            let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1));
            parent == Some(&self.program.to_string())
        };
        ids.filter(is_child).collect()
    }
}

fn signal(name: &str, process: u32) {
    // Fails if the process has already ended.
    let _ = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .stderr(Stdio::null())
        .status();
}
