//! The configurations of nginx and `HAProxy` in `docs/proxy/`: each serves requests, closes slow clients, and
//! limits the connections of an address.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::served::Served;
use crate::tools;

/// Time limit for each wait.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The limit of connections of an address in both configurations.
const CONNECTIONS: usize = 50;

/// A document that is larger than the buffers of kernel and proxy.
const LARGE: &str = "/docs/scalar.js";

/// A program with its configuration.
struct ReverseProxy {
    name: &'static str,
    file: &'static str,
    /// Replacements in the configuration: ports, and shorter times, so that the test does not wait for long.
    listen: &'static str,
    times: &'static [(&'static str, &'static str)],
    arguments: fn(&Path) -> Vec<String>,
}

const PROXIES: [ReverseProxy; 2] = [
    ReverseProxy {
        name: "nginx",
        file: "nginx.conf",
        listen: "listen 8000;",
        times: &[
            ("client_header_timeout 10s;", "client_header_timeout 1s;"),
            ("send_timeout 30s;", "send_timeout 1s;"),
        ],
        arguments: |folder| {
            let folder = folder.display();
            let global = format!("daemon off; pid {folder}/pid; error_log {folder}/error.log;");
            [
                "-p",
                &folder.to_string(),
                "-e",
                &format!("{folder}/error.log"),
                "-c",
                &format!("{folder}/nginx.conf"),
                "-g",
                &global,
            ]
            .map(str::to_owned)
            .to_vec()
        },
    },
    ReverseProxy {
        name: "haproxy",
        file: "haproxy.cfg",
        listen: "bind 0.0.0.0:8000",
        times: &[
            ("timeout http-request 10s", "timeout http-request 1s"),
            ("timeout client 30s", "timeout client 1s"),
        ],
        arguments: |folder| {
            vec!["-db".into(), "-f".into(), folder.join("haproxy.cfg").display().to_string()]
        },
    },
];

/// A running proxy. Killed when dropped.
struct Running {
    program: Child,
    address: SocketAddr,
}

/// Tests both configurations.
///
/// # Errors
/// With the first expectation that does not hold, or if a program is not installed.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run() -> anyhow::Result<()> {
    let served = Served::start()?;
    let server = served.url().replace("http://", "");
    let mut checks = 0;
    for proxy in &PROXIES {
        let running = proxy.start(&server)?;
        let address = running.address;
        for (expectation, check) in CHECKS {
            check(address).with_context(|| format!("{}: {expectation}", proxy.name))?;
            checks += 1;
        }
    }
    served.stop()?;
    println!("reverse proxies: {checks} expectations hold");
    Ok(())
}

type Check = fn(SocketAddr) -> anyhow::Result<()>;

const CHECKS: &[(&str, Check)] = &[
    ("requests are forwarded", requests_are_forwarded),
    ("a request head that does not end is rejected", slow_heads_are_rejected),
    ("a client that does not read is disconnected", unread_responses_are_cut),
    ("connections of an address are limited", connections_are_limited),
];

impl ReverseProxy {
    fn start(&self, server: &str) -> anyhow::Result<Running> {
        let folder = tools::fresh(self.name)?;
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let source = xtask::root().join("docs/proxy").join(self.file);
        let mut text = fs::read_to_string(&source)?;
        let listen = self
            .listen
            .replace("0.0.0.0", "127.0.0.1")
            .replace("8000", &address.port().to_string());
        let ports = [(self.listen, listen.as_str()), ("127.0.0.1:8080", server)];
        for (from, to) in ports.iter().chain(self.times) {
            ensure!(text.contains(from), "{} does not contain {from:?}", source.display());
            text = text.replace(from, to);
        }
        fs::write(folder.join(self.file), text)?;
        let log = fs::File::create(folder.join("log"))?;
        let mut program = Command::new(self.name)
            .args((self.arguments)(&folder))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} is not installed", self.name))?;
        let until = Instant::now() + TIMEOUT;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = program.try_wait()? {
                let log = fs::read_to_string(folder.join("log"))?;
                bail!("{} ended with {status}: {log}", self.name);
            }
            ensure!(Instant::now() < until, "{} does not listen", self.name);
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Running { program, address })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGTERM, so that nginx stops its workers, too.
        let _ = Command::new("kill").arg(self.program.id().to_string()).status();
        let _ = self.program.wait();
    }
}

/// Opens a connection, and sends text.
fn open(address: SocketAddr, text: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(text.as_bytes())?;
    Ok(stream)
}

/// Reads until the connection is closed or reset.
fn read_all(stream: &mut TcpStream) -> anyhow::Result<Vec<u8>> {
    let (mut bytes, mut some) = (Vec::new(), [0; 65_536]);
    loop {
        match stream.read(&mut some) {
            Ok(0) => return Ok(bytes),
            Ok(read) => bytes.extend_from_slice(&some[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                bail!("still open after {TIMEOUT:?}")
            }
            Err(_) => return Ok(bytes),
        }
    }
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: sensu.example\r\n{headers}\r\n")
}

fn requests_are_forwarded(address: SocketAddr) -> anyhow::Result<()> {
    // HAProxy may not have checked the server yet.
    let until = Instant::now() + TIMEOUT;
    loop {
        let mut stream = open(address, &get("/version", "Connection: close\r\n"))?;
        let response = String::from_utf8_lossy(&read_all(&mut stream)?).to_lowercase();
        if response.starts_with("http/1.1 200 ") && response.contains("sensu-edition: core") {
            return Ok(());
        }
        ensure!(Instant::now() < until, "{response}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn slow_heads_are_rejected(address: SocketAddr) -> anyhow::Result<()> {
    let response = read_all(&mut open(address, "GET /version HTTP/1.1\r\nHost: x\r\n")?)?;
    ensure!(!response.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&response));
    Ok(())
}

fn unread_responses_are_cut(address: SocketAddr) -> anyhow::Result<()> {
    let whole = read_all(&mut open(address, &get(LARGE, "Connection: close\r\n"))?)?.len();
    // The kernel may buffer much: the longer the wait, the more certain is the end.
    for seconds in [3, 10, 30] {
        let mut stream = open(address, &get(LARGE, ""))?;
        std::thread::sleep(Duration::from_secs(seconds));
        if read_all(&mut stream).is_ok_and(|part| part.len() < whole) {
            return Ok(());
        }
    }
    bail!("all {whole} bytes were sent")
}

fn connections_are_limited(address: SocketAddr) -> anyhow::Result<()> {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS + 10 {
        clients.push(open(address, &get(LARGE, "")));
    }
    let mut rejected = 0;
    for client in &mut clients {
        let mut status = [0; 12];
        let read = client.as_mut().map(|stream| stream.read_exact(&mut status));
        match read {
            Ok(Ok(())) if status.starts_with(b"HTTP/1.1 2") => {}
            _ => rejected += 1,
        }
    }
    ensure!(rejected >= 10, "{rejected} of {} connections were rejected", clients.len());
    ensure!(rejected < clients.len(), "all connections were rejected");
    Ok(())
}
