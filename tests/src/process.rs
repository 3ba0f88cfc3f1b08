//! The server as a process: started, sent requests, stopped and killed.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Response;

/// A server process; killed when dropped.
pub struct Process {
    child: Child,
    address: SocketAddr,
    /// The URL for agents. `None` if they are disabled.
    agent_url: Option<String>,
    http: reqwest::Client,
}

/// The command `program start` on a free port, with the users of `--dev`, over the store in a folder.
pub fn start(mut program: Command, state: &Path) -> Command {
    program
        .args(["start", "--dev", "--password-cost", "4", "--api-listen-address", "127.0.0.1:0"])
        .arg("--state-dir")
        .arg(state);
    program
}

/// Runs a command to its end. Returns whether it succeeded, and all its output.
pub fn run(mut command: Command) -> (bool, String) {
    let output = command.output().expect("runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

impl Process {
    /// Starts a server and waits until it reports its address.
    ///
    /// # Errors
    /// Its output, if it ended instead.
    pub fn launch(command: Command) -> Result<Self, String> {
        Self::launch_with(command, |_| ()).map(|(process, _)| process)
    }

    /// The same. `read` receives each line that the server logs afterwards; the output before is returned.
    ///
    /// # Errors
    /// Its output, if it ended instead.
    pub fn launch_with(
        mut command: Command,
        mut read: impl FnMut(String) + Send + 'static,
    ) -> Result<(Self, String), String> {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut output = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            let address = line.rsplit_once("http://").and_then(|(_, at)| at.trim().parse().ok());
            if let Some(address) = address {
                // The log has to be read, or a full pipe would block the server.
                std::thread::spawn(move || lines.for_each(|line| line.map_or((), &mut read)));
                let agents = |line: &str| {
                    line.split_once("agents connect to ").map(|(_, url)| url.to_owned())
                };
                let agent_url = output.lines().find_map(agents);
                let http = reqwest::Client::new();
                return Ok((Self { child, address, agent_url, http }, output));
            }
            output.push_str(&line);
            output.push('\n');
        }
        child.wait().expect("has ended");
        Err(output)
    }

    /// The process ID.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The URL that agents connect to.
    ///
    /// # Panics
    /// If agents are disabled.
    pub fn agent_url(&self) -> &str {
        self.agent_url.as_deref().expect("agents are enabled")
    }

    /// An access token of the administrator of `--dev`.
    pub async fn token(&self) -> String {
        let response = self.log_in("admin", sensu_server::seed::DEV_PASSWORD).await;
        response.body["access_token"].as_str().expect("a token").to_owned()
    }

    /// The response to a log-in.
    pub async fn log_in(&self, user: &str, password: &str) -> Response {
        let request = self.http.get(self.url("/auth")).basic_auth(user, Some(password));
        Response::read(request.send().await.expect("a response")).await
    }

    /// Sends a request. `None` if the connection failed, as it does when the process is killed.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&serde_json::Value>,
    ) -> Option<Response> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Some(Response::read(request.send().await.ok()?).await)
    }

    /// Kills it with SIGKILL: it cannot finish anything.
    pub fn kill(mut self) {
        self.child.kill().expect("is killed");
        self.child.wait().expect("has ended");
    }

    /// Stops it with SIGTERM and waits for its end. Returns whether it exited with success.
    pub fn stop(mut self) -> bool {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        self.child.wait().expect("has ended").success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
