//! Responds to the requests on the agent port.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{
    ACCEPT, CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::upgrade::OnUpgrade;
use serde_json::json;
use tokio::time::timeout;

use super::{Hello, Ticket, upgrade};
use crate::counters::Counters;
use crate::message::Encoding;
use crate::service::{Rejection, Service};
use crate::session::{Accepted, Registered, outbox};
use crate::settings::Settings;

/// The handshake of one connection.
pub(crate) struct Handshake<S: Service> {
    service: Arc<S>,
    settings: Arc<Settings>,
    counters: Arc<Counters>,
    address: SocketAddr,
    is_tls: bool,
    ticket: Mutex<Option<Ticket>>,
    accepted: Mutex<Option<(Accepted<S>, OnUpgrade)>>,
}

type Reply = Response<Full<Bytes>>;

impl<S: Service> Handshake<S> {
    pub(crate) fn new(
        service: Arc<S>,
        settings: Arc<Settings>,
        counters: Arc<Counters>,
        (address, is_tls): (SocketAddr, bool),
        ticket: Ticket,
    ) -> Self {
        let (ticket, accepted) = (Mutex::new(Some(ticket)), Mutex::default());
        Self { service, settings, counters, address, is_tls, ticket, accepted }
    }

    /// The session, if the response was 101.
    pub(crate) fn take_accepted(&self) -> Option<(Accepted<S>, OnUpgrade)> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Responds to a request.
    pub(crate) async fn respond<B>(&self, mut request: Request<B>) -> Reply {
        // The request is complete.
        drop(self.ticket.lock().unwrap_or_else(PoisonError::into_inner).take());
        let is_read = [Method::GET, Method::HEAD].contains(request.method());
        match request.uri().path() {
            "/health" if is_read => json_response(StatusCode::OK, &json!({"status": "ok"})),
            "/ready" if is_read => self.ready().await,
            "/" => match self.accept(&mut request).await {
                Ok(response) => response,
                Err(rejection) => self.reject(&rejection),
            },
            _ => self.reject(&Rejection::new(StatusCode::NOT_FOUND, "not found")),
        }
    }

    async fn ready(&self) -> Reply {
        if self.service.is_ready().await {
            return json_response(StatusCode::OK, &json!({"status": "ready"}));
        }
        rejection_response(&Rejection::unavailable("the server does not accept agents yet"))
    }

    async fn accept<B>(&self, request: &mut Request<B>) -> Result<Reply, Rejection> {
        if request.method() != Method::GET {
            let message = "method not allowed";
            return Err(Rejection::new(StatusCode::METHOD_NOT_ALLOWED, message));
        }
        let headers = request.headers();
        let hello = Hello::from_headers(headers, self.address, self.is_tls)?;
        let key = upgrade::accept_key(request.version(), headers)?;
        upgrade::check_origin(headers)?;
        let encoding = hello.encoding;
        let (sender, outbox) = outbox(&self.settings, encoding, &self.counters);
        let service = Arc::clone(&self.service);
        // A task of its own: the service completes the registration even if the client disconnects. The result is
        // then dropped, which reports the end of the session.
        let connecting = tokio::spawn(async move {
            let session = service.connect(&hello, sender).await?;
            Ok(Registered::new(service, session))
        });
        let session = match timeout(self.settings.handshake_timeout, connecting).await {
            Ok(Ok(result)) => result?,
            Ok(Err(_)) => {
                let message = "internal error";
                return Err(Rejection::new(StatusCode::INTERNAL_SERVER_ERROR, message));
            }
            Err(_) => {
                return Err(Rejection::unavailable("the session could not be established in time"));
            }
        };
        let accepted = Accepted { session, outbox, encoding };
        let upgrade = hyper::upgrade::on(request);
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some((accepted, upgrade));
        Ok(self.switching_protocols(&key, encoding))
    }

    /// Agents recognize protobuf only in a header `Accept` of its own (reference, part 2.3).
    fn switching_protocols(&self, key: &str, encoding: Encoding) -> Reply {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(key) = HeaderValue::from_str(key) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, key);
        }
        for offered in [Encoding::Protobuf, Encoding::Json] {
            headers.append(ACCEPT, HeaderValue::from_static(offered.media_type()));
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(encoding.media_type()));
        if let Ok(id) = HeaderValue::from_str(&self.settings.backend_id)
            && !id.is_empty()
        {
            headers.insert("Backend-Id", id);
        }
        response
    }

    fn reject(&self, rejection: &Rejection) -> Reply {
        self.counters.add_rejected(rejection.status);
        rejection_response(rejection)
    }
}

fn rejection_response(rejection: &Rejection) -> Reply {
    let Rejection { status, message } = rejection;
    let mut response =
        json_response(*status, &json!({"message": message, "code": rejection.code()}));
    if *status == StatusCode::UPGRADE_REQUIRED {
        let headers = response.headers_mut();
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

/// A response that ends the connection.
fn json_response(status: StatusCode, body: &serde_json::Value) -> Reply {
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static(Encoding::Json.media_type());
    response.headers_mut().insert(CONTENT_TYPE, json);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
