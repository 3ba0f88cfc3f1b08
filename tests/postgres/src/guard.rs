//! What makes sure that a PostgreSQL ends with the process that started it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for a word or the end of its input, which comes when the test process ends, however it
/// does. A word means that the program is gone and the folder is wanted; otherwise both go.
const SCRIPT: &str = r#"
    dir=$1; shift
    "$@" <&- >&2 & program=$!
    echo $program
    if read -r word; then exit; fi
    kill -INT $program 2>&-
    wait $program
    rm -rf "$dir"
"#;

/// A program, and the shell that outlives the test process to end it.
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
        let said = shell.stdout.as_mut().expect("a pipe");
        BufReader::new(said).read_line(&mut first).expect("a line");
        Self { shell, program: first.trim().parse().expect("a process id") }
    }

    /// Whether the program still runs.
    pub(crate) fn runs(&mut self) -> bool {
        // A process that ended and that the shell has not asked for is a zombie.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.program));
        stat.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| !rest.starts_with('Z')))
    }

    /// Ends the program and all it started, with no warning; the folder stays.
    pub(crate) fn kill(self) {
        let children = self.children();
        for process in std::iter::once(self.program).chain(children) {
            signal("KILL", process);
        }
        self.release();
    }

    /// Sends a signal to the program and all it started.
    pub(crate) fn signal(&self, name: &str) {
        for process in std::iter::once(self.program).chain(self.children()) {
            signal(name, process);
        }
    }

    /// Lets the shell go; the folder stays.
    pub(crate) fn release(mut self) {
        if let Some(mut told) = self.shell.stdin.take() {
            // A shell that has gone needs no telling.
            let _ = told.write_all(b"gone\n");
        }
        let _ = self.shell.wait();
    }

    fn children(&self) -> Vec<u32> {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let ours = |id: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // After the name, which may hold anything: the state, then the parent.
            let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1));
            parent == Some(&self.program.to_string())
        };
        ids.filter(ours).collect()
    }
}

fn signal(name: &str, process: u32) {
    // One that has gone needs no signal.
    let _ = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .stderr(Stdio::null())
        .status();
}
