//! Attacks: requests that are cheap to send and would be expensive to serve without limits.
//!
//! Each is a burst that is repeated after a pause. Responses are counted, and anything is accepted: what
//! matters is what the server and the legitimate clients look like meanwhile.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join_all};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;

use super::client::{Client, connect};
use super::http2::unread_requests;
use super::setup::{self, DEFAULT, Setup, TEAM, basic};

/// An attack.
pub(super) struct Attack {
    pub(super) name: &'static str,
    pause: Duration,
    burst: fn(Arc<Setup>) -> BoxFuture<'static, Vec<Reaction>>,
}

/// What one request got: a status, or `None` without a response.
type Reaction = Option<u16>;

/// All attacks. Those of the first group need no credentials.
pub(super) const ATTACKS: [Attack; 12] = [
    attack("unread-documents", 5, |setup| Box::pin(unread_documents(setup))),
    attack("log-in-storm", 12, |setup| Box::pin(log_in_storm(setup))),
    attack("guesses", 5, |setup| Box::pin(guesses(setup))),
    attack("long-names", 10, |setup| Box::pin(long_names(setup))),
    attack("unfinished-bodies", 10, |setup| Box::pin(unfinished_bodies(setup))),
    attack("unfinished-headers", 10, |setup| Box::pin(unfinished_headers(setup))),
    attack("unread-lists", 10, |setup| Box::pin(unread_lists(setup))),
    attack("slow-expressions", 2, |setup| Box::pin(slow_expressions(setup))),
    attack("many-expressions", 2, |setup| Box::pin(many_expressions(setup))),
    attack("long-lists", 2, |setup| Box::pin(long_lists(setup))),
    attack("large-roles", 5, |setup| Box::pin(large_roles(setup))),
    attack("deleted-ttl", 1, |setup| Box::pin(deleted_ttl(setup))),
];

const fn attack(
    name: &'static str,
    pause_seconds: u64,
    burst: fn(Arc<Setup>) -> BoxFuture<'static, Vec<Reaction>>,
) -> Attack {
    Attack { name, pause: Duration::from_secs(pause_seconds), burst }
}

/// Repeats an attack. Returns the number of bursts and of each reaction.
pub(super) fn repeat(attack: &Attack, setup: &Arc<Setup>, until: Instant) -> JoinHandle<String> {
    let (setup, burst, pause) = (Arc::clone(setup), attack.burst, attack.pause);
    tokio::spawn(async move {
        let (mut bursts, mut counts) = (0_usize, BTreeMap::<Reaction, usize>::new());
        while Instant::now() < until {
            for reaction in burst(Arc::clone(&setup)).await {
                *counts.entry(reaction).or_default() += 1;
            }
            bursts += 1;
            tokio::time::sleep(pause).await;
        }
        let mut text = format!("{bursts} bursts:");
        for (reaction, count) in counts {
            let reaction = reaction.map_or("no response".to_owned(), |status| status.to_string());
            // Writing to a string cannot fail.
            let _ = write!(text, " {count} x {reaction},");
        }
        text.trim_end_matches([',', ':']).to_owned()
    })
}

/// A source address of attackers.
fn source(number: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 2, number).into()
}

/// Sends bytes on each of many connections and holds these, without reading.
async fn hold(setup: Arc<Setup>, from: u8, connections: usize, bytes: Vec<u8>) -> Vec<Reaction> {
    let bytes: Arc<[u8]> = bytes.into();
    let one = async || {
        let mut stream = connect(setup.server, source(from)).await.ok()?;
        let sent = tokio::time::timeout(Duration::from_secs(2), stream.write_all(&bytes)).await;
        sent.ok().and_then(Result::ok).map(|()| stream)
    };
    let streams = join_all((0..connections).map(|_| one())).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    streams.into_iter().map(|_| None).collect()
}

/// Documents requested on few connections and never read.
async fn unread_documents(setup: Arc<Setup>) -> Vec<Reaction> {
    let requests = [unread_requests("/docs/scalar.js", 200), unread_requests("/openapi.json", 200)];
    let held = requests.map(|requests| hold(Arc::clone(&setup), 1, 3, requests));
    join_all(held).await.concat()
}

