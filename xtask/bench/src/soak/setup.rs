//! Users, roles and objects that the load and the attacks use.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::Finding;
use super::client::{Client, Reply};
use super::load::Writes;
use crate::process::PASSWORD;

/// Number of checks, each of which one client writes.
pub(super) const CHECKS: u8 = 4;
/// Number of users who log in.
pub(super) const USERS: u8 = 5;
/// Number of stored events. Their list exceeds the limit of one response.
const EVENTS: usize = 100;

/// Path of the namespace of legitimate clients.
pub(super) const DEFAULT: &str = "/apis/core/v2/namespaces/default";
/// Path of the namespace of the attacking administrator.
pub(super) const TEAM: &str = "/apis/core/v2/namespaces/team";

/// A prepared server.
pub(super) struct Setup {
    pub(super) server: SocketAddr,
    /// `Authorization` of a cluster administrator.
    pub(super) admin: String,
    /// Of a user with `edit` in the namespace `default`.
    pub(super) editor: String,
    /// Of a user with `admin` in the namespace `team`.
    pub(super) lead: String,
}

impl Setup {
    pub(super) async fn prepare(address: &str) -> anyhow::Result<Self> {
        let server: SocketAddr = address.parse()?;
        let admin = log_in(server, "admin").await?;
        let mut put = Put { client: Client::new(server, source(1)), admin: &admin };
        put.put("/apis/core/v2/namespaces/team", json!({})).await?;
        for (user, role, namespace) in [("editor", "edit", DEFAULT), ("lead", "admin", TEAM)] {
            put.user(user).await?;
            let binding = json!({
                "role_ref": { "type": "ClusterRole", "name": role },
                "subjects": [{ "type": "User", "name": user }],
            });
            put.put(&format!("{namespace}/rolebindings/{user}"), binding).await?;
        }
        for number in 0..USERS {
            put.user(&user(number)).await?;
        }
        for number in 0..CHECKS {
            put.put(&check_path(number), serde_json::from_str(&check(1))?).await?;
        }
        for number in 0..EVENTS {
            let entity = format!("entity-{number}");
            let body = event(&"CPU OK: user 12% system 3% iowait 0% ".repeat(200));
            put.put(&format!("{DEFAULT}/events/{entity}/cpu"), body).await?;
        }
        let editor = log_in(server, "editor").await?;
        let lead = log_in(server, "lead").await?;
        Ok(Self { server, editor, lead, admin })
    }

    /// Compares the checks with the last acknowledged writes.
    pub(super) async fn lost_writes(
        &self,
        address: &str,
        writes: &Writes,
    ) -> anyhow::Result<Finding> {
        let mut client = Client::new(address.parse()?, source(1));
        let mut lost = Vec::new();
        for (number, interval) in writes {
            let path = check_path(*number);
            let reply = client.send(&format!("GET {path}"), &self.admin, "").await?;
            let stored: Value = serde_json::from_slice(&reply.body)?;
            // A write whose response did not arrive may have been completed.
            if stored["interval"].as_u64() < Some(*interval) {
                lost.push(format!("{path}: {} instead of {interval}", stored["interval"]));
            }
        }
        let text = format!("{} checks, {} lost {}", writes.len(), lost.len(), lost.join(", "));
        Ok(Finding { text, met: lost.is_empty() })
    }
}

struct Put<'a> {
    client: Client,
    admin: &'a str,
}

impl Put<'_> {
    async fn put(&mut self, path: &str, body: Value) -> anyhow::Result<()> {
        let line = format!("PUT {path}");
        let Reply { status, body } = self.client.send(&line, self.admin, &body.to_string()).await?;
        let text = String::from_utf8_lossy(&body);
        ensure!((200..300).contains(&status), "{line}: {status} {text}");
        Ok(())
    }

    async fn user(&mut self, name: &str) -> anyhow::Result<()> {
        let body = json!({ "username": name, "password": PASSWORD });
        self.put(&format!("/apis/core/v2/users/{name}"), body).await
    }
}

/// Logs in from an address of its own. Returns the value of `Authorization`.
async fn log_in(server: SocketAddr, user: &str) -> anyhow::Result<String> {
    let mut client = Client::new(server, source(1));
    let reply = client.send("GET /auth", &basic(user, PASSWORD), "").await?;
    let tokens: Value = serde_json::from_slice(&reply.body)?;
    let token = tokens["access_token"].as_str();
    Ok(format!("Bearer {}", token.with_context(|| format!("log-in of {user}: {}", reply.status))?))
}

/// `Authorization` with a user name and a password.
pub(super) fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    let credentials = format!("{user}:{password}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(credentials))
}

/// A source address on loopback. Legitimate clients use 127.0.1.*, attackers 127.0.2.*.
pub(super) fn source(number: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 1, number).into()
}

/// The name of a user who logs in.
pub(super) fn user(number: u8) -> String {
    format!("user-{number}")
}

pub(super) fn check_path(number: u8) -> String {
    format!("{DEFAULT}/checks/check-{number}")
}

/// A check whose interval numbers its writes.
pub(super) fn check(interval: u64) -> String {
    let check = json!({
        "command": "check-cpu.sh", "interval": interval, "subscriptions": ["system"],
        "handlers": ["slack"], "publish": false,
    });
    check.to_string()
}

/// An event with an output.
pub(super) fn event(output: &str) -> Value {
    json!({
        "entity": { "entity_class": "proxy" },
        "check": { "interval": 60, "status": 0, "output": output },
    })
}
