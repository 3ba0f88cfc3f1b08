//! Sessions that the service registered, and the guarantee that it learns their end.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::service::{Closed, Service};

/// A registered session. Dropping it reports its end to the service, in a task of its own.
pub(crate) struct Registered<S: Service> {
    service: Arc<S>,
    session: Option<S::Session>,
    /// The reason that is reported if this is dropped.
    on_drop: Closed,
}

impl<S: Service> Registered<S> {
    pub(crate) fn new(service: Arc<S>, session: S::Session) -> Self {
        Self { service, session: Some(session), on_drop: Closed::Handshake }
    }

    /// Marks the handshake as complete.
    pub(crate) fn established(&mut self) {
        self.on_drop = Closed::Aborted;
    }

    pub(crate) fn service(&self) -> &S {
        &self.service
    }

    /// The session. `None` only after `disconnect`.
    pub(crate) fn session(&self) -> Option<&S::Session> {
        self.session.as_ref()
    }

    /// Reports the end of the session.
    pub(crate) async fn disconnect(mut self, reason: Closed) {
        let service = Arc::clone(&self.service);
        if let Some(session) = self.session.take() {
            service.disconnected(session, reason).await;
        }
    }
}

impl<S: Service> Drop for Registered<S> {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        let (service, reason) = (Arc::clone(&self.service), self.on_drop.clone());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { service.disconnected(session, reason).await });
        }
    }
}
