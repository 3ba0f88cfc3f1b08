//! Log-ins: throttling, trusted proxies, renewed hashes, and responses with secrets (D14 to D18).

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures::future::join_all;
use sensu_server::Limits;
use sensu_store::{Key, ManualClock};
use sensu_tests::{Response, TestServer};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PASSWORD: &str = "long enough";
const USERS: &str = "/apis/core/v2/users";

/// A server at a fixed time, behind a trusted proxy or not, with some users.
async fn server(trusted_proxies: &[&str], users: &[&str]) -> (Arc<TestServer>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(1_000_000));
    let trusted_proxies = trusted_proxies.iter().map(|network| network.parse().expect("CIDR"));
    let limits = Limits { trusted_proxies: trusted_proxies.collect(), ..Limits::default() };
    let server = TestServer::start_with(limits, Arc::clone(&clock) as _).await;
    let admin = server.token().await;
    for user in users {
        let body = json!({ "username": user, "password": PASSWORD });
        let created = server.send("POST", USERS, Some(&admin), Some(&body)).await;
        assert_eq!(created.status, 200, "{}", created.body);
    }
    (Arc::new(server), clock)
}

/// Clients with addresses of their own.
struct Clients {
    server: Arc<TestServer>,
    http: Vec<reqwest::Client>,
    /// Whether they reach the server through a proxy. Otherwise they use addresses of the loopback network.
    behind_proxy: bool,
}

/// Number of clients.
const CLIENTS: u8 = 10;

impl Clients {
    fn new(server: Arc<TestServer>, behind_proxy: bool) -> Self {
        let client = |number| {
            let address = IpAddr::from(Ipv4Addr::new(127, 0, 1, number));
            let builder = reqwest::Client::builder();
            builder.local_address((!behind_proxy).then_some(address)).build().expect("a client")
        };
        Self { server, http: (0..CLIENTS).map(client).collect(), behind_proxy }
    }

