//! What the server does for the transport of agents: log-in, keepalives and events.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http::StatusCode;
use sensu_agents::message::InvalidMessage;
use sensu_agents::{Closed, Hello, Rejection, Sender};
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use sensu_types::namespace::Namespace;
use tokio::sync::Semaphore;

use super::changes::configure;
use super::session::Session;
use super::{FORBIDDEN, REPLACED, Settings};
use crate::auth;
use crate::error::Error;
use crate::rbac::Verb;
use crate::resources::{connected, events, requests};
use crate::runtime::context::Cx;

/// Maximum number of messages that are stored at the same time. When a check runs, thousands of agents report its result
/// at once: the rest of them wait, so that they delay neither requests to other agents nor the API. Enough for the
/// store to commit many of them together.
const CONCURRENT: usize = 128;
/// Attempts to store a message while the store does not accept it.
const ATTEMPTS: usize = 20;
/// Time between two of them. Meanwhile nothing further is read from the agent.
const PAUSE: Duration = Duration::from_millis(500);
/// Maximum number of characters of a name in a log line.
const NAME_CHARS: usize = 64;
/// Close code and reason if all attempts failed: the agent connects again, perhaps to another server.
const UNAVAILABLE: (u16, &str) = (1013, "the server cannot store events now");

/// Serves agents.
pub(crate) struct Service {
    cx: Cx,
    max_sessions: usize,
    /// Permits to store a message, which are assigned in the order of arrival.
    places: Semaphore,
}

impl Service {
    /// Serves agents within the limits of the settings.
    pub(crate) fn new(cx: Cx, settings: &Settings) -> Self {
        let places = Semaphore::new(CONCURRENT);
        Self { cx, max_sessions: settings.max_sessions, places }
    }

    /// Opens the session of an agent, in place of an earlier one.
    async fn open(&self, hello: &Hello, sender: Sender) -> Result<Arc<Session>, Rejection> {
        let agents = &self.cx.agents;
        if agents.registry.len() >= self.max_sessions {
            return Err(Rejection::unavailable("the server has too many agents"));
        }
        let session = self.log_in(hello, sender).await.map_err(rejection)?;
        let (namespace, agent) = (session.namespace().to_owned(), session.agent().to_owned());
        let entity = requests::object::<Entity>(&self.cx, &namespace, &agent).await;
        let entity = entity.map_err(rejection)?;
        let subscriptions: BTreeSet<String> = session.subscriptions_with(entity.as_ref());
        session.replace_subscriptions(subscriptions.clone());
        // The first message: agents of 6.x wait for it.
        session.send_config(entity.as_ref());
        let session = Arc::new(session);
        let id = session.id();
        let recorded = connected::record(&self.cx, &namespace, &agent, id, &subscriptions).await;
        recorded.map_err(rejection)?;
        if let Some(earlier) = agents.registry.insert(Arc::clone(&session)) {
            let mut limit = agents.replaced.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(suppressed) = limit.admit(Instant::now()) {
                tracing::warn!(
                    namespace,
                    agent,
                    earlier = %earlier.address(),
                    newer = %session.address(),
                    suppressed,
                    "two agents have the same name; the connection of the earlier one is closed"
                );
            }
            drop(limit);
            earlier.close(REPLACED);
        }
        // What was changed while the session was not registered yet.
        if let Some(entity) = requests::object(&self.cx, &namespace, &agent).await.ok().flatten()
            && let Err(error) = configure(&self.cx, &session, &entity).await
        {
            tracing::warn!(?error, namespace, agent, "the agent cannot be configured");
        }
        tracing::info!(namespace, agent, from = %session.address(), "an agent has connected");
        Ok(session)
    }

    async fn log_in(&self, hello: &Hello, sender: Sender) -> Result<Session, Error> {
        let (credentials, address) = (&hello.credentials, hello.address.ip());
        let (user, password) = (&credentials.user, &credentials.password);
        let caller = auth::log_in_agent(&self.cx, user, password, address).await?;
        let (namespace, agent) = (&hello.namespace, &hello.name);
        let grant = caller.authorize::<Event>(Verb::Create, namespace, agent).await?;
        if requests::object::<Namespace>(&self.cx, "", namespace).await?.is_none() {
            return Err(Error::namespace_not_found(namespace));
        }
        sensu_types::name::plain("agent name", agent)?;
        let id = self.cx.agents.registry.next_id();
        Ok(Session::new(id, grant, user, hello, sender))
    }

