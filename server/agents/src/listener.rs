//! Accepts connections of agents, and runs their sessions.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use crate::counters::Counters;
use crate::handshake::{Handshake, Incomplete, Ticket};
use crate::service::Service;
use crate::session::{self, Accepted};
use crate::settings::Settings;

/// Pause after a failed `accept`, for example for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections of agents for a service.
pub struct Listener<S> {
    service: Arc<S>,
    settings: Arc<Settings>,
    counters: Arc<Counters>,
    tls: Option<TlsAcceptor>,
}

impl<S: Service> Listener<S> {
    /// A listener without TLS.
    #[must_use]
    pub fn new(service: Arc<S>, settings: Settings) -> Self {
        Self { service, settings: Arc::new(settings), counters: Arc::default(), tls: None }
    }

    /// Encrypts the connections. The configuration needs no ALPN protocol.
    #[must_use]
    pub fn with_tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = Some(config.into());
        self
    }

    /// Counters of this listener.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Accepts connections until `shutdown` completes. Then all sessions are closed with code 1001, and end within
    /// [`Settings::shutdown_timeout`].
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let listening = Arc::new(self);
        let incomplete = Incomplete::new(listening.settings.incomplete_handshakes);
        let (stop, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = shutdown.as_mut() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, address)) => {
                        let (listening, ticket) = (Arc::clone(&listening), incomplete.add());
                        let stopped = stopped.clone();
                        connections.spawn(async move {
                            listening.connection(stream, address, ticket, stopped).await;
                        });
                    }
                    Err(error) => {
                        tracing::warn!("cannot accept a connection of an agent: {error}");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        stop.send_replace(true);
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(listening.settings.shutdown_timeout, ended).await.is_err() {
            connections.shutdown().await;
        }
    }

    async fn connection(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        ticket: Ticket,
        stopped: watch::Receiver<bool>,
    ) {
        // Small messages are written at once.
        _ = stream.set_nodelay(true);
        let deadline = Instant::now() + self.settings.handshake_timeout;
        let Some(tls) = &self.tls else {
            return self.session(stream, (address, false), ticket, deadline, stopped).await;
        };
        let accepting = timeout_at(deadline, tls.accept(stream));
        let accepted = tokio::select! {
            accepted = accepting => accepted,
            () = ticket.evicted() => return self.counters.add_evicted(),
        };
        match accepted {
            Ok(Ok(stream)) => {
                self.session(stream, (address, true), ticket, deadline, stopped).await;
            }
            Ok(Err(error)) => {
                tracing::debug!(%address, "TLS handshake of an agent failed: {error}")
            }
            Err(_) => self.counters.add_timed_out(),
        }
    }

    /// Performs the handshake, and runs the session.
    async fn session<I>(
        &self,
        stream: I,
        peer: (SocketAddr, bool),
        ticket: Ticket,
        deadline: Instant,
        mut stopped: watch::Receiver<bool>,
    ) where
        I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let evicted = ticket.evicted();
        // In a box, so that its memory is free during the session.
        let handshake = Box::pin(self.handshake(stream, peer, ticket, deadline));
        let established = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = evicted => return self.counters.add_evicted(),
            established = handshake => established,
        };
        if let Some((mut accepted, stream, buffered)) = established {
            accepted.session.established();
            let (settings, counters) = (&self.settings, &self.counters);
            session::run(accepted, stream, buffered, settings, counters, stopped).await;
        }
    }

    /// Serves a request. Returns the session, its stream and the bytes after the request if it was a handshake that the
    /// service accepted.
    async fn handshake<I>(
        &self,
        stream: I,
        peer: (SocketAddr, bool),
        ticket: Ticket,
        deadline: Instant,
    ) -> Option<(Accepted<S>, I, Vec<u8>)>
    where
        I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let handshake = Handshake::new(
            Arc::clone(&self.service),
            Arc::clone(&self.settings),
            Arc::clone(&self.counters),
            peer,
            ticket,
        );
        let handshake = Arc::new(handshake);
        let responding = Arc::clone(&handshake);
        let respond = service_fn(move |request| {
            let handshake = Arc::clone(&responding);
            async move { Ok::<_, Infallible>(handshake.respond(request).await) }
        });
        let served = http1::Builder::new()
            .title_case_headers(true)
            .max_buf_size(self.settings.head_size.max(8 * 1024))
            .timer(TokioTimer::new())
            .header_read_timeout(deadline.saturating_duration_since(Instant::now()))
            .serve_connection(TokioIo::new(stream), respond)
            .with_upgrades()
            .await;
        if let Err(error) = served {
            if error.is_timeout() {
                self.counters.add_timed_out();
            }
            tracing::debug!(address = %peer.0, "handshake of an agent failed: {error}");
        }
        let (accepted, upgrade) = handshake.take_accepted()?;
        let parts = upgrade.await.ok()?.downcast::<TokioIo<I>>().ok()?;
        Some((accepted, parts.io.into_inner(), parts.read_buf.to_vec()))
    }
}