    /// `GET /auth` from the client with this number.
    async fn log_in(&self, client: u8, user: &str, password: &str) -> Response {
        let mut request = self.http[usize::from(client)].get(format!("{}/auth", self.server.url()));
        if self.behind_proxy {
            request = request.header("X-Forwarded-For", format!("6.6.6.6, 192.0.2.{client}"));
        }
        let request = request.basic_auth(user, Some(password));
        Response::read(request.send().await.expect("a response")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_ten_of_400_parallel_guesses_are_compared() {
    let (server, clock) = server(&[], &["bob"]).await;
    let guess = |n: usize| {
        let server = Arc::clone(&server);
        async move {
            let authorization = basic("bob", &format!("guess {n}"));
            let headers = [("Authorization", authorization.as_str())];
            let path = if n.is_multiple_of(2) { "/auth" } else { "/auth/test" };
            server.send_with("GET", path, None, None, &headers).await
        }
    };
    for (guesses, compared) in [(400, 10), (300, 1), (300, 1)] {
        let responses = join_all((0..guesses).map(guess)).await;
        let count = |status| responses.iter().filter(|one| one.status == status).count();
        assert_eq!((count(401), count(429)), (compared, guesses - compared));
        let delays = responses.iter().filter(|one| one.status == 429);
        let delays = delays.map(|one| one.header("retry-after").parse::<u64>().expect("seconds"));
        assert!(delays.into_iter().all(|seconds| (1..=60).contains(&seconds)));
        clock.advance(60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_log_ins_with_the_right_password_succeed() {
    let (server, _) = server(&[], &["bob"]).await;
    let authorization = basic("bob", PASSWORD);
    let log_in = |n: usize| {
        let headers = [("Authorization", authorization.as_str())];
        let path = if n.is_multiple_of(2) { "/auth" } else { "/auth/test" };
        let server = Arc::clone(&server);
        async move { server.send_with("GET", path, None, None, &headers).await.status }
    };
    let statuses = join_all((0..80).map(log_in)).await;
    assert!(statuses.iter().all(|status| [200, 204].contains(status)), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_that_fails_continuously_locks_out_no_other() {
    for behind_proxy in [false, true] {
        let trusted: &[&str] = if behind_proxy { &["127.0.0.0/8"] } else { &[] };
        let names = ["bob", "user0", "user1", "user2", "user3", "user4"];
        let (server, clock) = server(trusted, &names).await;
        let clients = Arc::new(Clients::new(server, behind_proxy));
        let (stop, rejected) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let attacker = tokio::spawn({
            let (clients, stop) = (Arc::clone(&clients), Arc::clone(&stop));
            let rejected = Arc::clone(&rejected);
            async move {
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    let user = if n % 2 == 0 { "bob".to_owned() } else { format!("unknown{n}") };
                    let response = clients.log_in(1, &user, "wrong password").await;
                    assert!([401, 429].contains(&response.status), "{}", response.body);
                    rejected.fetch_add(u32::from(response.status == 429), Ordering::Relaxed);
                }
            }
        });
        while rejected.load(Ordering::Relaxed) < 200 {
            tokio::task::yield_now().await;
        }
        for n in 0..200_u8 {
            clock.advance(1);
            let user = names[usize::from(n) % names.len()];
            let response = clients.log_in(2 + n % (CLIENTS - 2), user, PASSWORD).await;
            assert_eq!(response.status, 200, "{user}, {n}: {}", response.body);
        }
        stop.store(true, Ordering::Relaxed);
        attacker.await.expect("ends");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_that_have_logged_in_through_an_untrusted_proxy_are_not_locked_out() {
    let (server, _) = server(&[], &["bob", "carol"]).await;
    let clients = Clients::new(server, false);
    assert_eq!(clients.log_in(1, "bob", PASSWORD).await.status, 200);
    let mut n = 0;
    while clients.log_in(1, &format!("unknown{n}"), "wrong password").await.status == 401 {
        n += 1;
    }
    assert_eq!(n, 100);
    clients.log_in(1, "carol", PASSWORD).await.assert_error(429, 5);
    for _ in 0..200 {
        assert_eq!(clients.log_in(1, "bob", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn headers_of_untrusted_clients_do_not_change_their_address() {
    let (server, _) = server(&["192.0.2.0/24"], &["bob"]).await;
    for n in 0..11 {
        let authorization = basic("bob", "wrong password");
        let address = format!("203.0.113.{n}");
        let forwarded = format!("for={address}");
        let headers = [
            ("Authorization", authorization.as_str()),
            ("X-Forwarded-For", &address),
            ("Forwarded", &forwarded),
        ];
        let response = server.send_with("GET", "/auth", None, None, &headers).await;
        response.assert_error(if n < 10 { 401 } else { 429 }, 5);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_extend_the_delay() {
    let (server, clock) = server(&[], &["bob"]).await;
    let clients = Clients::new(server, false);
    while clients.log_in(1, "bob", "wrong password").await.status == 401 {}
    clock.advance(-7_200);
    let response = clients.log_in(1, "bob", PASSWORD).await;
    response.assert_error(429, 5);
    assert_eq!(response.header("retry-after"), "60");
    clock.advance(60);
    assert_eq!(clients.log_in(1, "bob", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_log_in_replaces_a_hash_of_another_cost_and_ends_no_session() {
    /// `long enough` with cost 5; that of the server is 4.
    const HASH: &str = "$2b$05$abcdefghijklmnopqrstuuea2911a3qBgNFloBjDM6mlLQA.FCrUO";
    let (server, _) = server(&[], &[]).await;
    let admin = server.token().await;
    let path = format!("{USERS}/bob");
    let bob = json!({ "username": "bob", "password_hash": HASH });
    server.send("PUT", &path, Some(&admin), Some(&bob)).await;
    let before = server.send("GET", &path, Some(&admin), None).await;
    let stored = async || {
        let key = Key::new("passwords", ["bob"]).expect("a key");
        let entry = server.store.get(&key).await.expect("reads").expect("a hash");
        String::from_utf8(entry.value.to_vec()).expect("text")
    };
    let wrong = basic("bob", "wrong password");
    let wrong = server.send_with("GET", "/auth", None, None, &[("Authorization", &wrong)]).await;
    assert_eq!((wrong.status, stored().await.as_str()), (401, HASH));
    let first = server.log_in("bob", PASSWORD).await;
    assert!(stored().await.starts_with("$2b$04$"), "{}", stored().await);
    let second = server.log_in("bob", PASSWORD).await;
    for client in [first, second] {
        let token = client.tokens().expect("logged in").access_token;
        let own = server.send("GET", &path, Some(&token), None).await;
        assert_eq!((own.status, own.header("etag")), (200, before.header("etag")));
    }
}

#[tokio::test]
async fn the_scheme_of_a_log_in_is_not_case_sensitive_and_named_by_the_401() {
    let (server, _) = server(&[], &["bob"]).await;
    for path in ["/auth", "/auth/test"] {
        for scheme in ["Basic", "basic", "BASIC"] {
            let authorization = basic("bob", PASSWORD).replacen("Basic", scheme, 1);
            let headers = [("Authorization", authorization.as_str())];
            let response = server.send_with("GET", path, None, None, &headers).await;
            assert_eq!(response.status, 200, "{scheme}");
        }
        let wrong = basic("bob", "wrong password");
        for authorization in ["", "Basic", "Basic !", "Bearer x", &wrong] {
            let headers = [("Authorization", authorization)];
            let response = server.send_with("GET", path, None, None, &headers).await;
            response.assert_error(401, 5);
            assert_eq!(response.header("www-authenticate"), "Basic realm=\"sensu\"");
        }
    }
    let other = server.send("GET", USERS, None, None).await;
    assert_eq!(other.header("www-authenticate"), "Bearer realm=\"sensu\"");
}

#[tokio::test]
async fn responses_with_secrets_are_not_stored_by_caches() {
    let (server, _) = server(&[], &["bob"]).await;
    let authorization = basic("admin", "P@ssw0rd!");
    let headers = [("Authorization", authorization.as_str())];
    let tokens = server.send_with("GET", "/auth", None, None, &headers).await;
    let access = tokens.body["access_token"].as_str();
    let body = json!({ "refresh_token": tokens.body["refresh_token"] });
    let renewed = server.send("POST", "/auth/token", access, Some(&body)).await;
    let access = renewed.body["access_token"].as_str();
    let key = json!({ "username": "bob" });
    let key = server.send("POST", "/apis/core/v2/apikeys", access, Some(&key)).await;
    for (response, secret) in [(&tokens, "access_token"), (&renewed, "access_token"), (&key, "key")]
    {
        assert!(response.body[secret].is_string(), "{}", response.body);
        assert_eq!(response.header("cache-control"), "no-store", "{secret}");
    }
}

/// Sends the head of a request, and what follows it, and reads the status of the response.
async fn status_of(server: &TestServer, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.expect("connects");
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.expect("sends");
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.expect("responds");
    String::from_utf8_lossy(&line).into_owned()
}

#[tokio::test]
async fn the_body_of_a_renewal_is_read_after_the_token_is_verified_and_is_small() {
    let (server, _) = server(&[], &[]).await;
    let token = server.token().await;
    for path in ["/auth/token", "/auth/logout"] {
        let head = |token: &str, length: usize| {
            format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}"
            )
        };
        // The body never arrives.
        let status = status_of(&server, &head("x", 500_000), "").await;
        assert_eq!(status, "HTTP/1.1 401", "{path}");
        for (length, expected) in [(16_000, "HTTP/1.1 400"), (16_001, "HTTP/1.1 413")] {
            let status = status_of(&server, &head(&token, length), &" ".repeat(length)).await;
            assert_eq!(status, expected, "{path} {length}");
        }
    }
}

#[tokio::test]
async fn a_user_with_many_groups_can_renew_a_session() {
    let (server, _) = server(&[], &["bob"]).await;
    let admin = server.token().await;
    let groups: Vec<String> = (0..2_000).map(|n| format!("a group with number {n}")).collect();
    let path = format!("{USERS}/bob");
    let bob = json!({ "groups": groups });
    let response = server.send("PUT", &path, Some(&admin), Some(&bob)).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let client = server.log_in("bob", PASSWORD).await;
    let access = client.tokens().expect("logged in").access_token;
    assert!(access.len() > 40_000, "the access token names the groups");
    client.refresh(&access).await.expect("the refresh token fits into the body");
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}