/// Log-ins whose clients disconnect.
async fn log_in_storm(setup: Arc<Setup>) -> Vec<Reaction> {
    let one = async |number: usize| {
        let mut stream = connect(setup.server, source(2)).await.ok()?;
        let authorization = basic(&format!("unknown-{number}"), "wrong password");
        let request =
            format!("GET /auth HTTP/1.1\r\nHost: soak\r\nAuthorization: {authorization}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut status = [0; 12];
        let read = stream.read_exact(&mut status);
        tokio::time::timeout(Duration::from_millis(500), read).await.ok()?.ok()?;
        std::str::from_utf8(status.get(9..)?).ok()?.parse().ok()
    };
    join_all((0..600).map(one)).await
}

/// Passwords of a user who logs in from another address, guessed at the same time.
async fn guesses(setup: Arc<Setup>) -> Vec<Reaction> {
    let one = async |number: usize| {
        let guess = basic(&setup::user(0), &format!("guess number {number}"));
        let mut client = Client::new(setup.server, source(3));
        Some(client.send("GET /auth", &guess, "").await.ok()?.status)
    };
    join_all((0..100).map(one)).await
}

/// Log-ins with long user names, each another one.
async fn long_names(setup: Arc<Setup>) -> Vec<Reaction> {
    let one = async |number: usize| {
        let name = format!("{number}-{:?}-{}", Instant::now(), "u".repeat(200_000));
        let mut client = Client::new(setup.server, source(4));
        Some(client.send("GET /auth", &basic(&name, "wrong password"), "").await.ok()?.status)
    };
    join_all((0..50).map(one)).await
}

/// Bodies that do not end, without valid credentials.
async fn unfinished_bodies(setup: Arc<Setup>) -> Vec<Reaction> {
    let head = "POST /auth/token HTTP/1.1\r\nHost: soak\r\nAuthorization: Bearer invalid\r\n\
                Content-Length: 500000\r\n\r\n";
    hold(setup, 5, 200, [head.as_bytes(), &[b' '; 400_000]].concat()).await
}

/// Headers that do not end.
async fn unfinished_headers(setup: Arc<Setup>) -> Vec<Reaction> {
    let head = "GET /health HTTP/1.1\r\nHost: soak\r\nX-Long: ";
    hold(setup, 6, 100, [head.as_bytes(), &[b'x'; 384_000]].concat()).await
}

/// Large lists that are not read.
async fn unread_lists(setup: Arc<Setup>) -> Vec<Reaction> {
    let editor = setup.editor.clone();
    let head =
        format!("GET {DEFAULT}/events HTTP/1.1\r\nHost: soak\r\nAuthorization: {editor}\r\n\r\n");
    hold(setup, 7, 100, head.into_bytes()).await
}

/// Expressions that take long to compile: at the limit of their size, and far above.
async fn slow_expressions(setup: Arc<Setup>) -> Vec<Reaction> {
    let class = |fields: usize| {
        let fields: String = (0..fields).map(|number| format!("#a{number:x};")).collect();
        json!({ "action": "allow", "expressions": [format!("class A{{{fields}}}")] }).to_string()
    };
    let bodies = [class(60_000), class(2_500), class(2_500), class(2_500)];
    join_all(bodies.iter().map(|body| put(&setup, 8, "filters/f?dryRun=true", body))).await
}

/// Very many empty expressions.
async fn many_expressions(setup: Arc<Setup>) -> Vec<Reaction> {
    let many = |count: usize| json!({ "action": "allow", "expressions": vec![""; count] });
    let bodies = [many(160_000), many(100), many(100), many(100)].map(|body| body.to_string());
    join_all(bodies.iter().map(|body| put(&setup, 9, "filters/f?dryRun=true", body))).await
}

/// Lists that are compared with each other.
async fn long_lists(setup: Arc<Setup>) -> Vec<Reaction> {
    let list = |prefix: &str, count: usize| -> Vec<String> {
        (0..count).map(|number| format!("{prefix}{number:x}")).collect()
    };
    let event = json!({
        "entity": { "entity_class": "proxy", "subscriptions": list("", 33_000) },
        "check": { "interval": 1, "subscriptions": list("g", 28_000) },
    });
    let labels: BTreeMap<String, &str> =
        list("g", 20_000).into_iter().map(|name| (name, "")).collect();
    let entity = json!({
        "entity_class": "proxy", "redact": list("r", 20_000), "metadata": { "labels": labels },
    });
    let (event, entity) = (event.to_string(), entity.to_string());
    let bodies = [
        ("events/e/c?dryRun=true", &event),
        ("events/e/c?dryRun=true", &event),
        ("entities/e?dryRun=true", &entity),
    ];
    join_all(bodies.map(|(path, body)| put(&setup, 10, path, body))).await
}

/// Large roles of one namespace, one of which changes all the time while others read.
async fn large_roles(setup: Arc<Setup>) -> Vec<Reaction> {
    let rule = |names: usize| {
        let names: Vec<String> = (0..names).map(|number| format!("x{number:05}")).collect();
        json!({ "rules": [{ "verbs": ["get"], "resources": ["checks"], "resource_names": names }] })
            .to_string()
    };
    let mut client = Client::new(setup.server, source(11));
    let mut reactions = Vec::new();
    for (number, names) in [50_000, 1_000, 1_000, 1_000].into_iter().enumerate() {
        let line = format!("PUT {TEAM}/roles/large-{number}");
        let reply = client.send(&line, &setup.lead, &rule(names)).await;
        reactions.push(reply.ok().map(|reply| reply.status));
    }
    let until = Instant::now() + Duration::from_secs(3);
    let line = format!("PUT {TEAM}/roles/small");
    let write = async {
        while Instant::now() < until {
            let _ = client.send(&line, &setup.lead, &rule(1)).await;
        }
    };
    let read = async || {
        let mut client = Client::new(setup.server, source(12));
        while Instant::now() < until {
            let _ = client.send(&format!("GET {TEAM}/checks"), &setup.lead, "").await;
        }
    };
    tokio::join!(write, join_all((0..16).map(|_| read())));
    reactions
}

/// Events with a `ttl`, deleted before it ends.
async fn deleted_ttl(setup: Arc<Setup>) -> Vec<Reaction> {
    let mut event = setup::event("");
    event["check"]["ttl"] = json!(1);
    let event = event.to_string();
    let one = async |number: usize| {
        let path = format!("{DEFAULT}/events/ttl-{number}/cpu");
        let mut client = Client::new(setup.server, source(13));
        client.send(&format!("PUT {path}"), &setup.editor, &event).await.ok()?;
        client.send(&format!("DELETE {path}"), &setup.editor, "").await.ok().map(|one| one.status)
    };
    join_all((0..10).map(one)).await
}

/// A `PUT` of an editor.
async fn put(setup: &Setup, from: u8, path: &str, body: &str) -> Reaction {
    let mut client = Client::new(setup.server, source(from));
    let line = format!("PUT {DEFAULT}/{path}");
    client.send(&line, &setup.editor, body).await.ok().map(|reply| reply.status)
}
