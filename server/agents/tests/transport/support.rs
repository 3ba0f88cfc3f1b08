//! A listener with a service that records its calls.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sensu_agents::message::{CheckRequest, EntityConfig, InvalidMessage, Message};
use sensu_agents::{Closed, Counters, Hello, Listener, Rejection, Sender, Service, Settings};
use sensu_test_agent::{Agent, AgentOptions};
use sensu_types::ObjectMeta;
use sensu_types::check::CheckConfig;
use sensu_types::event::{Check, Event};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

/// Time limit of everything that a test waits for.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A call of the service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Call {
    Connected(String),
    Keepalive(String, Box<Event>),
    Event(String, Box<Event>),
    Invalid(String, InvalidMessage),
    Disconnected(String, Closed),
}

/// A service that records its calls. The user of an agent determines the response to its handshake.
pub(crate) struct Recorder {
    calls: Mutex<Vec<Call>>,
    senders: Mutex<HashMap<String, Sender>>,
    pub(crate) hellos: Mutex<Vec<Hello>>,
    /// Permits for processing events, and for connections of the user `slow`.
    pub(crate) gate: Semaphore,
    pub(crate) is_ready: AtomicBool,
    /// Sent to agents that connect.
    pub(crate) greeting: Vec<Arc<Message>>,
}

#[async_trait]
impl Service for Recorder {
    type Session = String;

    async fn connect(&self, hello: &Hello, outbox: Sender) -> Result<String, Rejection> {
        self.hellos.lock().unwrap().push(hello.clone());
        match hello.credentials.user.as_str() {
            "unknown" => return Err(Rejection::bad_credentials()),
            "denied" => return Err(Rejection::forbidden()),
            "starting" => return Err(Rejection::unavailable("starting")),
            "broken" => panic!("a defect of the service"),
            "slow" => self.gate.acquire().await.unwrap().forget(),
            _ => {}
        }
        if hello.namespace != "default" {
            return Err(Rejection::namespace_not_found(&hello.namespace));
        }
        for message in &self.greeting {
            outbox.try_send(Arc::clone(message)).unwrap();
        }
        let previous = self.senders.lock().unwrap().insert(hello.name.clone(), outbox);
        if let Some(previous) = previous {
            previous.close(4000, "replaced by a newer connection");
        }
        self.record(Call::Connected(hello.name.clone()));
        Ok(hello.name.clone())
    }

    async fn keepalive(&self, session: &String, event: Event) {
        self.record(Call::Keepalive(session.clone(), Box::new(event)));
    }

    async fn event(&self, session: &String, event: Event) {
        assert_ne!(event.check_name(), "defect", "a defect of the service");
        self.gate.acquire().await.unwrap().forget();
        self.record(Call::Event(session.clone(), Box::new(event)));
    }

    async fn invalid(&self, session: &String, reason: InvalidMessage) {
        self.record(Call::Invalid(session.clone(), reason));
    }

    async fn disconnected(&self, session: String, reason: Closed) {
        self.record(Call::Disconnected(session, reason));
    }

    async fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }
}

impl Recorder {
    fn record(&self, call: Call) {
        self.calls.lock().unwrap().push(call);
    }
}

/// A running listener.
pub(crate) struct Server {
    pub(crate) service: Arc<Recorder>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) address: std::net::SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with_settings(Settings::default()).await
    }

    pub(crate) async fn with_settings(settings: Settings) -> Self {
        Self::with_greeting(settings, Vec::new()).await
    }

    pub(crate) async fn with_greeting(settings: Settings, greeting: Vec<Arc<Message>>) -> Self {
        Self::launch(settings, greeting, |listener| listener).await
    }

    pub(crate) async fn launch(
        settings: Settings,
        greeting: Vec<Arc<Message>>,
        configure: impl FnOnce(Listener<Recorder>) -> Listener<Recorder>,
    ) -> Self {
        let service = Arc::new(Recorder {
            calls: Mutex::default(),
            senders: Mutex::default(),
            hellos: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS / 2),
            is_ready: AtomicBool::new(true),
            greeting,
        });
        let listener = configure(Listener::new(Arc::clone(&service), settings));
        let counters = listener.counters();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(listener.serve(socket, async {
            _ = stopped.await;
        }));
        Self { service, counters, address, stop: Some(stop), serving }
    }

    pub(crate) fn options(&self, name: &str) -> AgentOptions {
        AgentOptions::new(format!("ws://{}", self.address), name)
    }

    pub(crate) async fn connect(&self, name: &str) -> Agent {
        Agent::connect(self.options(name)).await.expect("accepted")
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.service.calls.lock().unwrap().clone()
    }

    /// The names of the checks of processed events, in order.
    pub(crate) fn checks(&self) -> Vec<String> {
        let name = |call| match call {
            Call::Event(_, event) => Some(event.check_name().to_owned()),
            _ => None,
        };
        self.calls().into_iter().filter_map(name).collect()
    }

    pub(crate) fn sender(&self, name: &str) -> Sender {
        self.service.senders.lock().unwrap().get(name).cloned().expect("connected")
    }

    /// Events are not processed until the returned permits are added to the gate.
    pub(crate) fn close_gate(&self) -> usize {
        self.service.gate.forget_permits(Semaphore::MAX_PERMITS)
    }

    pub(crate) async fn wait_for(&self, call: Call) {
        let is_recorded = || self.calls().contains(&call);
        eventually(is_recorded, || format!("{call:?} in {:?}", self.calls())).await;
    }

    pub(crate) async fn disconnected(&self, name: &str) -> Closed {
        let find = || {
            self.calls().into_iter().find_map(|call| match call {
                Call::Disconnected(session, reason) if session == name => Some(reason),
                _ => None,
            })
        };
        eventually(|| find().is_some(), || format!("the end of {name}")).await;
        find().expect("disconnected")
    }

    /// Requests the shutdown, and waits for its end.
    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        tokio::time::timeout(LIMIT, &mut self.serving).await.expect("stopped").unwrap();
    }
}

/// Waits until a condition is true.
pub(crate) async fn eventually(condition: impl Fn() -> bool, expected: impl Fn() -> String) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    if tokio::time::timeout(LIMIT, waiting).await.is_err() {
        panic!("not in time: {}", expected());
    }
}

/// A check with a name.
pub(crate) fn check(name: &str) -> Check {
    Check { interval: 60, metadata: ObjectMeta::new("default", name), ..Check::default() }
}

/// A request for a check whose command has a size in bytes.
pub(crate) fn request(name: &str, issued: i64, size: usize) -> CheckRequest {
    let config = CheckConfig {
        command: "x".repeat(size),
        interval: 60,
        metadata: ObjectMeta::new("default", name),
        ..CheckConfig::default()
    };
    CheckRequest { config, issued, ..CheckRequest::default() }
}

/// A check request to send.
pub(crate) fn message(name: &str, issued: i64, size: usize) -> Arc<Message> {
    Arc::new(Message::check_request(request(name, issued, size)))
}

/// The configuration for an unknown entity, to send.
pub(crate) fn not_found() -> Arc<Message> {
    Arc::new(Message::entity_config(EntityConfig::not_found("default")))
}