    /// Writes what an agent has sent. Repeated while the store fails, in order not to lose it.
    async fn store<T, F: Future<Output = Result<T, Error>>>(
        &self,
        session: &Session,
        write: impl Fn() -> F,
    ) -> Option<T> {
        for _ in 0..ATTEMPTS {
            let written = {
                // Never closed.
                let _place = self.places.acquire().await;
                write().await
            };
            match written {
                Ok(written) => return Some(written),
                Err(Error::Unavailable(_)) => tokio::time::sleep(PAUSE).await,
                Err(error) => {
                    self.reject(session, &format!("{error:?}"));
                    return None;
                }
            }
        }
        session.close(UNAVAILABLE);
        None
    }

    fn log_rejection(&self, hello: &Hello, rejection: &Rejection) {
        let mut limit = self.cx.agents.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(suppressed) = limit.admit(Instant::now()) {
            // Names are sent by clients without credentials.
            let text = |name: &str| name.chars().take(NAME_CHARS).collect::<String>();
            tracing::warn!(
                namespace = text(&hello.namespace),
                agent = text(&hello.name),
                from = %hello.address,
                status = rejection.status.as_u16(),
                reason = rejection.message,
                suppressed,
                "an agent cannot connect"
            );
        }
    }

    fn reject(&self, session: &Session, reason: &str) {
        self.cx.metrics.agents.record_invalid();
        let mut limit = self.cx.agents.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(suppressed) = limit.admit(Instant::now()) {
            let (namespace, agent) = (session.namespace(), session.agent());
            tracing::warn!(
                namespace,
                agent,
                reason,
                suppressed,
                "a message of an agent is rejected"
            );
        }
    }
}

#[async_trait]
impl sensu_agents::Service for Service {
    type Session = Arc<Session>;

    async fn connect(&self, hello: &Hello, sender: Sender) -> Result<Arc<Session>, Rejection> {
        let connected = self.open(hello, sender).await;
        connected.inspect_err(|rejection| self.log_rejection(hello, rejection))
    }

    async fn keepalive(&self, session: &Arc<Session>, event: Event) {
        if let Ok(false) = session.grant().is_still_allowed(Verb::Create).await {
            return session.close(FORBIDDEN);
        }
        let write = || events::keepalive(session.grant(), event.clone());
        let Some((entity, revision)) = self.store(session, write).await else { return };
        session.set_entity(&entity, revision);
        if let Err(error) = configure(&self.cx, session, &entity).await {
            tracing::warn!(?error, agent = session.agent(), "the agent cannot be configured");
        }
    }

    async fn event(&self, session: &Arc<Session>, event: Event) {
        self.store(session, || events::agent_result(session.grant(), event.clone())).await;
    }

    async fn invalid(&self, session: &Arc<Session>, reason: InvalidMessage) {
        self.reject(session, &reason.to_string());
    }

    async fn disconnected(&self, session: Arc<Session>, reason: Closed) {
        self.cx.agents.registry.remove(&session);
        self.cx.metrics.agents.record_ended(reason.name());
        let (namespace, agent) = (session.namespace(), session.agent());
        tracing::info!(namespace, agent, ?reason, "an agent has disconnected");
        let removed = connected::remove(&self.cx, namespace, agent, session.id()).await;
        if let Err(error) = removed {
            tracing::warn!(?error, namespace, agent, "a connection cannot be removed");
        }
    }

    async fn is_ready(&self) -> bool {
        let is_stopping = self.cx.stopping.load(std::sync::atomic::Ordering::Relaxed);
        !is_stopping && self.cx.store_health().await.failure.is_none()
    }
}

/// The response for an agent that cannot connect.
fn rejection(error: Error) -> Rejection {
    match error {
        Error::BadLogin => Rejection::bad_credentials(),
        Error::Denied => Rejection::forbidden(),
        Error::NotFound(reason) => Rejection::new(StatusCode::NOT_FOUND, reason.message),
        Error::Invalid(reason) => Rejection::new(StatusCode::BAD_REQUEST, reason.message),
        Error::Throttled(seconds) => Rejection::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("too many failed log-ins; try again in {seconds} s"),
        ),
        Error::Unavailable(why) => Rejection::unavailable(why),
        error => {
            tracing::error!(?error, "an agent cannot connect");
            Rejection::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}
