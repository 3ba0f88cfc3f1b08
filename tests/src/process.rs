//! The program as a process of its own: started, asked, killed.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Raw;

/// A server process; killed when dropped.
pub struct Process {
    child: Child,
    address: SocketAddr,
    http: reqwest::Client,
}

/// `program start` on a free port, with the users of `--dev`, over the store in a folder.
pub fn start(mut program: Command, state: &Path) -> Command {
    program
        .args(["start", "--dev", "--password-cost", "4", "--api-listen-address", "127.0.0.1:0"])
        .arg("--state-dir")
        .arg(state);
    program
}

/// Runs a command that is expected to end by itself; whether it succeeded, and all that it said.
pub fn run(mut command: Command) -> (bool, String) {
    let output = command.output().expect("runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

impl Process {
    /// Starts a server and waits until it says where it listens.
    ///
    /// # Errors
    /// What it said if it ended instead.
    pub fn launch(mut command: Command) -> Result<Self, String> {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut said = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            let address = line.rsplit_once("http://").and_then(|(_, at)| at.trim().parse().ok());
            if let Some(address) = address {
                // Its log must go somewhere, or it would wait for a reader.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { child, address, http: reqwest::Client::new() });
            }
            said.push_str(&line);
            said.push('\n');
        }
        child.wait().expect("has ended");
        Err(said)
    }

    /// The process, from its id on.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where a path is.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// An access token of the administrator of `--dev`.
    pub async fn token(&self) -> String {
        let request = self.http.get(self.url("/auth"));
        let request = request.basic_auth("admin", Some(sensu_server::rbac::DEV_PASSWORD));
        let answer = Raw::of(request.send().await.expect("an answer")).await;
        answer.body["access_token"].as_str().expect("a token").to_owned()
    }

    /// A request; `None` if the connection failed, as it does when the process is killed.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&serde_json::Value>,
    ) -> Option<Raw> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Some(Raw::of(request.send().await.ok()?).await)
    }

    /// kill -9: no chance to finish anything.
    pub fn kill(mut self) {
        self.child.kill().expect("is killed");
        self.child.wait().expect("is gone");
    }

    /// Tells it to stop; whether it did so in order.
    pub fn stop(mut self) -> bool {
        let told = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
        self.child.wait().expect("is gone").success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
